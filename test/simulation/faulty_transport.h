// A Transport that counts writes and can fail at one of them, as a crash or a refusal would.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kube/transport.h"

namespace sluice::simulation {

enum class CrashPoint {
  before_write,  // the request never reaches the server
  after_write    // it is carried out, but the answer is lost with the process
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
  // What becomes of a line of a watch: as it is (nullopt), another text, or "" for a connection that breaks there.
  std::function<std::optional<std::string>(const std::string& target, const std::string& line)> damage;

 private:
  kube::Transport& inner_;
  std::vector<std::string> writes_;
  int reads_ = 0;
  int crash_at_ = 0;
  CrashPoint crash_point_ = CrashPoint::before_write;
  bool crashed_ = false;
};

}  // namespace sluice::simulation
