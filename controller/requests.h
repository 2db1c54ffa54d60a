// The API request that carries out one write of a decision, as plain data.
#pragma once

#include <optional>
#include <string>

#include "controller/decision.h"
#include "kube/client.h"
#include "kube/resource.h"
#include "kube/result.h"

namespace sluice::controller {

enum class Verb { create, patch, remove, evict };

struct WriteRequest {
  Verb verb = Verb::patch;
  kube::Resource resource;
  kube::ObjectKey key;
  std::string subresource;  // of patch: "" or "scale"
  std::string body;         // of create and patch; "" when there is nothing to change
  kube::PatchType patch_type = kube::PatchType::merge;
  kube::DeleteOptions remove;   // of remove
  bool absent_is_fine = false;  // 404 is success
};

// The routing object that SetRouteWeights names, as it was last seen.
struct RouteObject {
  std::string text;         // its JSON; "" when it has gone, and for other writes
  kube::Resource resource;  // how it is addressed
};

// The error says why a route cannot be written.
kube::Result<WriteRequest> request_for(const Effect& effect, const kube::ObjectKey& rollout, const RouteObject& route);

// The merge patch of /status that leads from one status to the other; "" when they are the same on the wire.
std::string status_patch(const crds::RolloutStatus& before, const crds::RolloutStatus& after,
                         const Precondition& precondition);

// The same for an Experiment, whose status is part of the object itself.
std::string status_patch(const crds::ExperimentStatus& before, const crds::ExperimentStatus& after,
                         const Precondition& precondition);

// "scale ReplicaSet shop-5d4b6f7c9 from 1 to 2", for logs.
std::string describe(const Effect& effect);

}  // namespace sluice::controller
