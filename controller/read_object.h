// One object straight from the API server, for what the stores do not keep or may not show yet.
#pragma once

#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/json/fwd.hpp>

#include "kube/client.h"
#include "kube/metadata.h"
#include "kube/result.h"

namespace sluice::controller {

// By a list of one, because controllers may list what they watch, but not always get it. nullopt when it does not
// exist.
kube::net::awaitable<kube::Result<std::optional<kube::json::value>>> read_object(kube::Client& client,
                                                                                 kube::Resource resource,
                                                                                 kube::ObjectKey key);

}  // namespace sluice::controller
