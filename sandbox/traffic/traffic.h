// A stream of simulated requests through Services and routes as they are at each moment.
//
// At each tick every entry (see demand.h) gets its share of requests. A request to an HTTPRoute goes to a backend by
// the weights that the gateway serves then, not by those written last; a request to a Service, or from a backend on,
// goes to one of the endpoints that the EndpointSlices show then; the pod answers by its annotations (see topology.h).
// It is lost when no backend has weight, when the Service has no endpoint, or when the pod behind the endpoint has
// gone, does not run, or is past its grace.
//
// Each rule of a route that a plain GET can reach is an entry: "httproute/<name>" for the first, "httproute/<name>/1"
// for the second; a Service is "service/<name>". The first request is sent when every backend with weight has an
// endpoint for the first time, so that a deployment under construction loses nothing; from then on all count.
#pragma once

#include <map>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "kube/clock.h"
#include "sandbox/api.h"
#include "sandbox/traffic/demand.h"
#include "sandbox/traffic/request_counts.h"
#include "sandbox/traffic/topology.h"
#include "sandbox/workloads/dice.h"
#include "sandbox/workloads/gateway.h"

namespace sluice::sandbox {

struct TrafficOptions {
  double default_rate = 50;  // requests a second
  kube::Duration tick = std::chrono::milliseconds(20);
  std::uint64_t seed = 1;  // decides backend, endpoint, answer and latency of each request
  kube::Duration keep_gone_pods = std::chrono::minutes(5);  // in the counts
};

// One thread. `api`, `gateway` and `clock` outlive it; after its end no more requests are sent.
class Traffic {
 public:
  Traffic(Api& api, const Gateway& gateway, kube::Clock& clock, boost::asio::any_io_executor executor,
          TrafficOptions options = {});
  ~Traffic();
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  const RequestCounts& counts() const { return parts_->counts; }
  std::string metrics_text() const { return counts().metrics_text(); }

 private:
  struct Entry {
    explicit Entry(std::uint64_t seed) : dice(seed) {}
    Dice dice;
    double due = 0;  // requests, with the fraction left over
    bool is_open = false;
    std::uint64_t seen_at = 0;  // the last tick in which it existed
  };
  struct Parts {
    Parts(Api& api, const Gateway& gateway, kube::Clock& clock, TrafficOptions options)
        : api(api), gateway(gateway), clock(clock), options(options), demand(options.default_rate) {}

    void note(const Change& change);
    void tick(kube::Duration passed);
    void feed(const kube::ObjectKey& name, double rate, const std::vector<ServedBackend>& backends,
              kube::Duration passed);
    void send(const kube::ObjectKey& name, Entry& entry, const std::vector<ServedBackend>& backends);
    bool can_serve(const std::vector<ServedBackend>& backends) const;

    Api& api;
    const Gateway& gateway;
    kube::Clock& clock;
    TrafficOptions options;
    Topology topology;
    Demand demand;
    RequestCounts counts;
    std::map<kube::ObjectKey, Entry> entries;
    std::uint64_t ticks = 0;
    bool stopped = false;
  };
  static boost::asio::awaitable<void> flow(std::shared_ptr<Parts> parts);

  std::shared_ptr<Parts> parts_;
};

}  // namespace sluice::sandbox
