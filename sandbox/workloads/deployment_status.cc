// The status of a Deployment.
#include "sandbox/workloads/deployment_status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

struct Verdict {
  bool holds = false;
  std::string_view reason;
  std::string message;
};

bool is_complete(const DeploymentCounts& counts) {
  return counts.updated == counts.wanted && counts.replicas == counts.wanted && counts.available >= counts.wanted;
}

bool has_progressed(const json::value& deployment, const DeploymentCounts& counts) {
  const auto before = [&](std::string_view member) { return kube::number_at(deployment, {"status", member}); };
  const std::int64_t old_before = before("replicas") - before("updatedReplicas");
  return counts.updated > before("updatedReplicas") || counts.replicas - counts.updated < old_before ||
         counts.ready > before("readyReplicas") || counts.available > before("availableReplicas");
}

Verdict availability(const DeploymentCounts& counts) {
  if (counts.available >= counts.wanted - counts.max_unavailable)
    return {true, "MinimumReplicasAvailable", "Deployment has minimum availability."};
  return {false, "MinimumReplicasUnavailable", "Deployment does not have minimum availability."};
}

Verdict progress(const json::value& deployment, const DeploymentCounts& counts, bool progressed, kube::Time now) {
  const std::string newest = fmt::format("ReplicaSet \"{}\"", counts.newest);
  if (is_complete(counts)) return {true, "NewReplicaSetAvailable", newest + " has successfully progressed."};
  if (!condition_of(deployment, "Progressing"))
    return {true, "NewReplicaSetCreated", fmt::format("Created new replica set \"{}\"", counts.newest)};
  const std::optional<kube::Time> deadline = progress_deadline(deployment);
  if (!progressed && deadline && now >= *deadline)
    return {false, "ProgressDeadlineExceeded", newest + " has timed out progressing."};
  return {true, "ReplicaSetUpdated", newest + " is progressing."};
}

json::value condition(const json::value& deployment, std::string_view type, const Verdict& verdict, bool progressed,
                      kube::Time now) {
  const json::object* before = condition_of(deployment, type);
  const std::string_view status = verdict.holds ? "True" : "False";
  const bool same_status = before && text_of(*before, "status") == status;
  const bool same =
      same_status && text_of(*before, "reason") == verdict.reason && text_of(*before, "message") == verdict.message;
  if (same && !progressed) return *before;
  const std::string time = kube::format_time(now);
  return {{"type", type},
          {"status", status},
          {"lastUpdateTime", time},
          {"lastTransitionTime", same_status ? text_of(*before, "lastTransitionTime") : std::string_view(time)},
          {"reason", verdict.reason},
          {"message", verdict.message}};
}

}  // namespace

std::optional<kube::Time> progress_deadline(const json::value& deployment) {
  const json::object* progressing = condition_of(deployment, "Progressing");
  if (!is_true(progressing) || text_of(*progressing, "reason") == "NewReplicaSetAvailable") return std::nullopt;
  const kube::Result<kube::Time> since = kube::parse_time(text_of(*progressing, "lastUpdateTime"));
  if (!since) return std::nullopt;
  return *since + std::chrono::seconds(kube::number_at(deployment, {"spec", "progressDeadlineSeconds"}, 600));
}

json::object status_changes(const json::value& deployment, const DeploymentCounts& counts, kube::Time now) {
  json::object changes;
  const auto tell = [&](std::string_view member, std::int64_t number) {
    if (kube::number_at(deployment, {"status", member}) == number) return;
    changes[member] = number == 0 ? json::value(nullptr) : json::value(number);
  };
  tell("observedGeneration", kube::number_at(deployment, {"metadata", "generation"}));
  tell("replicas", counts.replicas);
  tell("updatedReplicas", counts.updated);
  tell("readyReplicas", counts.ready);
  tell("availableReplicas", counts.available);
  tell("unavailableReplicas", std::max<std::int64_t>(std::max(counts.replicas, counts.wanted) - counts.available, 0));

  const bool progressed = has_progressed(deployment, counts);
  json::array conditions;
  conditions.push_back(condition(deployment, "Available", availability(counts), false, now));
  const json::object* progressing = condition_of(deployment, "Progressing");
  // A deadline that was missed is not un-missed by time alone.
  const bool given_up = progressing && !is_true(progressing) && !progressed && !is_complete(counts);
  if (given_up)
    conditions.push_back(*progressing);
  else if (flag_at(deployment, {"spec", "paused"}) && progressing)
    conditions.push_back(*progressing);
  else
    conditions.push_back(condition(deployment, "Progressing", progress(deployment, counts, progressed, now),
                                   progressed && !is_complete(counts), now));
  if (array_at(deployment, {"status", "conditions"}) != conditions) changes["conditions"] = std::move(conditions);
  return changes;
}

}  // namespace sluice::sandbox
