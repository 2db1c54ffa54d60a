// Counting, crashing, intercepting.
#include "faulty_transport.h"

#include <utility>

namespace sluice::simulation {
namespace {

kube::Error crash() { return {kube::Fault::cancelled, "the process has crashed"}; }

bool is_counted_write(const kube::ApiRequest& request) {
  return request.method != "GET" && request.target.find("/events") == std::string::npos &&
         request.target.find("/leases") == std::string::npos;
}

std::string expired_line() {
  return R"({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
         R"("message":"too old resource version","reason":"Expired","code":410}})";
}

kube::ApiResponse refusal(unsigned status) {
  kube::ApiResponse answer;
  answer.status = status;
  const char* reason = status == 409   ? "Conflict"
                       : status == 429 ? "TooManyRequests"
                       : status == 422 ? "Invalid"
                       : status == 504 ? "Timeout"
                                       : "InternalError";
  answer.body = std::string(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)") +
                R"("the simulated server says so","reason":")" + reason + R"(","code":)" + std::to_string(status) + "}";
  if (status == 429) answer.retry_after = std::chrono::seconds(5);
  return answer;
}

// The lines of a watch, some of them damaged. `transport` outlives it.
class DamagedLines final : public kube::LineStream {
 public:
  DamagedLines(std::unique_ptr<kube::LineStream> inner, std::string target, FaultyTransport& transport)
      : inner_(std::move(inner)), target_(std::move(target)), transport_(transport) {}

  kube::net::awaitable<kube::Result<std::optional<std::string>>> next() override {
    kube::Result<std::optional<std::string>> line = co_await inner_->next();
    co_await transport_.wait_while_stopped();
    if (transport_.hold && line && line->has_value()) {
      const LineFault fault = transport_.hold(target_, **line);
      if (fault.wait.count() > 0) co_await transport_.clock->sleep_for(fault.wait);
      if (fault.kind == LineFault::Kind::cut) co_return kube::Error{kube::Fault::unavailable, "the connection was cut"};
      if (fault.kind == LineFault::Kind::expired) co_return kube::Result<std::optional<std::string>>(expired_line());
    }
    if (!transport_.damage || !line || !line->has_value()) co_return line;
    std::optional<std::string> damaged = transport_.damage(target_, **line);
    if (!damaged) co_return line;
    if (damaged->empty()) co_return kube::Error{kube::Fault::unavailable, "the connection was cut"};
    co_return kube::Result<std::optional<std::string>>(std::move(damaged));
  }

 private:
  std::unique_ptr<kube::LineStream> inner_;
  std::string target_;
  FaultyTransport& transport_;
};

}  // namespace

kube::net::awaitable<kube::Result<kube::ApiResponse>> FaultyTransport::send(kube::ApiRequest request) {
  if (crashed_) co_return crash();
  co_await wait_while_stopped();
  if (intercept)
    if (std::optional<kube::ApiResponse> answer = intercept(request)) co_return *answer;
  if (!is_counted_write(request)) {
    if (request.method == "GET") ++reads_;
    const kube::ApiRequest asked = age ? request : kube::ApiRequest();
    kube::Result<kube::ApiResponse> answer = co_await inner_.send(std::move(request));
    if (age && answer) age(asked, *answer);
    co_return answer;
  }
  writes_.push_back(request.method + " " + request.target.substr(0, request.target.find('?')));
  const WriteFault fault = strike ? strike(request) : WriteFault();
  if (fault.kind != WriteFault::Kind::none) co_return co_await send_struck(std::move(request), fault);
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

kube::net::awaitable<void> FaultyTransport::wait_while_stopped() {
  while (stopped_until_ && clock->now() < *stopped_until_) {
    const kube::Time until = *stopped_until_;
    co_await clock->sleep_until(until);
  }
}

kube::net::awaitable<kube::Result<kube::ApiResponse>> FaultyTransport::send_struck(kube::ApiRequest request,
                                                                                   WriteFault fault) {
  using Kind = WriteFault::Kind;
  const kube::Error broken{kube::Fault::unavailable, "the connection broke"};
  switch (fault.kind) {
    case Kind::crash_before:
      crashed_ = true;
      co_return crash();
    case Kind::crash_in_flight:
      crashed_ = true;
      leave_in_flight(std::move(request), fault.wait);
      co_return crash();
    case Kind::refused:
      co_return kube::Result<kube::ApiResponse>(refusal(fault.status));
    case Kind::unanswered:
      co_await clock->sleep_for(fault.wait);
      co_return broken;
    case Kind::stopped:
      stopped_until_ = clock->now() + fault.wait;
      co_await wait_while_stopped();
      break;
    case Kind::none:
    case Kind::crash_after:
    case Kind::disowned:
    case Kind::answer_lost:
      break;
  }
  kube::Result<kube::ApiResponse> answer = co_await inner_.send(std::move(request));
  if (fault.kind == Kind::crash_after) crashed_ = true;
  if (crashed_) co_return crash();
  if (fault.kind == Kind::disowned) co_return kube::Result<kube::ApiResponse>(refusal(fault.status));
  if (fault.kind == Kind::answer_lost) {
    co_await clock->sleep_for(fault.wait);
    co_return broken;
  }
  co_return answer;
}

kube::net::awaitable<kube::Result<kube::ApiStream>> FaultyTransport::open(kube::ApiRequest request) {
  if (crashed_) co_return crash();
  co_await wait_while_stopped();
  std::string target = request.target;
  kube::Result<kube::ApiStream> stream = co_await inner_.open(std::move(request));
  if (stream && stream->lines)
    stream->lines = std::make_unique<DamagedLines>(std::move(stream->lines), std::move(target), *this);
  co_return stream;
}

}  // namespace sluice::simulation
