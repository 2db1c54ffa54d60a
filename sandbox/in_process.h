// The sandbox's API server as a Transport, without a socket: what a program under test is given.
#pragma once

#include <string>

#include "kube/transport.h"
#include "sandbox/api.h"

namespace sluice::sandbox {

// Requests take no time, but a task that sends one is suspended once, so that others may run in between.
// `api` and its clock outlive the transport and its streams.
class InProcessTransport final : public kube::Transport {
 public:
  explicit InProcessTransport(Api& api, std::string user = "admin") : api_(api), user_(std::move(user)) {}
  kube::net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override;
  kube::net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override;

 private:
  Api& api_;
  std::string user_;
};

}  // namespace sluice::sandbox
