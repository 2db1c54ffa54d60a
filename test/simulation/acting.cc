// Requests of the controllers, carried out while everybody can see whose they are.
#include "acting.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluice::simulation {
namespace {

constexpr const char* user = "sluice";

}  // namespace

kube::net::awaitable<kube::Result<kube::ApiResponse>> ActingTransport::send(kube::ApiRequest request) {
  const kube::net::any_io_executor executor = co_await kube::net::this_coro::executor;
  co_await kube::net::post(executor, kube::net::use_awaitable);
  if (acting_.api_delay.count() > 0) co_await acting_.clock->sleep_for(acting_.api_delay);
  const std::uint64_t before = api_.version();
  acting_.request = &request;
  kube::ApiResponse answer = api_.handle(request, user);
  acting_.request = nullptr;
  if (acting_.done) acting_.done(request, answer, before);
  if (acting_.api_delay.count() > 0) co_await acting_.clock->sleep_for(acting_.api_delay);
  co_return kube::Result<kube::ApiResponse>(std::move(answer));
}

kube::net::awaitable<kube::Result<kube::ApiStream>> ActingTransport::open(kube::ApiRequest request) {
  const kube::net::any_io_executor executor = co_await kube::net::this_coro::executor;
  co_await kube::net::post(executor, kube::net::use_awaitable);
  co_return kube::Result<kube::ApiStream>(api_.open(request, user));
}

}  // namespace sluice::simulation
