// Whether an application is to be synced without anybody asking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gitops/compare.h"
#include "gitops/resource_id.h"
#include "kube/time.h"

namespace sluice::gitops {

struct AutoSyncPolicy {
  bool prune = false;
  bool self_heal = false;
  bool allow_empty = false;
};

// The last sync that was tried, however it ended.
struct SyncAttempt {
  std::string revision;
  bool same_input = true;  // the same source and options as would be used now
  bool succeeded = false;
  kube::Time finished_at;
  std::int64_t heal_attempts = 0;
};

struct AutoSyncObservation {
  SyncStatus status = SyncStatus::unknown;
  std::string revision;  // of the comparison
  std::vector<ComparedResource> const* resources = nullptr;
  std::optional<SyncAttempt> last;
};

enum class AutoSyncAction { nothing, sync, heal, wait, refuse };

struct AutoSyncDecision {
  AutoSyncAction action = AutoSyncAction::nothing;
  std::string message;                // why it is refused
  std::vector<ResourceId> chosen;     // heal: the objects that drifted
  std::int64_t heal_attempts = 0;     // heal: to be carried to the next one
  std::optional<kube::Time> wake_at;  // wait: when healing is due
};

AutoSyncDecision decide_auto_sync(const AutoSyncPolicy& policy, const AutoSyncObservation& seen, kube::Time now);

// How long after the last sync the next healing of the same revision is due: 0, 2, 6, 18, ... at most 300 s.
kube::Duration heal_delay(std::int64_t attempts);

}  // namespace sluice::gitops
