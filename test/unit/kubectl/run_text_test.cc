// Experiments and analysis runs as `get` and `list` print them.
#include "kubectl/run_text.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/decode.h"
#include "kube/json.h"

namespace sluice::kubectl {
namespace {

const kube::Time now = *kube::parse_time("2026-01-01T12:22:00Z");

template <class T>
std::shared_ptr<const T> read(std::shared_ptr<const T> (*decode)(const boost::json::value&, kube::Mistakes&),
                              const std::string& text) {
  kube::Mistakes ignored;
  return decode(kube::parse_json(text).value(), ignored);
}

std::shared_ptr<const crds::Experiment> experiment(const std::string& status) {
  return read<crds::Experiment>(
      crds::decode_experiment,
      R"({"metadata":{"name":"cart-ab","namespace":"shop","uid":"e","creationTimestamp":"2026-01-01T12:00:00Z"},)"
      R"("spec":{"duration":"60m","templates":[]},"status":)" +
          status + "}");
}
std::shared_ptr<const crds::ReplicaSet> set(const std::string& name, const std::string& image, int available) {
  return read<crds::ReplicaSet>(
      crds::decode_replica_set,
      R"({"metadata":{"name":"cart-ab-)" + name + R"(","namespace":"shop","uid":")" + name +
          R"(","generation":1,"creationTimestamp":"2026-01-01T12:00:00Z","annotations":{)"
          R"("experiment.argoproj.io/template-name":")" +
          name +
          R"("},"ownerReferences":[{"kind":"Experiment","name":"cart-ab","uid":"e","controller":true}]},)"
          R"("spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"c","image":")" +
          image + R"("}]}}},"status":{"observedGeneration":1,"replicas":1,"availableReplicas":)" +
          std::to_string(available) + "}}");
}
std::shared_ptr<const crds::AnalysisRun> run() {
  return read<crds::AnalysisRun>(
      crds::decode_analysis_run,
      R"({"metadata":{"name":"cart-ab-latency","namespace":"shop","uid":"r","creationTimestamp":"2026-01-01T12:01:00Z",)"
      R"("ownerReferences":[{"kind":"Experiment","name":"cart-ab","uid":"e","controller":true}]},)"
      R"("spec":{"metrics":[{"name":"latency","provider":{"job":{"spec":{}}}},{"name":"later","provider":{"job":{"spec":{}}}}]},)"
      R"("status":{"phase":"Failed","message":"too slow","metricResults":[{"name":"latency","phase":"Failed",)"
      R"("successful":2,"failed":4,"measurements":[{"phase":"Failed","value":"[0.7]","message":"over the limit"}]}]}})");
}

BOOST_AUTO_TEST_SUITE(run_texts)

BOOST_AUTO_TEST_CASE(an_experiment_is_shown_with_its_sets_and_runs) {
  view::ExperimentObjects objects;
  objects.experiment = experiment(R"({"phase":"Failed"})");
  objects.replica_sets = {set("candidate", "cart:10", 0), set("baseline", "cart:9", 1)};
  objects.analysis_runs = {run()};
  const std::string text = experiment_text(view::view_of(objects, now), Paint(false), false);
  BOOST_TEST(text ==
                 "Name:            cart-ab\n"
                 "Namespace:       shop\n"
                 "Status:          ✖ Failed\n"
                 "Images:          cart:10 (Σ:candidate)\n"
                 "                 cart:9 (Σ:baseline)\n"
                 "\n"
                 "NAME                    KIND         STATUS         AGE  INFO\n"
                 "Σ cart-ab               Experiment   ✖ Failed       22m\n"
                 "├──⧉ cart-ab-baseline   ReplicaSet   ✔ Healthy      22m\n"
                 "├──⧉ cart-ab-candidate  ReplicaSet   ◌ Progressing  22m\n"
                 "└──α cart-ab-latency    AnalysisRun  ✖ Failed       21m  ✔ 2,✖ 4\n",
             text);
}

BOOST_AUTO_TEST_CASE(experiments_are_listed_with_what_remains) {
  const auto cells = [](const std::string& status) {
    std::string text;
    for (const std::string& cell : experiment_row(*experiment(status), false, now)) text += cell + " ";
    return text;
  };
  BOOST_TEST(cells(R"({"phase":"Running","availableAt":"2026-01-01T12:02:00Z"})") == "cart-ab Running 60m 40m 22m ");
  BOOST_TEST(cells(R"({"phase":"Successful","availableAt":"2026-01-01T12:02:00Z"})") ==
             "cart-ab Successful 60m - 22m ");
  BOOST_TEST(cells("{}") == "cart-ab Pending 60m - 22m ");
  BOOST_TEST(experiment_header(true).front() == "NAMESPACE");
  BOOST_TEST(experiment_row(*experiment("{}"), true, now).front() == "shop");
}

BOOST_AUTO_TEST_CASE(a_run_is_shown_with_its_metrics) {
  const std::string text = run_text(*run(), Paint(false), false, now);
  BOOST_TEST(text ==
                 "Name:            cart-ab-latency\n"
                 "Namespace:       shop\n"
                 "Status:          ✖ Failed\n"
                 "Message:         too slow\n"
                 "Owner:           Experiment/cart-ab\n"
                 "\n"
                 "NAME               KIND         STATUS    AGE  INFO\n"
                 "α cart-ab-latency  AnalysisRun  ✖ Failed  21m  ✔ 2,✖ 4\n"
                 "\n"
                 "METRIC   STATUS     MEASURED  LAST VALUE  MESSAGE\n"
                 "latency  ✖ Failed   ✔ 2,✖ 4   [0.7]       over the limit\n"
                 "later    ◷ Pending  -         -\n",
             text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kubectl
