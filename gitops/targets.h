// The desired objects of an application, placed: each with its namespace, its mark, and once only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

#include "gitops/render.h"
#include "gitops/resource_id.h"

namespace sluice::gitops {

enum class Scope { unknown, cluster, namespaced };

// The scope of a kind as the API server has it; unknown when it serves no such kind.
using ScopeOf = std::function<Scope(std::string_view group, std::string_view version, std::string_view kind)>;

enum class Marking { annotation, annotation_and_label };

struct Placement {
  std::string instance;           // of the application
  std::string default_namespace;  // for objects that carry none
  Marking marking = Marking::annotation;
};

struct Target {
  ResourceId id;
  std::string version;  // "v1" of "apps/v1"
  std::shared_ptr<const json::value> object;
  std::string file;
  bool kind_is_known = true;  // false when neither the server nor a definition among the targets has the kind
};

struct Targets {
  std::vector<Target> objects;
  std::vector<std::string> mistakes;  // objects that cannot be placed
  std::vector<std::string> repeated;  // objects that stand in Git twice; the last one counts
};

Targets place(const Rendered& rendered, const Placement& placement, const ScopeOf& scope_of);

}  // namespace sluice::gitops
