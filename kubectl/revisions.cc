// Choosing a revision.
#include "kubectl/revisions.h"

#include <charconv>
#include <map>
#include <optional>

namespace sluice::kubectl {
namespace {

std::optional<std::int64_t> revision_of(const crds::ReplicaSet& set) {
  const std::string_view text = set.meta.annotations.get("rollout.argoproj.io/revision");
  if (text.empty()) return 0;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::shared_ptr<const crds::ReplicaSet> revision_to_undo_to(
    const crds::Rollout& rollout, const std::vector<std::shared_ptr<const crds::ReplicaSet>>& sets,
    std::int64_t wanted) {
  std::map<std::int64_t, std::shared_ptr<const crds::ReplicaSet>, std::greater<>> newest_first;
  for (const auto& set : sets) {
    const kube::OwnerReference* owner = set->meta.controller();
    if (!owner || owner->uid != rollout.meta.uid || !set->spec.pod_template) continue;
    if (const auto revision = revision_of(*set)) newest_first.emplace(*revision, set);
  }
  if (wanted > 0) {
    const auto found = newest_first.find(wanted);
    return found == newest_first.end() ? nullptr : found->second;
  }
  return newest_first.size() < 2 ? nullptr : std::next(newest_first.begin())->second;
}

}  // namespace sluice::kubectl
