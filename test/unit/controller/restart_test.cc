// Restarting the pods of a Rollout, a few at a time.
#include "controller/restart.h"

#include <boost/test/unit_test.hpp>

#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

// Four pods of v1, made at noon; the restart is asked for at +100 s.
struct Scene {
  Scene() : cluster(canary_spec(4, {weight_step(50), pause_step()})) {
    cluster.rest();
    cluster.edit([](crds::RolloutSpec& spec) { spec.restart_at = at(100); });
    cluster.set_now(at(100));
    seen = cluster.observe();
    seen.pods.emplace();
    for (int number = 0; number < 4; ++number) {
      auto pod = std::make_shared<crds::Pod>();
      pod->meta.name = "web-" + std::to_string(number);
      pod->meta.uid = pod->meta.name;
      pod->meta.creation_time = at(0);
      pod->ready = true;
      const kube::ObjectMeta& set = seen.replica_sets.front()->meta;
      pod->meta.owners = {{"apps/v1", "ReplicaSet", set.name, set.uid, true, true}};
      pods.push_back(pod);
    }
  }
  std::vector<std::string> evicted() {
    seen.pods->assign(pods.begin(), pods.end());
    std::vector<std::string> names;
    for (const Write& write : decide(seen, at(101)).writes)
      if (const auto* eviction = std::get_if<EvictPod>(&write.effect)) names.push_back(eviction->name);
    return names;
  }

  ModelCluster cluster;
  RolloutObservation seen;
  std::vector<std::shared_ptr<crds::Pod>> pods;
};

BOOST_AUTO_TEST_SUITE(restart)

BOOST_AUTO_TEST_CASE(as_many_go_as_may_be_missing) {
  BOOST_TEST(Scene().evicted() == std::vector<std::string>{"web-0"});
}

BOOST_AUTO_TEST_CASE(edge_44_no_pod_goes_while_one_is_missing) {
  Scene scene;
  auto set = std::make_shared<crds::ReplicaSet>(*scene.seen.replica_sets.front());
  set->status.available_replicas = 3;
  scene.seen.replica_sets.front() = set;
  BOOST_TEST(scene.evicted().empty());
}

BOOST_AUTO_TEST_CASE(younger_and_terminating_pods_stay) {
  Scene scene;
  scene.pods[0]->meta.creation_time = at(100);
  BOOST_TEST(scene.evicted() == std::vector<std::string>{"web-1"});
  // The set may not know yet that this pod is going; it counts as missing all the same.
  scene.pods[1]->meta.deletion_time = at(100);
  BOOST_TEST(scene.evicted().empty());
}

BOOST_AUTO_TEST_CASE(pods_of_others_stay) {
  Scene scene;
  for (const auto& pod : scene.pods) pod->meta.owners.front().uid = "other";
  BOOST_TEST(scene.evicted().empty());
}

BOOST_AUTO_TEST_CASE(edge_43_an_abort_goes_before_it) {
  Scene scene;
  scene.cluster.set_image("v2");
  scene.cluster.rest();
  scene.cluster.edit([](crds::RolloutSpec& spec) { spec.restart_at = at(100) + std::chrono::seconds(1); });
  scene.cluster.abort();
  RolloutObservation seen = scene.cluster.observe();
  seen.pods.emplace(scene.pods.begin(), scene.pods.end());
  const Decision decision = decide(seen, at(110));
  BOOST_REQUIRE(!decision.writes.empty());
  BOOST_TEST(!std::holds_alternative<EvictPod>(decision.writes.front().effect));
}

BOOST_AUTO_TEST_CASE(the_end_is_recorded) {
  Scene scene;
  for (const auto& pod : scene.pods) pod->meta.creation_time = at(100);
  scene.evicted();
  const Decision decision = decide(scene.seen, at(101));
  BOOST_REQUIRE(decision.status);
  BOOST_TEST((decision.status->restarted_at == at(100)));
}

BOOST_AUTO_TEST_CASE(a_later_restart_wakes_at_its_time) {
  Scene scene;
  BOOST_TEST(!needs_pods(scene.seen, at(99)));
  BOOST_TEST(needs_pods(scene.seen, at(100)));
  scene.seen.pods.reset();
  BOOST_TEST((decide(scene.seen, at(50)).wake_at == at(100)));
}

BOOST_AUTO_TEST_CASE(edge_45_a_new_template_cancels_it) {
  Scene scene;
  scene.cluster.set_image("v2");
  const Decision decision = scene.cluster.look();
  BOOST_TEST((decision.status->restarted_at == at(100)));
}

BOOST_AUTO_TEST_CASE(defect_36_pods_of_the_stable_set_go_before_those_of_the_newest) {
  ModelCluster cluster(canary_spec(4, {weight_step(50), pause_step()}));
  cluster.rest();
  cluster.set_now(at(50));
  cluster.set_image("v2");
  cluster.rest();
  cluster.edit([](crds::RolloutSpec& spec) { spec.restart_at = at(100); });
  cluster.set_now(at(100));
  RolloutObservation seen = cluster.observe();
  seen.pods.emplace();
  // The list has the newest pods first.
  for (const char* version : {"v2", "v1"}) {
    const kube::ObjectMeta& set = cluster.set_of(version).meta;
    for (int number = 0; number < 2; ++number) {
      auto pod = std::make_shared<crds::Pod>();
      pod->meta.name = std::string(version) + "-" + std::to_string(number);
      pod->meta.uid = pod->meta.name;
      pod->meta.creation_time = at(0);
      pod->ready = true;
      pod->meta.owners = {{"apps/v1", "ReplicaSet", set.name, set.uid, true, true}};
      seen.pods->push_back(pod);
    }
  }
  std::vector<std::string> evicted;
  for (const Write& write : decide(seen, at(101)).writes)
    if (const auto* eviction = std::get_if<EvictPod>(&write.effect)) evicted.push_back(eviction->name);
  BOOST_TEST(evicted == std::vector<std::string>{"v1-0"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
