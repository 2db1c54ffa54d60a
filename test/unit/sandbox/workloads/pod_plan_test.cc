// What becomes of a pod is read from its manifest.
#include "sandbox/workloads/pod_plan.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace sluice::sandbox {
namespace {

using std::chrono::seconds;

constexpr kube::Duration second = seconds(1);

json::value pod_with(std::string_view container, std::string_view metadata = R"("name":"web-1")") {
  return json::parse(R"({"metadata":{)" + std::string(metadata) + R"(},"spec":{"containers":[{)" +
                     std::string(container) + "}]}}");
}

PodPlan plan_for(const json::value& pod) { return plan_of(pod, 1, second, 2 * second); }

const std::string of_a_job = R"("name":"check-1","ownerReferences":[{"kind":"Job","controller":true}])";

BOOST_AUTO_TEST_CASE(reads_sleeps_and_exit_codes_from_commands) {
  struct Row {
    const char* command;
    double sleeps;
    int code;
  };
  const Row rows[] = {
      {"sh -c exit 1", 0, 1},
      {"sh -c sleep 3", 3, 0},
      {"sh -c sleep 2m; exit 7", 120, 7},
      {"sleep 1.5", 1.5, 0},
      {"sh -c echo sleeping; sleep 4 && exit 2", 4, 2},
      {"sleepy 3", 0, 0},
      {"echo asleep exit", 0, 0},
      {"sleep infinity", 1e9, 0},
      {"exit 999", 0, 255},
      {"", 0, 0},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.command) {
      BOOST_TEST(sleep_in(row.command).count() == static_cast<std::int64_t>(row.sleeps * 1e6));
      BOOST_TEST(exit_code_in(row.command) == row.code);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_plain_pod_is_ready_when_it_runs_after_one_to_two_seconds) {
  const PodPlan plan = plan_for(pod_with(R"("image":"web:v1")"));
  BOOST_TEST((plan.fate == PodFate::runs));
  BOOST_TEST((plan.starts >= second && plan.starts <= 2 * second));
  BOOST_TEST((plan.ready == plan.starts));
  BOOST_TEST((plan.stops == kube::Duration::zero()));
}

BOOST_AUTO_TEST_CASE(the_name_of_a_pod_decides_its_start) {
  const auto starts = [](std::string_view name) {
    return plan_for(pod_with(R"("image":"web:v1")", R"("name":")" + std::string(name) + "\"")).starts;
  };
  BOOST_TEST((starts("web-1") == starts("web-1")));
  BOOST_TEST((starts("web-1") != starts("web-2")));
}

BOOST_AUTO_TEST_CASE(readiness_is_the_longest_of_all_that_is_asked_for) {
  const std::string annotated = R"("name":"a","annotations":{"sluice.test/ready-after":"9"})";
  BOOST_TEST((plan_for(pod_with(R"("image":"a")", annotated)).ready == 9 * second));
  BOOST_TEST((plan_for(pod_with(R"("image":"a","readinessProbe":{"initialDelaySeconds":5})")).ready == 6 * second));
  BOOST_TEST((plan_for(pod_with(R"("lifecycle":{"postStart":{"exec":{"command":["sh","-c","sleep 4"]}}})")).ready ==
              5 * second));
  BOOST_TEST((plan_for(pod_with(R"("readinessProbe":{"initialDelaySeconds":5})", annotated)).ready == 9 * second));
}

BOOST_AUTO_TEST_CASE(an_image_that_cannot_be_pulled_never_starts) {
  BOOST_TEST((plan_for(pod_with(R"("image":"does-not-exist:1")")).fate == PodFate::never_starts));
  BOOST_TEST((plan_for(pod_with(R"("image":"web:error")")).fate == PodFate::never_starts));
  BOOST_TEST((plan_for(pod_with(R"("image":"web:errors")")).fate == PodFate::runs));
}

BOOST_AUTO_TEST_CASE(a_bad_command_crashes) {
  BOOST_TEST((plan_for(pod_with(R"("image":"web:v1","command":["/bad-command"])")).fate == PodFate::crashes));
}

BOOST_AUTO_TEST_CASE(only_the_command_of_a_job_ends_its_pod) {
  const std::string container = R"("command":["sh","-c"],"args":["sleep 3; exit 4"])";
  BOOST_TEST((plan_for(pod_with(container)).fate == PodFate::runs));
  const PodPlan plan = plan_for(pod_with(container, of_a_job));
  BOOST_TEST((plan.fate == PodFate::ends));
  BOOST_TEST((plan.ends == plan.starts + 3 * second));
  BOOST_TEST(plan.exit_code == 4);
}

BOOST_AUTO_TEST_CASE(a_stop_waits_for_the_pre_stop_sleep) {
  BOOST_TEST((plan_for(pod_with(R"("lifecycle":{"preStop":{"exec":{"command":["sleep","3"]}}})")).stops == 3 * second));
}

BOOST_AUTO_TEST_CASE(crashes_come_at_doubling_pauses_of_at_most_five_minutes) {
  struct Row {
    int crashing, restarts, last, next;  // seconds
  };
  const Row rows[] = {
      {0, 0, 0, 10}, {9, 0, 0, 10}, {10, 1, 10, 30}, {30, 2, 30, 70}, {70, 3, 70, 150},
  };
  for (const Row& row : rows) {
    const CrashLoop loop = crash_loop(row.crashing * second);
    BOOST_TEST_CONTEXT(row.crashing) {
      BOOST_TEST(loop.restarts == row.restarts);
      BOOST_TEST((loop.last == row.last * second));
      BOOST_TEST((loop.next == row.next * second));
    }
  }
  const CrashLoop late = crash_loop(std::chrono::hours(1));
  BOOST_TEST((late.next - late.last == std::chrono::minutes(5)));
}

}  // namespace
}  // namespace sluice::sandbox
