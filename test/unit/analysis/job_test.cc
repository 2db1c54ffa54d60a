// The Job provider against an API server whose answers are written down.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/job_provider.h"
#include "crds/decode.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::analysis {
namespace {

namespace json = boost::json;
using kube::ApiRequest;
using kube::ApiResponse;
using kube::Result;
using kube::test::answer;
using kube::test::refusal;

constexpr const char* uid = "f18b3376-5fac-4f63-a386-218a80204629";

struct Cluster {
  kube::test::Loop loop;
  kube::test::ScriptedTransport transport;
  kube::Client client{transport};
  kube::Store<crds::Job> jobs{[](const json::value& object) {
    kube::Mistakes ignored;
    return crds::decode_job(object, ignored);
  }};
  kube::Store<JobPod> pods{decode_job_pod};
  JobProvider provider{client, jobs, pods, loop.clock, loop.log, ""};
  MeasurementTask task;

  Cluster() {
    task.run = {"shop", "web-2"};
    task.run_uid = uid;
    task.metric.name = "check";
    crds::JobMetric& job = task.metric.provider.job.emplace();
    job.metadata.labels.set("team", "a");
    job.spec.text = R"({"backoffLimit":0,"template":{"spec":{"containers":[{"name":"c","image":"alpine"}]}}})";
    jobs.begin_list();
    jobs.end_of_list();
    transport.on_send = [](const ApiRequest& request) { return answer(201, request.body); };
  }

  static json::value job(const char* version, const char* conditions = "", const char* metric = "check",
                         const std::string& name = "", int succeeded = 1) {
    const std::string text =
        R"({"metadata":{"name":")" + (name.empty() ? job_name(uid, "check", 1) : name) +
        R"(","namespace":"shop","uid":"job-uid","resourceVersion":")" + version +
        R"(","labels":{"analysisrun.argoproj.io/uid":")" + uid +
        R"("},"annotations":{"analysisrun.argoproj.io/metric-name":")" + metric +
        R"("},"ownerReferences":[{"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisRun","name":"web-2","uid":")" +
        uid + R"(","controller":true}]},"status":{"succeeded":)" + std::to_string(succeeded) + R"(,"conditions":[)" +
        conditions + "]}}";
    return json::parse(text);
  }

  crds::Measurement begin() { return loop.run(provider.run(task)); }
  crds::Measurement resume(crds::Measurement measurement) {
    return loop.run(provider.resume(task, std::move(measurement)));
  }
};

BOOST_FIXTURE_TEST_SUITE(job_tests, Cluster)

BOOST_AUTO_TEST_CASE(a_job_carries_the_marks_of_its_run) {
  const crds::Measurement begun = begin();
  BOOST_TEST(begun.phase == "Running");
  BOOST_TEST(begun.metadata.get("job-name") == std::string(uid) + ".check.1");
  BOOST_TEST(begun.metadata.get("job-namespace") == "shop");
  BOOST_TEST(begun.resume_at.has_value());
  BOOST_TEST(!begun.finished_at.has_value());
  BOOST_REQUIRE(transport.sent.size() == 1u);
  BOOST_TEST(transport.sent[0].method == "POST");
  BOOST_TEST(transport.sent[0].target == "/apis/batch/v1/namespaces/shop/jobs");
  const json::value expected = json::parse(
      R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"f18b3376-5fac-4f63-a386-218a80204629.check.1",)"
      R"("namespace":"shop","labels":{"team":"a","analysisrun.argoproj.io/uid":"f18b3376-5fac-4f63-a386-218a80204629"},)"
      R"("annotations":{"analysisrun.argoproj.io/name":"web-2","analysisrun.argoproj.io/namespace":"shop",)"
      R"("analysisrun.argoproj.io/metric-name":"check"},"ownerReferences":[{"apiVersion":"argoproj.io/v1alpha1",)"
      R"("kind":"AnalysisRun","name":"web-2","uid":"f18b3376-5fac-4f63-a386-218a80204629","controller":true,)"
      R"("blockOwnerDeletion":true}]},"spec":{"backoffLimit":0,"template":{"spec":{"containers":[{"name":"c",)"
      R"("image":"alpine"}]},"metadata":{"labels":{"analysisrun.argoproj.io/uid":)"
      R"("f18b3376-5fac-4f63-a386-218a80204629"}}}}})");
  BOOST_TEST((json::parse(transport.sent[0].body) == expected));
}

BOOST_AUTO_TEST_CASE(names_fit_an_object_and_no_two_metrics_share_one) {
  BOOST_TEST(job_name(uid, "check", 12) == std::string(uid) + ".check.12");
  const char* metrics[] = {
      "a-name-that-is-far-too-long-1", "a-name-that-is-far-too-long-2", "With_Case", "with-case", "-edge", "ends-",
      "a-name-of-exactly-24-b"};
  std::vector<std::string> names;
  for (const char* metric : metrics) {
    const std::string name = job_name(uid, metric, 1);
    BOOST_TEST(name.size() <= 63u);
    BOOST_TEST(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos, name);
    BOOST_TEST(name.find("-.") == std::string::npos);
    BOOST_TEST(name.find(".-") == std::string::npos);
    BOOST_TEST(job_number(name) == 1);
    BOOST_TEST((std::find(names.begin(), names.end(), name) == names.end()));
    names.push_back(name);
  }
}

BOOST_AUTO_TEST_CASE(the_end_of_the_job_is_the_end_of_the_measurement) {
  const struct {
    const char* conditions;
    const char* phase;
    int succeeded = 0;  // pods
  } rows[] = {
      {"", "Running"},
      {R"({"type":"Complete","status":"True"})", "Successful", 1},
      {R"({"type":"Complete","status":"False"})", "Running", 1},
      {R"({"type":"Complete","status":"Unknown"})", "Running", 1},
      {R"({"type":"Complete","status":"True","reason":"CompletionsReached"})", "Inconclusive"},  // completions: 0
      {R"({"type":"Failed","status":"True","reason":"BackoffLimitExceeded"})", "Failed"},
      {R"({"type":"Failed","status":"True","reason":"DeadlineExceeded"})", "Failed"},
      {R"({"type":"Failed","status":"True","reason":"PodFailurePolicy"})", "Failed"},
      {R"({"type":"Failed","status":"False"})", "Running"},
      {R"({"type":"FailureTarget","status":"True"})", "Running"},
      {R"({"type":"SuccessCriteriaMet","status":"True"})", "Running", 1},
      {R"({"type":"SuccessCriteriaMet","status":"True"},{"type":"Complete","status":"True"})", "Successful", 1},
      {R"({"type":"Suspended","status":"True"})", "Running"},
      {R"({"type":"Suspended","status":"False"},{"type":"Complete","status":"True"})", "Successful", 1},
      {R"({"type":"Failed","status":"True"},{"type":"Complete","status":"True"})", "Failed", 1},
  };
  const crds::Measurement begun = begin();
  int version = 5;
  for (const auto& row : rows) {
    jobs.upsert(job(std::to_string(++version).c_str(), row.conditions, "check", "", row.succeeded));
    const crds::Measurement seen = resume(begun);
    BOOST_TEST(seen.phase == row.phase, row.conditions << ": " << seen.phase.view());
    BOOST_TEST((seen.message.find("none of its pods has succeeded") != std::string::npos) ==
               (std::string(row.phase) == "Inconclusive"));
    BOOST_TEST(seen.finished_at.has_value() == (seen.phase != "Running"));
    BOOST_TEST(seen.metadata.get("job-name") == begun.metadata.get("job-name"));
  }
  BOOST_TEST(transport.sent.size() == 1u);  // the outcome comes from the store
}

BOOST_AUTO_TEST_CASE(a_store_that_lags_is_not_a_job_that_is_gone) {
  transport.on_send = [](const ApiRequest&) { return answer(201, R"({"metadata":{"resourceVersion":"9"}})"); };
  const crds::Measurement begun = begin();
  const crds::Measurement same = resume(begun);
  BOOST_TEST((same == begun));
  BOOST_TEST(transport.sent.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_deleted_job_is_an_error) {
  const crds::Measurement begun = begin();
  jobs.upsert(job("7"));
  jobs.erase({"shop", job_name(uid, "check", 1)});
  transport.on_send = [](const ApiRequest& request) {
    BOOST_TEST(request.method == "GET");
    return refusal(404, "NotFound", "jobs.batch \\\"x\\\" not found");
  };
  const crds::Measurement gone = resume(begun);
  BOOST_TEST(gone.phase == "Error");
  BOOST_TEST(gone.message.find("not found") != std::string::npos);

  transport.on_send = [](const ApiRequest&) { return refusal(503, "", "down"); };
  BOOST_TEST((resume(begun) == begun));  // nobody knows

  crds::Measurement nameless = begun;
  nameless.metadata = {};
  BOOST_TEST(resume(nameless).message == "job metadata reference missing");
}

BOOST_AUTO_TEST_CASE(a_job_of_an_earlier_life_is_adopted_and_no_other) {
  transport.on_send = [](const ApiRequest& request) {
    return request.method == "POST" ? refusal(409, "AlreadyExists", "jobs.batch \\\"x\\\" already exists")
                                    : answer(200, json::serialize(job("3")));
  };
  BOOST_TEST(begin().phase == "Running");

  transport.on_send = [](const ApiRequest& request) {
    return request.method == "POST" ? refusal(409, "AlreadyExists", "jobs.batch \\\"x\\\" already exists")
                                    : answer(200, json::serialize(job("3", "", "another-metric")));
  };
  const crds::Measurement refused = begin();
  BOOST_TEST(refused.phase == "Error");
  BOOST_TEST(refused.message.find("already exists") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refused_job_says_why) {
  transport.on_send = [](const ApiRequest&) { return refusal(403, "Forbidden", "exceeded quota"); };
  const crds::Measurement refused = begin();
  BOOST_TEST(refused.phase == "Error");
  BOOST_TEST(refused.message.find("exceeded quota") != std::string::npos);
  BOOST_TEST(refused.finished_at.has_value());
}

BOOST_AUTO_TEST_CASE(an_image_that_cannot_be_pulled_is_inconclusive) {
  const crds::Measurement begun = begin();
  jobs.upsert(job("7"));
  const auto pod = [](const char* reason) {
    return json::parse(
        std::string(R"({"metadata":{"name":"p","namespace":"shop","uid":"pod-uid","resourceVersion":")") + reason +
        R"(","ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"j",)" +
        R"("uid":"job-uid","controller":true}]},"status":{"containerStatuses":[{"name":"c",)" +
        R"("state":{"waiting":{"reason":")" + reason + R"(","message":"no such image"}}}]}})");
  };
  pods.upsert(pod("ContainerCreating"));
  BOOST_TEST(resume(begun).phase == "Running");
  pods.upsert(pod("ImagePullBackOff"));
  const crds::Measurement stuck = resume(begun);
  BOOST_TEST(stuck.phase == "Inconclusive");
  BOOST_TEST(stuck.message == "Pod p, container c has terminal error (ImagePullBackOff): no such image\n");
  BOOST_TEST(transport.sent.back().method == "DELETE");  // it would try for ever
}

BOOST_AUTO_TEST_CASE(terminating_deletes_the_job) {
  const crds::Measurement begun = begin();
  for (const unsigned status : {200u, 404u, 500u}) {
    transport.on_send = [&](const ApiRequest&) { return answer(status, "{}"); };
    const crds::Measurement ended = loop.run(provider.terminate(task, begun));
    BOOST_TEST(ended.phase == "Inconclusive");
    BOOST_TEST(ended.message == "Metric Terminated");
    BOOST_TEST(transport.sent.back().method == "DELETE");
    BOOST_TEST(transport.sent.back().body.find("Foreground") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(jobs_of_dropped_measurements_are_deleted) {
  for (int i = 1; i <= 4; ++i) {
    jobs.upsert(job(std::to_string(i).c_str(), "", "check", job_name(uid, "check", i)));
    jobs.upsert(job(std::to_string(i + 10).c_str(), "", "other", job_name(uid, "other", i)));
  }
  std::vector<crds::Measurement> kept(2);
  kept[0].metadata = {{"job-name", job_name(uid, "check", 3)}};
  kept[1].metadata = {{"job-name", job_name(uid, "check", 4)}};
  task.number = 5;
  const auto collect = [&]() -> net::awaitable<bool> {
    co_await provider.collect_garbage(task, kept);
    co_return true;
  };
  loop.run(collect());
  std::vector<std::string> deleted;
  for (const ApiRequest& request : transport.sent) deleted.push_back(request.target.substr(request.target.size() - 7));
  std::sort(deleted.begin(), deleted.end());
  BOOST_TEST(deleted == (std::vector<std::string>{"check.1", "check.2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
