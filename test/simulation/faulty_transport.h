// A Transport that counts writes and can fail at one of them, as a crash or a refusal would.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kube/clock.h"
#include "kube/transport.h"

namespace sluice::simulation {

enum class CrashPoint {
  before_write,  // the request never reaches the server
  after_write    // it is carried out, but the answer is lost with the process
};

// What becomes of one write.
struct WriteFault {
  enum class Kind {
    none,
    crash_before,     // the process dies with the request unsent
    crash_after,      // the process dies once the server has carried it out
    crash_in_flight,  // the process dies; the request is on its way for `wait` (FaultyTransport::leave_in_flight)
    refused,          // the server answers `status` and does nothing
    disowned,         // the server does it and answers `status`
    unanswered,       // nothing is done, and after `wait` the connection breaks
    answer_lost,      // it is done, and after `wait` the connection breaks
    stopped           // the whole process gets no CPU for `wait`, then it goes on
  };
  Kind kind = Kind::none;
  unsigned status = 0;
  kube::Duration wait{0};
};

// What becomes of one line of a watch: it comes `wait` later, and with it all that follow; or the stream ends there.
struct LineFault {
  enum class Kind { none, late, cut, expired };
  Kind kind = Kind::none;
  kube::Duration wait{0};  // before any of them
};

// What the program under test sends. Once it has crashed nothing goes through any more and every call is cancelled.
class FaultyTransport final : public kube::Transport {
 public:
  explicit FaultyTransport(kube::Transport& inner) : inner_(inner) {}

  kube::net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override;
  kube::net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override;

  // Crashes at the write with this number (from 1), events and leases not counted.
  void crash_at(int write, CrashPoint point) {
    crash_at_ = write;
    crash_point_ = point;
  }
  void crash_now() { crashed_ = true; }
  bool has_crashed() const { return crashed_; }
  // "PATCH /apis/apps/v1/namespaces/default/replicasets/web-1", in order, events and leases left out.
  const std::vector<std::string>& writes() const { return writes_; }
  int reads() const { return reads_; }
  // Answers this instead of asking the server, when it answers at all.
  std::function<std::optional<kube::ApiResponse>(const kube::ApiRequest&)> intercept;
  // What becomes of each counted write; needs `clock` for faults that take time.
  std::function<WriteFault(const kube::ApiRequest&)> strike;
  std::function<LineFault(const std::string& target, const std::string& line)> hold;
  // Changes the answer to a GET, as a server would that lags behind.
  std::function<void(const kube::ApiRequest&, kube::ApiResponse&)> age;
  // Takes over a request that is on its way while the process dies.
  std::function<void(kube::ApiRequest, kube::Duration)> leave_in_flight;
  kube::Clock* clock = nullptr;
  // What becomes of a line of a watch: as it is (nullopt), another text, or "" for a connection that breaks there.
  std::function<std::optional<std::string>(const std::string& target, const std::string& line)> damage;

  // Until then the whole process stands still.
  const std::optional<kube::Time>& stopped_until() const { return stopped_until_; }
  // While the process is stopped nothing comes and nothing goes.
  kube::net::awaitable<void> wait_while_stopped();

 private:
  kube::net::awaitable<kube::Result<kube::ApiResponse>> send_struck(kube::ApiRequest request, WriteFault fault);

  kube::Transport& inner_;
  std::optional<kube::Time> stopped_until_;
  std::vector<std::string> writes_;
  int reads_ = 0;
  int crash_at_ = 0;
  CrashPoint crash_point_ = CrashPoint::before_write;
  bool crashed_ = false;
};

}  // namespace sluice::simulation
