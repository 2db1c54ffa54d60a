// What a Job has come to and what it needs next.
#include "sandbox/workloads/job_plan.h"

#include <algorithm>

namespace sluice::sandbox {
namespace {

constexpr kube::Duration first_pause = std::chrono::seconds(10);
constexpr kube::Duration longest_pause = std::chrono::minutes(10);

constexpr JobVerdict too_many_failures{false, "BackoffLimitExceeded", "Job has reached the specified backoff limit"};
constexpr JobVerdict too_long{false, "DeadlineExceeded", "Job was active longer than specified deadline"};
constexpr JobVerdict enough{true, "CompletionsReached", "Reached expected number of succeeded pods"};

bool is_complete(const JobSpec& spec, const JobPods& pods) {
  if (spec.completions) return pods.succeeded >= *spec.completions;
  return pods.succeeded > 0 && pods.active == 0;
}

std::int64_t pods_wanted(const JobSpec& spec, const JobPods& pods) {
  if (spec.completions) return std::min(spec.parallelism, *spec.completions - pods.succeeded);
  return pods.succeeded > 0 ? std::min(pods.active, spec.parallelism) : spec.parallelism;
}

}  // namespace

kube::Duration retry_pause(std::int64_t failures_in_row) {
  if (failures_in_row <= 0) return kube::Duration::zero();
  kube::Duration pause = first_pause;
  for (std::int64_t more = failures_in_row - 1; more > 0 && pause < longest_pause; --more) pause *= 2;
  return std::min(pause, longest_pause);
}

JobPlan plan(const JobSpec& spec, const JobPods& pods, kube::Time started, kube::Time now) {
  JobPlan plan;
  if (pods.failed > spec.backoff_limit)
    plan.verdict = too_many_failures;
  else if (spec.deadline && now >= started + *spec.deadline)
    plan.verdict = too_long;
  else if (is_complete(spec, pods))
    plan.verdict = enough;
  if (plan.verdict) {
    plan.remove = pods.active;
    return plan;
  }
  if (spec.deadline) plan.wake_at = started + *spec.deadline;
  const std::int64_t wanted = pods_wanted(spec, pods);
  plan.remove = std::max<std::int64_t>(pods.active - wanted, 0);
  const std::int64_t missing = wanted - pods.active;
  if (missing <= 0) return plan;
  const kube::Time retry = pods.last_failure + retry_pause(pods.failures_in_row);
  if (pods.failures_in_row == 0 || retry <= now)
    plan.create = missing;
  else
    plan.wake_at = std::min(retry, plan.wake_at.value_or(retry));
  return plan;
}

}  // namespace sluice::sandbox
