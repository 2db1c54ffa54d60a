// PodDisruptionBudgets on a cluster that runs.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/workloads/running_cluster.h"

namespace sluice::sandbox {
namespace {

using std::chrono::seconds;

struct Budgets : RunningCluster {
  const std::string budgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";
  void make_budget(std::string_view limit) {
    const Answered made = post(budgets, fmt::format(R"({{"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
        "metadata":{{"name":"web"}},"spec":{{{},"selector":{{"matchLabels":{{"app":"web"}}}}}}}})",
                                                    limit));
    BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  }
  std::int64_t status(std::string_view member) {
    return kube::number_at(get(budgets + "/web").body, {"status", member}, -1);
  }
};

BOOST_FIXTURE_TEST_SUITE(budgets_of_disruption, Budgets)

BOOST_AUTO_TEST_CASE(evictions_are_allowed_while_enough_pods_are_healthy) {
  make_budget(R"("minAvailable":2)");
  run_for(seconds(1));
  BOOST_TEST(status("disruptionsAllowed") == 0);
  make_set("replicasets", "web", 3);
  run_for(seconds(1));
  BOOST_TEST(status("expectedPods") == 3);
  BOOST_TEST(status("disruptionsAllowed") == 0);
  run_for(seconds(3));
  BOOST_TEST(status("currentHealthy") == 3);
  BOOST_TEST(status("desiredHealthy") == 2);
  BOOST_TEST(status("disruptionsAllowed") == 1);
}

BOOST_AUTO_TEST_CASE(a_percentage_is_one_of_the_size_that_is_asked_for) {
  make_budget(R"("maxUnavailable":"34%")");
  make_set("replicasets", "web", 3);
  run_for(seconds(4));
  BOOST_TEST(status("desiredHealthy") == 1);
  BOOST_TEST(status("disruptionsAllowed") == 2);
  remove(path("pods", std::string(kube::text_at(all("pods")[0], {"metadata", "name"}))));
  run_for(std::chrono::milliseconds(500));
  BOOST_TEST(status("expectedPods") == 3);
  BOOST_TEST(status("disruptionsAllowed") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::sandbox
