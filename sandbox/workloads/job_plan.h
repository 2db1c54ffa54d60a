// What a Job has come to and what it needs next, from the counts of its pods.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "kube/time.h"

namespace sluice::sandbox {

struct JobSpec {
  std::int64_t parallelism = 1;
  std::optional<std::int64_t> completions;  // absent: done when one pod has succeeded and none runs
  std::int64_t backoff_limit = 6;
  std::optional<kube::Duration> deadline;  // activeDeadlineSeconds
};

struct JobPods {
  std::int64_t active = 0;
  std::int64_t terminating = 0;
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  // Failures since the last success, and when the last of them was.
  std::int64_t failures_in_row = 0;
  kube::Time last_failure{};
};

// Why a Job ends; the words of its conditions.
struct JobVerdict {
  bool success = false;
  std::string_view reason;
  std::string_view message;
};

struct JobPlan {
  std::optional<JobVerdict> verdict;
  std::int64_t create = 0;
  std::int64_t remove = 0;            // of the active pods
  std::optional<kube::Time> wake_at;  // when time alone changes the plan
};

JobPlan plan(const JobSpec& spec, const JobPods& pods, kube::Time started, kube::Time now);

// The pause before a pod is replaced after so many failures in a row: 10 s, 20 s, 40 s ... at most 10 min.
kube::Duration retry_pause(std::int64_t failures_in_row);

}  // namespace sluice::sandbox
