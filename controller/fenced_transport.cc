// The fence.
#include "controller/fenced_transport.h"

namespace sluice::controller {

kube::net::awaitable<kube::Result<kube::ApiResponse>> FencedTransport::send(kube::ApiRequest request) {
  if (request.method != "GET" && !may_write_())
    co_return kube::Error{kube::Fault::cancelled, "this process does not lead and writes nothing"};
  co_return co_await inner_.send(std::move(request));
}

kube::net::awaitable<kube::Result<kube::ApiStream>> FencedTransport::open(kube::ApiRequest request) {
  co_return co_await inner_.open(std::move(request));
}

}  // namespace sluice::controller
