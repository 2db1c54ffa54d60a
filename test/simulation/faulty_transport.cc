// Counting, crashing, intercepting.
#include "faulty_transport.h"

namespace sluice::simulation {
namespace {

kube::Error crash() { return {kube::Fault::cancelled, "the process has crashed"}; }

bool is_counted_write(const kube::ApiRequest& request) {
  return request.method != "GET" && request.target.find("/events") == std::string::npos &&
         request.target.find("/leases") == std::string::npos;
}

}  // namespace

kube::net::awaitable<kube::Result<kube::ApiResponse>> FaultyTransport::send(kube::ApiRequest request) {
  if (crashed_) co_return crash();
  if (intercept)
    if (std::optional<kube::ApiResponse> answer = intercept(request)) co_return *answer;
  if (!is_counted_write(request)) {
    if (request.method == "GET") ++reads_;
    co_return co_await inner_.send(std::move(request));
  }
  writes_.push_back(request.method + " " + request.target.substr(0, request.target.find('?')));
  const bool crashes = static_cast<int>(writes_.size()) == crash_at_;
  if (crashes && crash_point_ == CrashPoint::before_write) {
    crashed_ = true;
    co_return crash();
  }
  kube::Result<kube::ApiResponse> answer = co_await inner_.send(std::move(request));
  if (crashes) {
    crashed_ = true;
    co_return crash();
  }
  if (crashed_) co_return crash();
  co_return answer;
}

kube::net::awaitable<kube::Result<kube::ApiStream>> FaultyTransport::open(kube::ApiRequest request) {
  if (crashed_) co_return crash();
  co_return co_await inner_.open(std::move(request));
}

}  // namespace sluice::simulation
