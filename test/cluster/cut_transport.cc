// Passing requests on, or not.
#include "test/cluster/cut_transport.h"

#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::cluster_test {
namespace {

using namespace net::experimental::awaitable_operators;
using kube::Error;
using kube::Fault;
using kube::Result;

Error no_way() { return {Fault::unavailable, "the test has cut the way to the API server"}; }

net::awaitable<void> broken(std::shared_ptr<net::steady_timer> timer) {
  co_await timer->async_wait(net::as_tuple(net::use_awaitable));
}

class Lines final : public kube::LineStream {
 public:
  Lines(std::unique_ptr<kube::LineStream> inner, std::shared_ptr<net::steady_timer> cut)
      : inner_(std::move(inner)), break_(std::move(cut)) {}

  net::awaitable<Result<std::optional<std::string>>> next() override {
    auto outcome = co_await (inner_->next() || broken(break_));
    if (outcome.index() == 0) co_return std::move(std::get<0>(outcome));
    co_return no_way();
  }

 private:
  std::unique_ptr<kube::LineStream> inner_;
  std::shared_ptr<net::steady_timer> break_;
};

}  // namespace

net::awaitable<Result<kube::ApiResponse>> CutTransport::send(kube::ApiRequest request) {
  if (!whole_) co_return no_way();
  co_return co_await inner_.send(std::move(request));
}

net::awaitable<Result<kube::ApiStream>> CutTransport::open(kube::ApiRequest request) {
  if (!whole_) co_return no_way();
  Result<kube::ApiStream> stream = co_await inner_.open(std::move(request));
  if (stream && stream->lines) stream->lines = std::make_unique<Lines>(std::move(stream->lines), break_);
  co_return std::move(stream);
}

}  // namespace sluice::cluster_test
