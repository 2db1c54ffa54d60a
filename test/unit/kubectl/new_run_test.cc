// Runs that people make from templates.
#include "kubectl/new_run.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/json.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

json::value smoke_template() {
  return kube::parse_json(
             R"({"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisTemplate","metadata":{"name":"smoke","namespace":"x",)"
             R"("resourceVersion":"7","uid":"u","labels":{"team":"a"},"annotations":{"note":"b",)"
             R"("kubectl.kubernetes.io/last-applied-configuration":"{}"}},"spec":{"args":[{"name":"host"},)"
             R"({"name":"token","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},{"name":"path","value":"/"}],)"
             R"("metrics":[{"name":"m","provider":{"plugin":{"unknown/kind":{"deep":[1]}}}}]}})")
      .value();
}

BOOST_AUTO_TEST_SUITE(new_runs)

BOOST_AUTO_TEST_CASE(a_run_carries_all_of_its_template_but_its_identity) {
  const auto run = run_from_template(smoke_template(), {"shop", "", "", "", {{"host", "web"}, {"token", "t"}}});
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST(kube::print_json(*run) ==
             R"({"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisRun","metadata":{"generateName":"smoke-",)"
             R"("namespace":"shop","labels":{"team":"a"},"annotations":{"note":"b"}},"spec":{"args":[)"
             R"({"name":"host","value":"web"},{"name":"token","value":"t"},{"name":"path","value":"/"}],)"
             R"("metrics":[{"name":"m","provider":{"plugin":{"unknown/kind":{"deep":[1]}}}}]}})");
}

BOOST_AUTO_TEST_CASE(a_name_and_a_controller_can_be_chosen) {
  const auto named = run_from_template(smoke_template(), {"shop", "now", "ignored-", "blue", {{"host", "web"}}});
  BOOST_TEST(kube::text_at(*named, {"metadata", "name"}) == "now");
  BOOST_TEST(!kube::find_at(*named, {"metadata", "generateName"}));
  BOOST_TEST(kube::print_json(*kube::find_at(*named, {"metadata", "labels"})) ==
             R"({"argo-rollouts.argoproj.io/controller-instance-id":"blue"})");
}

BOOST_AUTO_TEST_CASE(arguments_that_do_not_fit_are_all_told) {
  const auto run = run_from_template(smoke_template(), {"shop", "", "", "", {{"hots", "web"}}});
  BOOST_REQUIRE(!run);
  BOOST_TEST(run.error().message == "args.host was not resolved; the template declares no argument hots");
  BOOST_TEST(!parse_argument("host").has_value());
  BOOST_TEST(!parse_argument("=web").has_value());
  BOOST_TEST(parse_argument("a=b=c")->second == "b=c");
  json::value nameless = smoke_template();
  nameless.at("metadata").as_object().erase("name");
  BOOST_TEST(!run_from_template(nameless, {"shop", "", "", "", {{"host", "web"}}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kubectl
