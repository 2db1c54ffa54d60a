// Which Rollouts look at an object: from a Service, route or template to the Rollouts that name it.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kube/metadata.h"

namespace sluice::controller {

// Keeps the names as hashes: two names with the same hash cost a needless look at a Rollout, never a missed one.
class References {
 public:
  using Name = std::uint64_t;
  static Name name(std::string_view kind, const kube::ObjectKey& key);

  // Replaces what a Rollout names.
  void set(const kube::ObjectKey& rollout, std::vector<Name> names);
  void erase(const kube::ObjectKey& rollout);
  // The Rollouts that name an object, each once.
  std::vector<kube::ObjectKey> of(Name name) const;

 private:
  void unlink(const kube::ObjectKey& rollout);

  // The map's nodes stay where they are, so the other map may point at their keys.
  std::unordered_map<kube::ObjectKey, std::vector<Name>, kube::ObjectKeyHash> names_;
  std::unordered_multimap<Name, const kube::ObjectKey*> rollouts_;
};

}  // namespace sluice::controller
