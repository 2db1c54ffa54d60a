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
  enum class Kind {
    rollout,
    replica_set,
    service,
    route,
    analysis_run,
    experiment,
    deployment,
    referenced_replica_set
  };
  Kind kind;
  kube::ObjectKey key;
  kube::Resource resource;
  std::string route_kind = {};  // "HTTPRoute"; of a route only
};

bool is_current(const Stores& stores, const WrittenObject& written);

// What a write was about.
struct WriteTarget {
  kube::Resource resource;
  std::string name;
  bool is_creation = false;
};

struct Applied {
  std::vector<WrittenObject> written;
  std::vector<WriteTarget> created;   // that were made
  std::optional<WriteTarget> failed;  // the write that ended the decision; absent when it was the status
  // The write that failed ended the decision. Conflicts and refused evictions are failures of a kind that only need
  // another look.
  std::optional<kube::Error> failure;
  std::string rollout_version;  // after these writes; "" when none of them changed the Rollout
  std::string unmade_set;       // the set of a new revision whose making failed; "" for none
};

// Everything that an application needs; all of it outlives the calls.
struct ApplyTools {
  kube::Client& client;
  Stores& stores;
  kube::EventRecorder& events;
  const kube::Log& log;
};

// Whose decision it is.
struct DecisionOwner {
  std::string kind;  // for logs: "rollout"
  kube::ObjectReference reference;
};

// Sends these one after the other until one fails; the events of those that were carried out are told.
kube::net::awaitable<Applied> send_writes(ApplyTools tools, DecisionOwner owner, std::vector<Write> writes);

// Writes first, then the status if `write_status` says so, then the events.
kube::net::awaitable<Applied> apply(ApplyTools tools, std::shared_ptr<const crds::Rollout> rollout, Decision decision,
                                    bool write_status);

}  // namespace sluice::controller
