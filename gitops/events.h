// What a person is told about an Application, as Events of the Kubernetes API.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/metadata.h"

namespace sluice::gitops {

namespace net = boost::asio;

struct Notice {
  std::string reason;  // "OperationStarted", "OperationCompleted", "ResourceUpdated", "ResourceDeleted"
  std::string message;
  bool warning = false;
};

// Writes one Event beside the application. An Event is worth no retry: a failure is logged only.
net::awaitable<void> tell(kube::Client& client, kube::Clock& clock, const kube::Log& log, kube::ObjectMeta application,
                          Notice notice);

}  // namespace sluice::gitops
