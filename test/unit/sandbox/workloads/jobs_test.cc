// Jobs on a cluster that runs: the command really decides.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

BOOST_FIXTURE_TEST_SUITE(jobs, RunningCluster)

BOOST_AUTO_TEST_CASE(exit_1_fails_without_a_second_try_when_the_limit_is_zero) {
  make_job("check", "exit 1", R"("backoffLimit":0,)");
  run_for(seconds(60));
  const json::value job = one("jobs", "check");
  BOOST_TEST(condition(job, "Failed") == "True");
  BOOST_TEST(condition(job, "Failed", "reason") == "BackoffLimitExceeded");
  BOOST_TEST(condition(job, "FailureTarget") == "True");
  BOOST_TEST(kube::number_at(job, {"status", "failed"}) == 1);
  BOOST_TEST(!kube::find_at(job, {"status", "active"}));
  BOOST_TEST(!kube::find_at(job, {"status", "completionTime"}));
  BOOST_TEST(all("pods").size() == 1u);
  const json::value pod = all("pods")[0];
  BOOST_TEST(kube::text_at(pod, {"status", "phase"}) == "Failed");
  BOOST_TEST(pod.at("status").at("containerStatuses").at(0).at("state").at("terminated").at("exitCode") == 1);
  BOOST_TEST(kube::text_at(pod, {"metadata", "labels", "batch.kubernetes.io/job-name"}) == "check");
}

BOOST_AUTO_TEST_CASE(exit_1_is_tried_twice_when_the_limit_is_one) {
  make_job("check", "exit 1", R"("backoffLimit":1,)");
  run_for(seconds(10));
  BOOST_TEST(condition(one("jobs", "check"), "Failed") == "");
  BOOST_TEST(all("pods").size() == 1u);
  run_for(seconds(10));
  BOOST_TEST(condition(one("jobs", "check"), "Failed") == "True");
  BOOST_TEST(all("pods").size() == 2u);
  BOOST_TEST(kube::number_at(one("jobs", "check"), {"status", "failed"}) == 2);
}

BOOST_AUTO_TEST_CASE(sleep_3_takes_three_seconds_from_its_start) {
  make_job("check", "sleep 3");
  run_for(milliseconds(3900));
  json::value job = one("jobs", "check");
  BOOST_TEST(condition(job, "Complete") == "");
  BOOST_TEST(kube::number_at(job, {"status", "active"}) == 1);
  BOOST_TEST(kube::number_at(job, {"status", "ready"}) == 1);
  BOOST_TEST(!kube::text_at(job, {"status", "startTime"}).empty());
  run_for(milliseconds(1200));
  job = one("jobs", "check");
  BOOST_TEST(condition(job, "Complete") == "True");
  BOOST_TEST(condition(job, "SuccessCriteriaMet", "reason") == "CompletionsReached");
  BOOST_TEST(kube::number_at(job, {"status", "succeeded"}) == 1);
  BOOST_TEST(kube::number_at(job, {"status", "ready"}, -1) == 0);
  BOOST_TEST(!kube::text_at(job, {"status", "completionTime"}).empty());
  BOOST_TEST(log_lines.empty());
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_the_job_and_its_pod) {
  make_job("check", "sleep 3600", R"("activeDeadlineSeconds":5,)");
  run_for(seconds(6));
  BOOST_TEST(condition(one("jobs", "check"), "Failed", "reason") == "DeadlineExceeded");
  BOOST_TEST(all("pods").empty());
}

BOOST_AUTO_TEST_CASE(an_image_that_cannot_be_pulled_leaves_the_job_active) {
  post(path("jobs"), R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"stuck"},"spec":{"backoffLimit":0,
      "template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"does-not-exist:1"}]}}}})");
  run_for(seconds(600));
  const json::value job = one("jobs", "stuck");
  BOOST_TEST(kube::number_at(job, {"status", "active"}) == 1);
  BOOST_TEST(kube::number_at(job, {"status", "ready"}, -1) == 0);
  BOOST_TEST(!kube::find_at(job, {"status", "conditions"}));
}

BOOST_AUTO_TEST_CASE(several_completions_run_one_after_the_other) {
  make_job("batch", "sleep 1", R"("completions":3,"parallelism":1,)");
  run_for(seconds(5));
  BOOST_TEST(kube::number_at(one("jobs", "batch"), {"status", "active"}) == 1);
  run_for(seconds(10));
  BOOST_TEST(condition(one("jobs", "batch"), "Complete") == "True");
  BOOST_TEST(kube::number_at(one("jobs", "batch"), {"status", "succeeded"}) == 3);
}

BOOST_AUTO_TEST_CASE(a_finished_job_goes_with_its_pods_when_its_time_to_live_is_over) {
  make_job("check", "exit 0", R"("ttlSecondsAfterFinished":10,)");
  run_for(seconds(5));
  BOOST_TEST(condition(one("jobs", "check"), "Complete") == "True");
  run_for(seconds(10));
  BOOST_TEST(all("jobs").empty());
  BOOST_TEST(all("pods").empty());
}

BOOST_AUTO_TEST_CASE(a_suspended_job_waits) {
  make_job("check", "exit 0", R"("suspend":true,)");
  run_for(seconds(30));
  BOOST_TEST(all("pods").empty());
  BOOST_TEST(condition(one("jobs", "check"), "Suspended") == "True");
  merge(path("jobs", "check"), R"({"spec":{"suspend":false}})");
  run_for(seconds(5));
  BOOST_TEST(condition(one("jobs", "check"), "Suspended") == "False");
  BOOST_TEST(condition(one("jobs", "check"), "Complete") == "True");
}

BOOST_AUTO_TEST_CASE(a_finished_job_writes_nothing_more) {
  make_job("check", "exit 0");
  run_for(seconds(10));
  const std::uint64_t version = api.version();
  run_for(seconds(3600));
  BOOST_TEST(api.version() == version);
  for (const std::string& line : log_lines) BOOST_ERROR(line);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
