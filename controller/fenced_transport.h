// Lets writes through only while this process leads.
#pragma once

#include <functional>

#include "kube/transport.h"

namespace sluice::controller {

// Reads and watches always pass: a standby keeps its stores up to date. A write is asked about at the moment of
// sending.
class FencedTransport final : public kube::Transport {
 public:
  FencedTransport(kube::Transport& inner, std::function<bool()> may_write)
      : inner_(inner), may_write_(std::move(may_write)) {}
  kube::net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override;
  kube::net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override;

 private:
  kube::Transport& inner_;
  std::function<bool()> may_write_;
};

}  // namespace sluice::controller
