// Deciding automated syncs and self-healing.
#include "gitops/auto_sync.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::gitops {

kube::Duration heal_delay(std::int64_t attempts) {
  if (attempts <= 0) return kube::Duration{0};
  std::int64_t delay = 2;
  for (std::int64_t at = 1; at < attempts && delay < 300; ++at) delay *= 3;
  return kube::seconds{std::min<std::int64_t>(delay, 300)};
}

AutoSyncDecision decide_auto_sync(const AutoSyncPolicy& policy, const AutoSyncObservation& seen, kube::Time now) {
  AutoSyncDecision decision;
  if (seen.status != SyncStatus::out_of_sync) return decision;

  const auto out_of_sync = [](const ComparedResource& one) { return one.status == SyncStatus::out_of_sync; };
  const auto only_prune = [&](const ComparedResource& one) { return !out_of_sync(one) || one.requires_pruning; };
  if (!policy.prune && std::ranges::all_of(*seen.resources, only_prune)) return decision;

  const bool attempted = seen.last && seen.last->revision == seen.revision && seen.last->same_input;
  if (attempted && !seen.last->succeeded) {
    decision.action = AutoSyncAction::refuse;
    decision.message =
        fmt::format("the last sync of {} failed; it is not tried again before something changes", seen.revision);
    return decision;
  }
  if (attempted && !policy.self_heal) return decision;

  const bool nothing_left = !seen.resources->empty() && std::ranges::all_of(*seen.resources, [](const auto& one) {
    return one.requires_pruning || one.hook;
  });
  if (policy.prune && !policy.allow_empty && nothing_left) {
    decision.action = AutoSyncAction::refuse;
    decision.message =
        "the commit has no manifests, and a sync would delete every object of the application "
        "(syncPolicy.automated.allowEmpty allows it)";
    return decision;
  }
  if (!attempted) {
    decision.action = AutoSyncAction::sync;
    return decision;
  }
  const kube::Time due = seen.last->finished_at + heal_delay(seen.last->heal_attempts);
  if (now < due) {
    decision.action = AutoSyncAction::wait;
    decision.wake_at = due;
    return decision;
  }
  decision.action = AutoSyncAction::heal;
  decision.heal_attempts = seen.last->heal_attempts + 1;
  for (const ComparedResource& one : *seen.resources)
    if (out_of_sync(one) && (policy.prune || !one.requires_pruning)) decision.chosen.push_back(one.id);
  return decision;
}

}  // namespace sluice::gitops
