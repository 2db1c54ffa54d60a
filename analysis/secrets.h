// Reading a Secret of the cluster.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "kube/client.h"
#include "kube/string_map.h"

namespace sluice::analysis {

// All entries of the Secret, decoded; those that are not base64 are left out. The error is that of the API server.
boost::asio::awaitable<kube::Result<kube::StringMap>> read_secret(kube::Client& client, kube::ObjectKey key);

}  // namespace sluice::analysis
