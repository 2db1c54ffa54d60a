// Counting, crashing, intercepting.
#include "faulty_transport.h"

namespace sluice::simulation {
namespace {

kube::Error crash() { return {kube::Fault::cancelled, "the process has crashed"}; }

bool is_counted_write(const kube::ApiRequest& request) {
  return request.method != "GET" && request.target.find("/events") == std::string::npos &&
         request.target.find("/leases") == std::string::npos;
}

// The lines of a watch, some of them damaged. `transport` outlives it.
class DamagedLines final : public kube::LineStream {
 public:
  DamagedLines(std::unique_ptr<kube::LineStream> inner, std::string target, const FaultyTransport& transport)
      : inner_(std::move(inner)), target_(std::move(target)), transport_(transport) {}

  kube::net::awaitable<kube::Result<std::optional<std::string>>> next() override {
    kube::Result<std::optional<std::string>> line = co_await inner_->next();
    if (!transport_.damage || !line || !line->has_value()) co_return line;
    std::optional<std::string> damaged = transport_.damage(target_, **line);
    if (!damaged) co_return line;
    if (damaged->empty()) co_return kube::Error{kube::Fault::unavailable, "the connection was cut"};
    co_return kube::Result<std::optional<std::string>>(std::move(damaged));
  }

 private:
  std::unique_ptr<kube::LineStream> inner_;
  std::string target_;
  const FaultyTransport& transport_;
};

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
  std::string target = request.target;
  kube::Result<kube::ApiStream> stream = co_await inner_.open(std::move(request));
  if (stream && stream->lines)
    stream->lines = std::make_unique<DamagedLines>(std::move(stream->lines), std::move(target), *this);
  co_return stream;
}

}  // namespace sluice::simulation
