// What became of the simulated requests, counted by entry, by pod and by set.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>

#include "kube/metadata.h"
#include "kube/time.h"

namespace sluice::sandbox {

// Why a request got no answer.
enum class Loss { no_backend, no_endpoint, pod_gone };
inline constexpr std::array<Loss, 3> all_losses{Loss::no_backend, Loss::no_endpoint, Loss::pod_gone};
// The word for it in metrics: no weight on any backend, no ready endpoint, the chosen pod does not take requests.
const char* name_of(Loss loss);

struct EntryCounts {
  std::uint64_t sent = 0;               // answered and lost together
  std::uint64_t errors = 0;             // answered with 500
  std::array<std::uint64_t, 3> lost{};  // by Loss
  std::uint64_t all_lost() const { return lost[0] + lost[1] + lost[2]; }
};

struct AnswerCounts {
  std::uint64_t ok = 0;
  std::uint64_t errors = 0;
  std::uint64_t all() const { return ok + errors; }
};

struct LatencyCounts {
  static constexpr std::array<double, 9> bounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};  // seconds
  std::array<std::uint64_t, 10> at_most{};  // by bound, not cumulated; the last is above all bounds
  double sum = 0;                           // seconds
  std::uint64_t count = 0;
};

// All counts only grow. Those of a pod are forgotten some time after it has gone.
class RequestCounts {
 public:
  struct Answer {
    kube::ObjectKey service;
    std::string pod;  // in the namespace of the Service
    std::string hash;
    bool is_error = false;
    kube::Duration latency{};
  };
  // Entries are in the namespace of their route or Service: "httproute/shop", "service/web".
  void answered(const kube::ObjectKey& entry, const Answer& answer);
  void lost(const kube::ObjectKey& entry, Loss loss);

  void pod_gone(const kube::ObjectKey& pod, kube::Time now);
  // Forgets the pods that have gone before `until`.
  void forget(kube::Time until);

  EntryCounts of_entry(const kube::ObjectKey& entry) const;
  // The answers of one set to requests through one Service.
  AnswerCounts of_hash(const kube::ObjectKey& service, const std::string& hash) const;
  EntryCounts total() const;

  // The Prometheus text format, version 0.0.4; docs/sandbox.md names the metrics.
  std::string metrics_text() const;

 private:
  struct PodCounts {
    std::string hash;
    std::map<std::string, AnswerCounts> by_service;
  };
  using SetKey = std::pair<kube::ObjectKey, std::string>;  // Service and hash

  std::map<kube::ObjectKey, EntryCounts> entries_;
  std::map<kube::ObjectKey, PodCounts> pods_;
  std::map<SetKey, std::pair<AnswerCounts, LatencyCounts>> sets_;
  std::deque<std::pair<kube::Time, kube::ObjectKey>> gone_;
};

}  // namespace sluice::sandbox
