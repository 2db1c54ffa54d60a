// What a Job needs next follows from the counts of its pods.
#include "sandbox/workloads/job_plan.h"

#include <boost/test/unit_test.hpp>

namespace sluice::sandbox {
namespace {

using std::chrono::seconds;

constexpr kube::Time noon{seconds(1'800'000'000)};

// One pod that has to succeed, no retries.
constexpr JobSpec once{.parallelism = 1, .completions = 1, .backoff_limit = 0};

BOOST_AUTO_TEST_CASE(a_new_job_creates_its_pod) { BOOST_TEST(plan(once, {}, noon, noon).create == 1); }

BOOST_AUTO_TEST_CASE(nothing_is_created_while_the_pod_runs) {
  const JobPlan next = plan(once, {.active = 1}, noon, noon);
  BOOST_TEST(next.create == 0);
  BOOST_TEST(!next.verdict);
}

BOOST_AUTO_TEST_CASE(enough_successes_complete_it) {
  const JobPlan next = plan(once, {.succeeded = 1}, noon, noon);
  BOOST_REQUIRE(next.verdict);
  BOOST_TEST(next.verdict->success);
  BOOST_TEST(next.verdict->reason == "CompletionsReached");
}

BOOST_AUTO_TEST_CASE(more_failures_than_the_limit_fail_it) {
  const JobPlan next = plan(once, {.failed = 1, .failures_in_row = 1, .last_failure = noon}, noon, noon);
  BOOST_REQUIRE(next.verdict);
  BOOST_TEST(!next.verdict->success);
  BOOST_TEST(next.verdict->reason == "BackoffLimitExceeded");
}

BOOST_AUTO_TEST_CASE(a_failed_pod_is_replaced_after_a_pause) {
  JobSpec spec = once;
  spec.backoff_limit = 1;
  const JobPods pods{.failed = 1, .failures_in_row = 1, .last_failure = noon};
  const JobPlan early = plan(spec, pods, noon, noon + seconds(9));
  BOOST_TEST(early.create == 0);
  BOOST_TEST((early.wake_at == noon + seconds(10)));
  BOOST_TEST(plan(spec, pods, noon, noon + seconds(10)).create == 1);
}

BOOST_AUTO_TEST_CASE(the_deadline_ends_it_with_its_pods) {
  JobSpec spec = once;
  spec.deadline = seconds(30);
  BOOST_TEST((plan(spec, {.active = 1}, noon, noon).wake_at == noon + seconds(30)));
  const JobPlan late = plan(spec, {.active = 1}, noon, noon + seconds(30));
  BOOST_REQUIRE(late.verdict);
  BOOST_TEST(late.verdict->reason == "DeadlineExceeded");
  BOOST_TEST(late.remove == 1);
}

BOOST_AUTO_TEST_CASE(only_as_many_pods_run_as_are_still_needed) {
  const JobSpec spec{.parallelism = 2, .completions = 3};
  BOOST_TEST(plan(spec, {}, noon, noon).create == 2);
  BOOST_TEST(plan(spec, {.active = 1, .succeeded = 1}, noon, noon).create == 1);
  BOOST_TEST(plan(spec, {.active = 1, .succeeded = 2}, noon, noon).create == 0);
}

BOOST_AUTO_TEST_CASE(without_completions_the_first_success_lets_the_others_finish) {
  const JobSpec spec{.parallelism = 2, .completions = std::nullopt};
  const JobPlan still = plan(spec, {.active = 1, .succeeded = 1}, noon, noon);
  BOOST_TEST(!still.verdict);
  BOOST_TEST(still.create == 0);
  BOOST_TEST(plan(spec, {.succeeded = 2}, noon, noon).verdict.has_value());
}

BOOST_AUTO_TEST_CASE(pauses_double_up_to_ten_minutes) {
  const int expected[] = {0, 10, 20, 40, 80, 160, 320, 600, 600};
  for (std::int64_t failures = 0; failures < 9; ++failures)
    BOOST_TEST((retry_pause(failures) == seconds(expected[failures])));
  BOOST_TEST((retry_pause(1'000'000) == seconds(600)));
}

}  // namespace
}  // namespace sluice::sandbox
