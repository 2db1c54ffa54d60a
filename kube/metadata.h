// What every Kubernetes object carries: names, versions, labels, owners.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/string_map.h"
#include "kube/time.h"

namespace sluice::kube {

// Namespace and name; the namespace of a cluster-scoped object is "".
struct ObjectKey {
  std::string ns;
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
  // "namespace/name", or "name" without a namespace.
  std::string text() const { return ns.empty() ? name : ns + "/" + name; }
};

struct ObjectKeyHash {
  std::size_t operator()(const ObjectKey& key) const {
    return std::hash<std::string>{}(key.name) * 31 + std::hash<std::string>{}(key.ns);
  }
};

struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool controller = false;
  bool block_owner_deletion = false;
  bool operator==(const OwnerReference&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("apiVersion", self.api_version);
    visit.required("kind", self.kind);
    visit.required("name", self.name);
    visit.required("uid", self.uid);
    visit("controller", self.controller);
    visit("blockOwnerDeletion", self.block_owner_deletion);
  }
};

// managedFields and selfLink are never kept. Encoding an ObjectMeta writes only what is set.
struct ObjectMeta {
  std::string name;
  std::string ns;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  std::optional<Time> creation_time;
  std::optional<Time> deletion_time;
  StringMap labels;
  StringMap annotations;
  std::vector<OwnerReference> owners;
  std::vector<std::string> finalizers;

  ObjectKey key() const { return {ns, name}; }
  // The owner with controller: true; nullptr if there is none.
  const OwnerReference* controller() const {
    for (const OwnerReference& owner : owners)
      if (owner.controller) return &owner;
    return nullptr;
  }
  bool operator==(const ObjectMeta&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("namespace", self.ns);
    visit("uid", self.uid);
    visit("resourceVersion", self.resource_version);
    visit("generation", self.generation);
    visit("creationTimestamp", self.creation_time);
    visit("deletionTimestamp", self.deletion_time);
    visit("labels", self.labels);
    visit("annotations", self.annotations);
    visit("ownerReferences", self.owners);
    visit("finalizers", self.finalizers);
  }
};

// Resource versions of one server can be compared as numbers (KEP-5504). True when `seen` is at least `wanted`; a
// version that is not a number counts as new enough, so that an odd server never stops the program.
bool is_at_least(std::string_view seen, std::string_view wanted);

}  // namespace sluice::kube
