// EndpointSlices on a cluster that runs.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Slices : RunningCluster {
  // Endpoints of a Service for which a condition is true, over all of its slices.
  int endpoints(std::string_view service, std::string_view condition) {
    int count = 0;
    for (const json::value& slice : all("endpointslices", "kubernetes.io/service-name=" + std::string(service)))
      for (const json::value& endpoint :
           slice.at("endpoints").is_array() ? slice.at("endpoints").as_array() : json::array())
        count += endpoint.at("conditions").at(condition).as_bool();
    return count;
  }
  json::value only_slice() {
    const std::vector<json::value> slices = all("endpointslices");
    BOOST_REQUIRE(slices.size() == 1u);
    return slices[0];
  }
};

BOOST_FIXTURE_TEST_SUITE(endpoint_slices, Slices)

BOOST_AUTO_TEST_CASE(endpoints_follow_readiness) {
  make_service("web", R"("app":"web")");
  make_set("replicasets", "web", 2, R"("image":"web:v1")", R"("sluice.test/ready-after":"5")");
  run_for(seconds(3));
  BOOST_TEST(only_slice().at("endpoints").as_array().size() == 2u);
  BOOST_TEST(endpoints("web", "ready") == 0);
  run_for(seconds(3));
  BOOST_TEST(endpoints("web", "ready") == 2);
  const json::value slice = only_slice();
  BOOST_TEST(slice.at("ports").at(0).at("port").as_int64() == 8080);
  BOOST_TEST(slice.at("metadata").at("ownerReferences").at(0).at("name").as_string() == "web");
  const json::value& endpoint = slice.at("endpoints").at(0);
  BOOST_TEST(endpoint.at("targetRef").at("kind").as_string() == "Pod");
  BOOST_TEST(endpoint.at("addresses").at(0) ==
             one("pods", endpoint.at("targetRef").at("name").as_string()).at("status").at("podIP"));
}

BOOST_AUTO_TEST_CASE(a_change_is_published_after_the_delay) {
  make_service("web", R"("app":"web")");
  make_set("replicasets", "web", 1);
  run_for(seconds(5));
  remove(path("pods", std::string(kube::text_at(all("pods")[0], {"metadata", "name"}))));
  run_for(milliseconds(90));
  BOOST_TEST(endpoints("web", "ready") == 1);
  run_for(milliseconds(20));
  BOOST_TEST(endpoints("web", "ready") == 0);
}

BOOST_AUTO_TEST_CASE(a_terminating_pod_is_not_ready_but_serves) {
  make_service("web", R"("app":"web")");
  make_set("replicasets", "web", 1, R"("image":"web:v1","lifecycle":{"preStop":{"exec":{"command":["sleep","10"]}}})");
  run_for(seconds(5));
  scale("replicasets", "web", 0);
  run_for(seconds(2));
  BOOST_TEST(endpoints("web", "ready") == 0);
  BOOST_TEST(endpoints("web", "serving") == 1);
  BOOST_TEST(endpoints("web", "terminating") == 1);
  run_for(seconds(10));
  BOOST_TEST(only_slice().at("endpoints").is_null());
}

BOOST_AUTO_TEST_CASE(a_selector_that_matches_nothing_leaves_an_empty_slice) {
  make_set("replicasets", "web", 1);
  make_service("web", R"("app":"web")");
  run_for(seconds(5));
  merge(path("services", "web"), R"({"spec":{"selector":{"app":"other"}}})");
  run_for(seconds(1));
  BOOST_TEST(only_slice().at("endpoints").is_null());
}

BOOST_AUTO_TEST_CASE(a_moved_selector_publishes_the_other_set) {
  make_set("replicasets", "blue", 1);
  make_set("replicasets", "green", 2);
  make_service("web", R"("app":"blue")");
  run_for(seconds(5));
  BOOST_TEST(endpoints("web", "ready") == 1);
  merge(path("services", "web"), R"({"spec":{"selector":{"app":"green"}}})");
  run_for(seconds(1));
  BOOST_TEST(endpoints("web", "ready") == 2);
}

BOOST_AUTO_TEST_CASE(named_ports_are_resolved_by_the_pod) {
  make_set("replicasets", "web", 1, R"("image":"web:v1","ports":[{"name":"http","containerPort":9090}])");
  post(path("services"), R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{
      "selector":{"app":"web"},"ports":[{"name":"main","port":80,"targetPort":"http"}]}})");
  run_for(seconds(5));
  const json::value port = only_slice().at("ports").at(0);
  BOOST_TEST(port.at("port").as_int64() == 9090);
  BOOST_TEST(port.at("name").as_string() == "main");
}

BOOST_AUTO_TEST_CASE(a_slice_holds_a_hundred_endpoints_at_most) {
  make_set("replicasets", "web", 150);
  make_service("web", R"("app":"web")");
  run_for(seconds(5));
  BOOST_TEST(all("endpointslices").size() == 2u);
  BOOST_TEST(endpoints("web", "ready") == 150);
  scale("replicasets", "web", 20);
  run_for(seconds(5));
  BOOST_TEST(all("endpointslices").size() == 1u);
  BOOST_TEST(endpoints("web", "ready") == 20);
  for (const std::string& line : log_lines) BOOST_ERROR(line);
}

BOOST_AUTO_TEST_CASE(slices_go_with_their_service) {
  make_service("web", R"("app":"web")");
  run_for(seconds(1));
  BOOST_TEST(all("endpointslices").size() == 1u);
  remove(path("services", "web"));
  run_for(seconds(1));
  BOOST_TEST(all("endpointslices").empty());
}

BOOST_AUTO_TEST_CASE(a_slice_that_somebody_deleted_comes_back) {
  make_service("web", R"("app":"web")");
  run_for(seconds(1));
  remove(path("endpointslices", std::string(kube::text_at(only_slice(), {"metadata", "name"}))));
  run_for(seconds(1));
  BOOST_TEST(all("endpointslices").size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
