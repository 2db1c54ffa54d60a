// Many Rollouts at rest: copies of one that the controller itself has brought there.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "kube/resource.h"
#include "sandbox/api.h"

namespace sluice::bench {

// A canary on an HTTPRoute after its fourth revision, as JSON texts: the Rollout, its 4 ReplicaSets, 2 Services,
// 1 HTTPRoute and 2 EndpointSlices. Everything that is of one's own carries the name "model".
struct Model {
  struct Object {
    kube::Resource resource;
    std::string text;
  };
  std::vector<Object> objects;
  std::vector<std::string> templates;  // of the 4 revisions, as JSON text without the hash label
  std::vector<std::string> hashes;     // of these templates
  std::vector<std::string> uids;       // in the objects
};

// Runs the controller in this process, on virtual time, through four revisions.
Model make_model();

// `count` copies, 50 to a namespace, each with names, uids and templates of its own.
void add_fleet(sandbox::Api& api, const Model& model, std::size_t count);
// ReplicaSets and Pods that are none of our business.
void add_foreign(sandbox::Api& api, std::size_t count);

}  // namespace sluice::bench
