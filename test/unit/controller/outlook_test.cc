// What people are told of the future of a Rollout.
#include "controller/outlook.h"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

std::string told(const ModelCluster& cluster) {
  const RolloutObservation seen = cluster.observe();
  std::string text;
  for (const Prospect& prospect : prospects_of(seen, decide(seen, cluster.now())))
    text += fmt::format("{}{}\n", prospect.at ? kube::format_time(*prospect.at) + " " : "", prospect.sentence);
  return text;
}

ModelCluster canary(std::vector<crds::CanaryStep> steps) {
  ModelCluster cluster(routed_spec(10, std::move(steps)));
  cluster.add_service("web-canary");
  cluster.add_service("web-stable");
  cluster.add_route("web");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  return cluster;
}

BOOST_AUTO_TEST_SUITE(outlook)

BOOST_AUTO_TEST_CASE(the_rest_of_the_steps_and_the_end) {
  const ModelCluster cluster = canary({weight_step(20), pause_step(), weight_step(50)});
  BOOST_TEST(place_of(cluster.observe()) == "step 2 of 3 (pause)");
  BOOST_TEST(told(cluster) == R"(step 3 of 3: the canary gets 50 % of the requests
the new version is promoted and gets everything
the pods of the old version are removed 30 s later
)");
}

BOOST_AUTO_TEST_CASE(a_pause_that_ends_by_itself_gives_the_time) {
  const ModelCluster cluster = canary({weight_step(20), pause_step(60), weight_step(50)});
  BOOST_TEST(told(cluster).find("12:02:40Z step 3 of 3: the canary gets 50 %") != std::string::npos, told(cluster));
}

BOOST_AUTO_TEST_CASE(nothing_comes_after_the_end_or_an_abort) {
  ModelCluster cluster = canary({weight_step(20), pause_step()});
  cluster.abort();
  cluster.rest();
  BOOST_TEST(told(cluster) == R"(the pods of the aborted version are removed 30 s after the last request
nothing more, until a person retries or applies another template
)");
  cluster.retry();
  cluster.rest();
  cluster.promote_full();
  cluster.rest();
  cluster.pass(60);
  BOOST_TEST(place_of(cluster.observe()) == "");
  BOOST_TEST(told(cluster) == "");
}

BOOST_AUTO_TEST_CASE(writes_are_told_in_words) {
  BOOST_TEST(sentence_of(ScaleReplicaSet{"web-a", {}, 2, 5, {}, {}}) == "scale ReplicaSet web-a from 2 to 5");
  CreateReplicaSet created;
  created.name = "web-b";
  created.replicas = 1;
  BOOST_TEST(sentence_of(created) == "create ReplicaSet web-b with 1 pod");
}

BOOST_AUTO_TEST_CASE(a_route_on_which_nobody_reports_is_a_blind_spot) {
  const ModelCluster cluster = canary({weight_step(20), pause_step()});
  RolloutObservation seen = cluster.observe();
  seen.routes.front().depth = traffic::Depth::written;
  BOOST_TEST(blind_spots_of(seen).size() == 1U);
  seen.routes.front().depth = traffic::Depth::reported;
  BOOST_TEST(blind_spots_of(seen).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
