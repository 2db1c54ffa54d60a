// The index from named objects to Rollouts.
#include "controller/references.h"

#include <algorithm>
#include <functional>

namespace sluice::controller {

References::Name References::name(std::string_view kind, const kube::ObjectKey& key) {
  const std::hash<std::string_view> hash;
  Name name = hash(kind);
  for (const std::string_view part : {std::string_view(key.ns), std::string_view(key.name)})
    name = name * 1099511628211ULL + hash(part);
  return name;
}

void References::set(const kube::ObjectKey& rollout, std::vector<Name> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const auto known = names_.find(rollout);
  if (known != names_.end() && known->second == names) return;
  unlink(rollout);
  const auto at = names_.insert_or_assign(rollout, std::move(names)).first;
  for (const Name name : at->second) rollouts_.emplace(name, &at->first);
}

void References::erase(const kube::ObjectKey& rollout) {
  unlink(rollout);
  names_.erase(rollout);
}

void References::unlink(const kube::ObjectKey& rollout) {
  const auto known = names_.find(rollout);
  if (known == names_.end()) return;
  for (const Name name : known->second)
    for (auto [at, end] = rollouts_.equal_range(name); at != end; ++at)
      if (*at->second == rollout) {
        rollouts_.erase(at);
        break;
      }
}

std::vector<kube::ObjectKey> References::of(Name name) const {
  std::vector<kube::ObjectKey> found;
  for (auto [at, end] = rollouts_.equal_range(name); at != end; ++at) found.push_back(*at->second);
  return found;
}

}  // namespace sluice::controller
