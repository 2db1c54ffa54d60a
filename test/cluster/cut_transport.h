// A way to the API server that a test can cut: requests fail and open streams break until it is mended.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "kube/transport.h"

namespace sluice::cluster_test {

namespace net = boost::asio;

// `inner` and `io` outlive it and its streams.
class CutTransport final : public kube::Transport {
 public:
  CutTransport(kube::Transport& inner, net::io_context& io)
      : inner_(inner), break_(std::make_shared<net::steady_timer>(io, net::steady_timer::time_point::max())) {}

  void cut() {
    whole_ = false;
    break_->cancel();
  }
  void mend() { whole_ = true; }

  net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override;
  net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override;

 private:
  kube::Transport& inner_;
  bool whole_ = true;
  std::shared_ptr<net::steady_timer> break_;  // never fires by itself
};

}  // namespace sluice::cluster_test
