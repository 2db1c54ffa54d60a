// A stream of simulated requests.
#include "sandbox/traffic/traffic.h"

#include <algorithm>
#include <cmath>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace sluice::sandbox {
namespace {

// After a longer sleep of the machine the requests that would have been are not made up for.
constexpr kube::Duration longest_tick = std::chrono::seconds(1);

// The backend whose share of the weights holds `luck` (0 <= luck < 1); nullptr when no backend has weight.
const ServedBackend* choose(const std::vector<ServedBackend>& backends, double luck) {
  std::int64_t sum = 0;
  for (const ServedBackend& backend : backends) sum += backend.weight;
  auto left = static_cast<std::int64_t>(luck * static_cast<double>(sum));
  for (const ServedBackend& backend : backends) {
    if (left < backend.weight) return &backend;
    left -= backend.weight;
  }
  return nullptr;
}

}  // namespace

Traffic::Traffic(Api& api, const Gateway& gateway, kube::Clock& clock, boost::asio::any_io_executor executor,
                 TrafficOptions options)
    : parts_(std::make_shared<Parts>(api, gateway, clock, options)) {
  // The listener cannot be taken back, so it must not keep the parts alive.
  api.listen([weak = std::weak_ptr(parts_)](const Change& change) {
    if (const std::shared_ptr<Parts> parts = weak.lock(); parts && !parts->stopped) parts->note(change);
  });
  namespace known = kube::resources;
  for (const kube::Resource& kind :
       {known::pods, known::endpoint_slices, known::services, known::http_routes, known::rollouts})
    api.for_each(kind, "", [&](const kube::ObjectKey& key, const std::shared_ptr<const json::value>& object) {
      parts_->note(
          {kube::WatchType::added, std::string(kind.group), std::string(kind.plural), key, 0, nullptr, object});
    });
  boost::asio::co_spawn(executor, flow(parts_), boost::asio::detached);
}

Traffic::~Traffic() { parts_->stopped = true; }

boost::asio::awaitable<void> Traffic::flow(std::shared_ptr<Parts> parts) {
  kube::Time last = parts->clock.now();
  while (!parts->stopped) {
    co_await parts->clock.sleep_until(last + parts->options.tick);
    if (parts->stopped) co_return;
    const kube::Time now = parts->clock.now();
    parts->tick(std::min(now - last, longest_tick));
    last = now;
  }
}

void Traffic::Parts::note(const Change& change) {
  topology.note(change);
  demand.note(change);
  if (change.type == kube::WatchType::deleted && change.group.empty() && change.plural == "pods")
    counts.pod_gone(change.key, clock.now());
}

void Traffic::Parts::tick(kube::Duration passed) {
  ++ticks;
  for (std::size_t proxy = 0; proxy < gateway.proxies(); ++proxy) {
    for (const auto& [route, served] : gateway.served_by(proxy)) {
      const std::string entry = Gateway::entry_of(route);
      const double rate = demand.rate_of_route({route.ns, entry}) / static_cast<double>(gateway.proxies());
      for (std::size_t at = 0; at < served.rules.size(); ++at) {
        const ServedRule& rule = served.rules[at];
        if (!rule.is_plain || rule.backends.empty()) continue;
        const std::string suffix = at == 0 ? std::string() : "/" + std::to_string(at);
        feed({route.ns, entry + suffix}, rate, rule.backends, passed);
      }
    }
  }
  for (const auto& [service, rate] : demand.services())
    feed({service.ns, "service/" + service.name}, rate, {ServedBackend{service, 1}}, passed);
  // An entry that comes back begins anew.
  std::erase_if(entries, [&](const auto& entry) { return entry.second.seen_at != ticks; });
  counts.forget(clock.now() - options.keep_gone_pods);
}

void Traffic::Parts::feed(const kube::ObjectKey& name, double rate, const std::vector<ServedBackend>& backends,
                          kube::Duration passed) {
  Entry& entry = entries.try_emplace(name, roll(options.seed, name.text())).first->second;
  entry.seen_at = ticks;
  entry.is_open = entry.is_open || can_serve(backends);
  if (!entry.is_open) return;
  entry.due += rate * std::chrono::duration<double>(passed).count();
  // Sums of small fractions end a little below the whole number that they mean.
  for (; entry.due >= 1 - 1e-9; entry.due -= 1) send(name, entry, backends);
}

void Traffic::Parts::send(const kube::ObjectKey& name, Entry& entry, const std::vector<ServedBackend>& backends) {
  const ServedBackend* backend = choose(backends, entry.dice.next_share());
  if (!backend) return counts.lost(name, Loss::no_backend);
  const std::vector<Destination>& all = topology.targets(backend->service);
  const std::vector<Destination> subset =
      backend->hash.empty() ? std::vector<Destination>() : topology.subset(backend->service, backend->hash);
  const std::vector<Destination>& targets = backend->hash.empty() ? all : subset;
  if (targets.empty()) return counts.lost(name, Loss::no_endpoint);
  const Destination& target = targets[entry.dice.next() % targets.size()];
  const Responder* responder = topology.reach(backend->service.ns, target, clock.now());
  if (!responder) return counts.lost(name, Loss::pod_gone);
  RequestCounts::Answer answer;
  answer.service = backend->service;
  answer.pod = target.pod;
  answer.hash = responder->hash;
  answer.is_error = entry.dice.next_share() < responder->error_rate;
  const double spread = 0.5 + entry.dice.next_share();  // half to one and a half times the mean
  answer.latency = kube::Duration(std::llround(static_cast<double>(responder->latency.count()) * spread));
  counts.answered(name, answer);
}

bool Traffic::Parts::can_serve(const std::vector<ServedBackend>& backends) const {
  bool has_weight = false;
  for (const ServedBackend& backend : backends) {
    if (backend.weight == 0) continue;
    has_weight = true;
    if (topology.targets(backend.service).empty()) return false;
    if (!backend.hash.empty() && topology.subset(backend.service, backend.hash).empty()) return false;
  }
  return has_weight;
}

}  // namespace sluice::sandbox
