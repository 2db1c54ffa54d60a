// How many pods each ReplicaSet of a Deployment should have next.
#include "sandbox/workloads/rolling_update.h"

#include <algorithm>

namespace sluice::sandbox {
namespace {

std::int64_t desired_by(const std::vector<SetSize>& sets) {
  std::int64_t sum = 0;
  for (const SetSize& set : sets) sum += set.desired;
  return sum;
}

NextSizes recreate(const DeploymentSize& deployment, const SetSize& newest, const std::vector<SetSize>& old) {
  const bool is_empty = std::ranges::all_of(old, [](const SetSize& set) { return set.replicas == 0; });
  NextSizes next;
  next.newest = is_empty ? deployment.replicas : newest.desired;
  next.old.assign(old.size(), 0);
  return next;
}

std::int64_t newest_size(const DeploymentSize& deployment, const SetSize& newest, std::int64_t all) {
  if (newest.desired >= deployment.replicas) return deployment.replicas;
  const std::int64_t room = std::max<std::int64_t>(deployment.replicas + deployment.max_surge - all, 0);
  return newest.desired + std::min(room, deployment.replicas - newest.desired);
}

}  // namespace

NextSizes next_sizes(const DeploymentSize& deployment, const SetSize& newest, const std::vector<SetSize>& old) {
  if (deployment.recreate) return recreate(deployment, newest, old);
  const std::int64_t all = newest.desired + desired_by(old);
  NextSizes next;
  next.newest = newest_size(deployment, newest, all);
  for (const SetSize& set : old) next.old.push_back(set.desired);
  // Growing and shrinking never happen in one step, so that what goes is judged by what has come.
  if (next.newest != newest.desired) return next;

  const std::int64_t fewest = deployment.replicas - deployment.max_unavailable;
  const std::int64_t coming = std::max<std::int64_t>(newest.desired - newest.available, 0);
  // By what the sets were told, not by what they report, because reports come later.
  std::int64_t may_go = all - fewest - coming;
  for (std::size_t at = 0; at < old.size() && may_go > 0; ++at) {
    const std::int64_t less = std::clamp<std::int64_t>(old[at].desired - old[at].available, 0, may_go);
    next.old[at] -= less;
    may_go -= less;
  }
  std::int64_t available = newest.available;
  for (const SetSize& set : old) available += set.available;
  std::int64_t spare = std::min(available - fewest, may_go);
  for (std::size_t at = 0; at < old.size() && spare > 0; ++at) {
    const std::int64_t less = std::clamp<std::int64_t>(next.old[at], 0, spare);
    next.old[at] -= less;
    spare -= less;
  }
  return next;
}

}  // namespace sluice::sandbox
