// The simulated gateway: what is written, what it says, and what it does come one after the other.
#include "sandbox/workloads/gateway.h"

#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Routes : RunningCluster {
  Routes() {
    make_service("stable", R"("app":"stable")");
    make_service("canary", R"("app":"canary")");
  }
  void make_route(std::string_view parents = R"({"name":"gateway"})") {
    const Answered made = post(path("httproutes"), fmt::format(R"({{"apiVersion":"gateway.networking.k8s.io/v1",
        "kind":"HTTPRoute","metadata":{{"name":"shop"}},"spec":{{"parentRefs":[{}],"rules":[{{"backendRefs":[
        {{"name":"stable","port":80,"weight":100}},{{"name":"canary","port":80,"weight":0}}]}}]}}}})",
                                                               parents));
    BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  }
  void set_weights(int stable, int canary) {
    merge(path("httproutes", "shop"), fmt::format(R"({{"spec":{{"rules":[{{"backendRefs":[
        {{"name":"stable","port":80,"weight":{}}},{{"name":"canary","port":80,"weight":{}}}]}}]}}}})",
                                                  stable, canary));
  }
  std::int64_t served_canary_weight() const {
    return workloads.gateway().served().at({"default", "shop"}).rules.at(0).backends.at(1).weight;
  }
  json::value parent() { return one("httproutes", "shop").at("status").at("parents").at(0); }
};

BOOST_FIXTURE_TEST_SUITE(gateway, Routes)

BOOST_AUTO_TEST_CASE(a_route_is_accepted_then_served) {
  make_route();
  run_for(milliseconds(90));
  BOOST_TEST(!kube::find_at(one("httproutes", "shop"), {"status", "parents"}));
  run_for(milliseconds(20));
  const json::value accepted = parent();
  BOOST_TEST(accepted.at("parentRef").at("name").as_string() == "gateway");
  for (const json::value& condition : accepted.at("conditions").as_array()) {
    BOOST_TEST(condition.at("status").as_string() == "True");
    BOOST_TEST(condition.at("observedGeneration").as_int64() == 1);
  }
  BOOST_TEST(accepted.at("conditions").as_array().size() == 2u);
  BOOST_TEST(workloads.gateway().served().empty());
  run_for(milliseconds(100));
  BOOST_TEST(served_canary_weight() == 0);
  BOOST_TEST(log_lines.empty());
}

BOOST_AUTO_TEST_CASE(new_weights_are_written_observed_and_served_in_this_order) {
  make_route();
  run_for(seconds(1));
  set_weights(80, 20);
  BOOST_TEST(kube::number_at(one("httproutes", "shop"), {"metadata", "generation"}) == 2);
  run_for(milliseconds(90));
  BOOST_TEST(parent().at("conditions").at(0).at("observedGeneration").as_int64() == 1);
  run_for(milliseconds(20));
  BOOST_TEST(parent().at("conditions").at(0).at("observedGeneration").as_int64() == 2);
  BOOST_TEST(served_canary_weight() == 0);
  run_for(milliseconds(100));
  BOOST_TEST(served_canary_weight() == 20);
}

BOOST_AUTO_TEST_CASE(weights_that_follow_quickly_are_served_one_after_the_other) {
  make_route();
  run_for(seconds(1));
  set_weights(80, 20);
  run_for(milliseconds(150));
  set_weights(50, 50);
  run_for(milliseconds(60));
  BOOST_TEST(served_canary_weight() == 20);
  BOOST_TEST(parent().at("conditions").at(0).at("observedGeneration").as_int64() == 2);
  run_for(milliseconds(200));
  BOOST_TEST(served_canary_weight() == 50);
}

BOOST_AUTO_TEST_CASE(a_missing_service_is_told_until_it_is_there) {
  remove(path("services", "canary"));
  make_route();
  run_for(seconds(1));
  BOOST_TEST(parent().at("conditions").at(1).at("reason").as_string() == "BackendNotFound");
  BOOST_TEST(parent().at("conditions").at(1).at("message").as_string() == "Service not found: default/canary");
  make_service("canary", R"("app":"canary")");
  run_for(seconds(1));
  BOOST_TEST(parent().at("conditions").at(1).at("status").as_string() == "True");
}

BOOST_AUTO_TEST_CASE(a_route_without_parents_is_attached_to_nothing) {
  make_route("");
  run_for(seconds(1));
  BOOST_TEST(workloads.gateway().served().at({"default", "shop"}).rules.empty());
}

BOOST_AUTO_TEST_CASE(a_deleted_route_is_not_served) {
  make_route();
  run_for(seconds(1));
  remove(path("httproutes", "shop"));
  run_for(seconds(1));
  BOOST_TEST(workloads.gateway().served().empty());
}

BOOST_AUTO_TEST_CASE(proxies_follow_one_after_another_and_the_word_comes_last) {
  WorkloadOptions options;
  options.slower_proxies = {seconds(10)};
  options.reports_when_served = true;
  Workloads slower(api, clock, io.get_executor(), log, options);
  make_route();
  run_for(seconds(30));
  set_weights(80, 20);
  run_for(seconds(1));
  const auto weight_of = [&](std::size_t proxy) {
    return slower.gateway().served_by(proxy).at({"default", "shop"}).rules.at(0).backends.at(1).weight;
  };
  BOOST_TEST(weight_of(0) == 20);
  BOOST_TEST(weight_of(1) == 0);
  run_for(seconds(10));
  BOOST_TEST(weight_of(1) == 20);
}

BOOST_AUTO_TEST_CASE(a_settled_route_writes_nothing) {
  make_route();
  run_for(seconds(1));
  const std::uint64_t version = api.version();
  run_for(seconds(600));
  BOOST_TEST(api.version() == version);
  for (const std::string& line : log_lines) BOOST_ERROR(line);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
