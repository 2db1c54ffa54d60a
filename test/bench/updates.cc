// B2: what one update costs the server and the controller, and how soon the controller answers.
#include <stdexcept>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "manifests.h"
#include "measures.h"
#include "served_cluster.h"

namespace sluice::bench {
namespace {

namespace json = boost::json;
namespace r = kube::resources;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int replicas = 10;
constexpr int delay = 1;                             // seconds until the old version goes
constexpr kube::Duration rest = milliseconds(1500);  // without a write: the update is over
constexpr kube::Duration longest = seconds(120);

std::string text_of(ServedCluster& cluster, const kube::Resource& resource, const std::string& name,
                    std::initializer_list<std::string_view> path) {
  const json::value* object = cluster.find(resource, name);
  return object ? std::string(kube::text_at(*object, path)) : std::string();
}

std::string phase(ServedCluster& cluster, const std::string& name) {
  const json::value* rollout = cluster.find(r::rollouts, name);
  if (!rollout || kube::text_at(*rollout, {"status", "observedGeneration"}) !=
                      std::to_string(kube::number_at(*rollout, {"metadata", "generation"})))
    return {};
  return std::string(kube::text_at(*rollout, {"status", "phase"}));
}

std::string selected(ServedCluster& cluster, const std::string& service) {
  return text_of(cluster, r::services, service, {"spec", "selector", "rollouts-pod-template-hash"});
}

int size_of(ServedCluster& cluster, const std::string& name, const std::string& hash, std::string_view part,
            std::string_view member) {
  const json::value* set = cluster.find(r::replica_sets, name + "-" + hash);
  return set ? static_cast<int>(kube::number_at(*set, {part, member})) : -1;
}

int canary_weight(ServedCluster& cluster, const std::string& name) {
  const json::value* route = cluster.find(r::http_routes, name);
  return route ? static_cast<int>(kube::number_at(route->at_pointer("/spec/rules/0/backendRefs/1"), {"weight"}, -1))
               : -1;
}

void expect(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("wrong end state: " + what);
}

class Update {
 public:
  Update(ServedCluster& cluster, Story story, std::string name)
      : cluster_(cluster), story_(story), name_(std::move(name)) {}

  void prepare() {
    const std::string yaml = story_ == Story::blue_green ? blue_green(name_, replicas, delay)
                             : story_ == Story::canary   ? routed_canary(name_, replicas, delay, "10,25,50,75,100")
                                                         : routed_canary(name_, replicas, delay, "10,50", "pause: {}");
    cluster_.create(yaml);
    wait("the first version does not become healthy", [&] { return phase(cluster_, name_) == "Healthy"; });
    come_to_rest();
    old_ = status("stableRS");
  }

  // Everything from the change of the image, or from the abort, to the last write.
  void run() {
    if (story_ == Story::abort) {
      change_image();
      wait("the update does not come to its pause", [&] { return phase(cluster_, name_) == "Paused"; });
      come_to_rest();
    }
    cluster_.ledger().clear();
    begun_ = cluster_.clock().now();
    if (story_ == Story::abort)
      cluster_.ask("PATCH", r::rollouts.object_path({"default", name_}, "status"), R"({"status":{"abort":true}})",
                   "application/merge-patch+json");
    else
      change_image();
    new_ = status("currentPodHash");
    const std::string end = story_ == Story::abort ? "Degraded" : "Healthy";
    wait("the update does not end", [&] {
      new_ = status("currentPodHash");
      const std::string gone = story_ == Story::abort ? new_ : old_;
      return phase(cluster_, name_) == end && gone != kept() &&
             size_of(cluster_, name_, gone, "status", "replicas") == 0;
    });
    come_to_rest();
    check();
  }

  kube::Time begun() const { return begun_; }

 private:
  std::string kept() { return status("stableRS"); }
  std::string status(std::string_view member) { return text_of(cluster_, r::rollouts, name_, {"status", member}); }
  void change_image() {
    cluster_.ask("PATCH", r::rollouts.object_path({"default", name_}),
                 fmt::format(R"([{{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"{}"}}])",
                             image(name_, 2)),
                 "application/json-patch+json");
  }
  void wait(const std::string& otherwise, const std::function<bool()>& done) {
    if (!cluster_.serve_until(done, longest))
      throw std::runtime_error(name_ + ": " + otherwise + "; the log is in " + cluster_.folder());
  }
  void come_to_rest() {
    wait("the writes do not end", [&] {
      const auto last = cluster_.ledger().last_write();
      return last && cluster_.clock().now() > *last + rest;
    });
  }

  void check() {
    const std::string serving = story_ == Story::abort ? old_ : new_;
    const std::string gone = story_ == Story::abort ? new_ : old_;
    expect(status("stableRS") == serving, "stableRS");
    expect(size_of(cluster_, name_, serving, "status", "availableReplicas") == replicas, "pods that serve");
    expect(size_of(cluster_, name_, gone, "spec", "replicas") == 0, "the other set is empty");
    if (story_ == Story::blue_green) {
      expect(selected(cluster_, name_ + "-active") == serving, "the active Service");
    } else {
      expect(selected(cluster_, name_ + "-stable") == serving, "the stable Service");
      expect(canary_weight(cluster_, name_) == 0, "the weight of the route");
    }
    for (const Call& call : cluster_.ledger().calls())
      if (call.status >= 400 && call.status != 409)
        throw std::runtime_error(fmt::format("{} {} was answered {}", call.verb, call.resource, call.status));
  }

  ServedCluster& cluster_;
  Story story_;
  std::string name_;
  std::string old_;
  std::string new_;
  kube::Time begun_;
};

json::object to_json(const Counts& counts) {
  json::object object;
  for (const auto& [key, count] : counts) object[key] = count;
  return object;
}

void print_update(const std::string& story, int number, int pod_milliseconds, const std::vector<Call>& calls,
                  kube::Duration cpu, kube::Time begun) {
  int writes = 0;
  int reads = 0;
  int events = 0;
  json::array latencies;
  json::array order;
  std::optional<kube::Duration> first;
  for (const Call& call : calls) {
    if (call.is_lease()) continue;
    reads += call.is_read() && call.verb != "watch" ? 1 : 0;
    events += call.is_event() ? 1 : 0;
    if (!call.is_write()) continue;
    ++writes;
    if (!first) first = call.received - begun;
    order.push_back(json::value(call.row));
    latencies.push_back(call.after_cause ? json::value(call.after_cause->count()) : json::value());
  }
  print_sample("update", {{"story", story},
                          {"number", number},
                          {"pod_ms", pod_milliseconds},
                          {"writes", writes},
                          {"reads", reads},
                          {"events", events},
                          {"cpu_us", cpu.count()},
                          {"first_write_us", first ? json::value(first->count()) : json::value()},
                          {"by_row", to_json(writes_by_row(calls))},
                          {"by_kind", to_json(writes_by_kind(calls))},
                          {"order", std::move(order)},
                          {"after_cause_us", std::move(latencies)}});
}

}  // namespace

void measure_updates(const std::string& controller, Story story, int times, int pod_milliseconds) {
  sandbox::WorkloadOptions workloads;
  workloads.shortest_start = workloads.longest_start = milliseconds(pod_milliseconds);
  workloads.endpoints_delay = milliseconds(20);
  workloads.route_status_delay = milliseconds(20);
  ServedCluster cluster(workloads);
  const auto subject = cluster.start_controller(controller);
  cluster.serve_until_ready();
  cluster.serve_for(seconds(1));
  const std::string story_name = story == Story::canary ? "W1" : story == Story::blue_green ? "blue-green" : "abort";
  for (int number = 0; number < times; ++number) {
    Update update(cluster, story, fmt::format("{}-{}", story == Story::blue_green ? "green" : "web", number));
    update.prepare();
    const kube::Duration before = subject->cpu_time();
    update.run();
    print_update(story_name, number, pod_milliseconds, cluster.ledger().calls(), subject->cpu_time() - before,
                 update.begun());
  }
  cluster.serve_until_ended(*subject);
}

}  // namespace sluice::bench
