// Sends the writes of a decision in their order, notes the versions they made, and tells the events.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "controller/decision.h"
#include "controller/observation.h"
#include "controller/stores.h"
#include "kube/client.h"
#include "kube/events.h"
#include "kube/log.h"
#include "kube/result.h"

namespace sluice::controller {

// An object that was written and that the stores have to show before the next decision.
struct WrittenObject {
  enum class Kind { rollout, replica_set, service, route, analysis_run, deployment, referenced_replica_set };
  Kind kind;
  kube::ObjectKey key;
  std::string route_kind = {};  // "HTTPRoute"; of a route only
};

bool is_current(const Stores& stores, const WrittenObject& written);

struct Applied {
  std::vector<WrittenObject> written;
  // The write that failed ended the decision. Conflicts and refused evictions are failures of a kind that only need
  // another look.
  std::optional<kube::Error> failure;
  std::string unmade_set;  // the set of a new revision whose making failed; "" for none
};

// Everything that an application needs; all of it outlives the calls.
struct ApplyTools {
  kube::Client& client;
  Stores& stores;
  kube::EventRecorder& events;
  const kube::Log& log;
};

// Writes first, then the status if `write_status` says so, then the events.
kube::net::awaitable<Applied> apply(ApplyTools tools, std::shared_ptr<const crds::Rollout> rollout, Decision decision,
                                    bool write_status);

}  // namespace sluice::controller
