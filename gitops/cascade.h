// Deleting an application's objects before the application itself goes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "crds/application.h"
#include "gitops/live_cluster.h"
#include "gitops/served_kinds.h"
#include "kube/client.h"

namespace sluice::gitops {

namespace net = boost::asio;

struct CascadeProgress {
  bool done = false;      // nothing of this program's keeps the application any more
  std::string waits_for;  // what is still there, or why it cannot be deleted
};

// Goes one step further in the deletion of an application that carries the resources finalizer: its objects go in the
// opposite order of their creation, definitions and objects with Delete=false stay. Everything outlives the call.
net::awaitable<CascadeProgress> delete_cascade(kube::Client& client, ServedKinds& kinds, LiveCluster& live,
                                               std::shared_ptr<const crds::Application> application,
                                               std::string instance);

// True for a finalizer that asks for such a deletion.
bool is_resources_finalizer(std::string_view finalizer);

}  // namespace sluice::gitops
