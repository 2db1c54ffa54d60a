// Who gets requests has the pods for them: I1, I2 and I3.
#include <algorithm>

#include <fmt/format.h>

#include "oracle.h"

namespace sluice::simulation {
namespace {

// An abort waits so long for the last stable pods; then maxUnavailable of them may be missing (spec §3.1, I2).
constexpr kube::Duration abort_wait = std::chrono::seconds(60);
// A broken selector has to be repaired within that time of what would repair it.
constexpr kube::Duration repair_time = std::chrono::seconds(5);

int replicas_of(const crds::Rollout& rollout) { return rollout.spec->replicas.value_or(1); }

// The fewest canary pods that the user asks for by setCanaryScale or replicaProgressThreshold; the number of replicas
// without them.
int chosen_scale(const crds::Rollout& rollout) {
  int chosen = replicas_of(rollout);
  if (const auto& threshold = rollout.spec->strategy.canary->replica_progress_threshold)
    chosen = std::min(chosen, threshold->type == "Percent" ? pods_for(chosen, threshold->value) : threshold->value);
  for (const crds::CanaryStep& step : rollout.spec->strategy.canary->steps) {
    if (!step.set_canary_scale) continue;
    if (step.set_canary_scale->replicas) chosen = std::min(chosen, *step.set_canary_scale->replicas);
    if (step.set_canary_scale->weight)
      chosen = std::min(chosen, pods_for(replicas_of(rollout), *step.set_canary_scale->weight));
  }
  return chosen;
}

}  // namespace

int pods_for(int replicas, int share) { return (replicas * share + 99) / 100; }

Allowance allowance_of(const crds::CanaryStrategy& canary, int replicas) {
  // Hundredths of a pod, so that the two sides can be rounded differently.
  const auto hundredths = [&](const crds::Seldom<kube::IntOrString>& value) {
    if (!value) return replicas * 25;
    return value->is_int() ? std::stoi(value->text()) * 100 : replicas * std::stoi(value->text());
  };
  Allowance allowance{(hundredths(canary.max_surge) + 99) / 100, hundredths(canary.max_unavailable) / 100};
  if (allowance.surge == 0 && allowance.unavailable == 0) allowance.unavailable = 1;
  allowance.unavailable = std::min(allowance.unavailable, replicas);
  return allowance;
}

// What the gateway really sends there, not what was written last; -1 when no route is served that names the Service.
int Oracle::served_share(const ObjectKey& service) const {
  return largest_share([&](const sandbox::ServedBackend& backend) { return backend.service == service; });
}

// By any proxy; they follow a route one after another.
int Oracle::largest_share(const std::function<bool(const sandbox::ServedBackend&)>& is_meant) const {
  int largest = -1;
  for (std::size_t proxy = 0; proxy < gateway_.proxies(); ++proxy)
    for (const auto& [route, served] : gateway_.served_by(proxy))
      for (const sandbox::ServedRule& rule : served.rules) {
        std::int64_t sum = 0, own = -1;
        for (const sandbox::ServedBackend& backend : rule.backends) {
          sum += backend.weight;
          if (is_meant(backend)) own = std::max<std::int64_t>(own, 0) + backend.weight;
        }
        // Who sends a certain header needs one pod; it is no share of all requests.
        if (own > 0 && !rule.is_plain) largest = std::max(largest, 1);
        if (own < 0 || !rule.is_plain) continue;
        largest = std::max(largest, sum == 0 ? 0 : static_cast<int>(own * 100 / sum));
      }
  return largest;
}

std::vector<Oracle::Need> Oracle::needs_of(const crds::Rollout& rollout) const {
  std::vector<Need> needs;
  const int replicas = replicas_of(rollout);
  const auto add = [&](const std::string& name, int needed) {
    const ServiceView* service = view_.service({rollout.meta.ns, name});
    needs.push_back({name, needed, service ? service->endpoints : 0});
  };
  if (const auto& blue_green = rollout.spec->strategy.blue_green) {
    const ServiceView* active = view_.service({rollout.meta.ns, blue_green->active_service});
    if (active && !active->hash.empty()) add(blue_green->active_service, replicas);
    return needs;
  }
  if (!rollout.spec->strategy.canary || rollout.status.stable_rs.empty()) return needs;
  const crds::CanaryStrategy& canary = *rollout.spec->strategy.canary;
  const Allowance allowance = allowance_of(canary, replicas);
  const std::optional<kube::Time>& aborted_at = rollout.status.aborted_at;
  const bool has_waited = rollout.status.abort && aborted_at && clock_.now() >= *aborted_at + abort_wait;
  if (canary.traffic_routing) {
    for (const SetView* set : view_.sets_of(rollout)) {
      const int share = largest_share([&](const sandbox::ServedBackend& backend) { return backend.hash == set->hash; });
      const bool is_stable = set->hash == rollout.status.stable_rs;
      const int wanted = pods_for(replicas, share);
      const int slack = is_stable && has_waited ? std::max(1, allowance.unavailable) : 0;
      if (share > 0 && !set->hash.empty())
        needs.push_back({"subset " + set->hash,
                         std::max(1, is_stable ? wanted - slack : std::min(wanted, chosen_scale(rollout))),
                         view_.ready_pods(set->uid)});
    }
    const int to_canary = served_share({rollout.meta.ns, canary.canary_service});
    const int to_stable = served_share({rollout.meta.ns, canary.stable_service});
    const int slack = has_waited ? std::max(1, allowance.unavailable) : 0;
    if (to_stable > 0) add(canary.stable_service, std::max(1, pods_for(replicas, to_stable) - slack));
    if (to_canary > 0)
      add(canary.canary_service, std::max(1, std::min(pods_for(replicas, to_canary), chosen_scale(rollout))));
    return needs;
  }
  int pods = 0;
  for (const SetView* set : view_.sets_of(rollout)) pods += view_.ready_pods(set->uid);
  needs.push_back({"pods", std::max(0, replicas - allowance.unavailable), pods});
  return needs;
}

void Oracle::check_capacity(const crds::Rollout& rollout, Actor actor) {
  Memory& memory = memory_[rollout.meta.key()];
  for (const Need& need : needs_of(rollout)) {
    const int missing = std::max(0, need.needed - need.present);
    if (missing == 0 && need.needed > 0) memory.is_open[need.what] = true;
    // A canary's first request must find a pod already, so it counts as open as soon as the stable side is.
    const auto& canary = rollout.spec->strategy.canary;
    const bool is_canary = canary && need.what == canary->canary_service;
    if (!memory.is_open[need.what] && !(is_canary && memory.is_open[canary->stable_service])) continue;
    int& tolerated = memory.tolerated[need.what];
    const bool is_excused = excused_.contains("I1") || excused_.contains("I2");
    if (actor == Actor::person || is_excused) {
      tolerated = missing;
      continue;
    }
    if (missing > tolerated) {
      fail(need.present == 0 || is_canary ? "I1" : "I2", rollout.meta.key().text(),
           fmt::format("{} has {} ready endpoints and needs {} (share served {} %)", need.what, need.present,
                       need.needed, served_share({rollout.meta.ns, need.what})));
    }
    tolerated = std::min(tolerated, missing);
  }
}

void Oracle::check_active_service(const crds::Rollout& rollout, const ObjectKey& written) {
  const auto& blue_green = rollout.spec->strategy.blue_green;
  if (!blue_green) return;
  const ObjectKey key{rollout.meta.ns, blue_green->active_service};
  const ServiceView* active = view_.service(key);
  if (!active || active->hash.empty()) return;
  Memory& memory = memory_[rollout.meta.key()];
  const auto pods_with = [&](const std::string& hash) {
    const SetView* set = view_.set_with(rollout, hash);
    return set ? view_.ready_pods(set->uid) : 0;
  };
  const std::string& stable = rollout.status.stable_rs;
  const bool could_serve = stable != active->hash && pods_with(stable) > 0;
  if (pods_with(active->hash) > 0 || !could_serve) {
    memory.unserved_since.reset();
    return;
  }
  const bool nobody_can_act = acting_.can_act && !acting_.can_act();
  if (!memory.unserved_since || nobody_can_act) memory.unserved_since = clock_.now();
  if (written == key || clock_.now() > *memory.unserved_since + repair_time)
    fail("I3", rollout.meta.key().text(),
         fmt::format("{} selects {}, which has no ready pod; {} has {}", key.name, active->hash, stable,
                     pods_with(stable)));
}

}  // namespace sluice::simulation
