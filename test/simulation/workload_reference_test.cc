// Rollouts that take their pod template from a Deployment, a ReplicaSet or a PodTemplate: spec.workloadRef.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

std::string pods(const std::string& version, const std::string& indent) {
  return fmt::format(
      "{0}template:\n{0}  metadata: {{labels: {{app: web}}}}\n{0}  spec:\n{0}    containers:\n"
      "{0}      - name: web\n{0}        image: 'example/web:{1}'\n{0}        ports: [{{containerPort: 8080}}]\n"
      "{0}        lifecycle: {{preStop: {{exec: {{command: [sleep, '2']}}}}}}\n",
      indent, version);
}

std::string workload(const std::string& kind, const std::string& version, int replicas) {
  if (kind == "PodTemplate")
    return "---\napiVersion: v1\nkind: PodTemplate\nmetadata: {name: web}\n" + pods(version, "");
  return fmt::format(
      "---\napiVersion: apps/v1\nkind: {}\nmetadata: {{name: web}}\nspec:\n  replicas: {}\n"
      "  selector: {{matchLabels: {{app: web}}}}\n{}",
      kind, replicas, pods(version, "  "));
}

std::string rollout(const std::string& kind, const std::string& scale_down, const std::string& more = "") {
  return fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  replicas: 3\n"
      "  workloadRef: {{apiVersion: {}, kind: {}, name: web, scaleDown: {}}}\n{}"
      "  strategy: {{canary: {{steps: [{{setWeight: 50}}, {{pause: {{}}}}]}}}}\n",
      kind == "PodTemplate" ? "v1" : "apps/v1", kind, scale_down, more);
}

// The Service sends to the pods of both the workload and the Rollout, as it does while one takes over from the other.
std::string service() { return Story::service("web", "{sluice.dev/traffic: '20'}"); }

std::int64_t replicas(const World& world, const kube::Resource& resource = resources::deployments) {
  return kube::number_at(world.get(resource, "web"), {"spec", "replicas"}, -1);
}

std::string condition(const World& world, const std::string& type) {
  const json::value rollout = world.get(resources::rollouts, "web");
  if (const json::value* conditions = kube::find_at(rollout, {"status", "conditions"}))
    for (const json::value& one : conditions->as_array())
      if (kube::text_at(one, {"type"}) == type) return std::string(kube::text_at(one, {"message"}));
  return "";
}

struct Sets {
  int all = 0;
  int pods = 0;
};
Sets sets_of_rollout(const World& world) {
  Sets sets;
  for (const json::value& set : world.list(resources::replica_sets))
    if (kube::text_at(set, {"metadata", "name"}) != "web" &&
        !kube::text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}).empty()) {
      ++sets.all;
      sets.pods += static_cast<int>(kube::number_at(set, {"spec", "replicas"}));
    }
  return sets;
}

bool settle(World& world) {
  return world.until([&] { return world.is("web", "Healthy"); });
}

BOOST_AUTO_TEST_SUITE(workload_reference)

BOOST_AUTO_TEST_CASE(the_template_of_a_deployment_is_followed_and_its_pods_give_way_on_success) {
  World world;
  world.apply(service() + workload("Deployment", "v1", 3));
  world.pass(seconds(20));
  world.apply(rollout("Deployment", "onsuccess"));
  world.start();
  BOOST_REQUIRE(settle(world));
  BOOST_TEST(world.until([&] { return replicas(world) == 0; }));
  const json::value first = world.get(resources::rollouts, "web");
  BOOST_TEST(kube::text_at(first, {"status", "selector"}) == "app=web");
  BOOST_TEST(kube::find_at(first, {"spec", "template"}) == nullptr);
  BOOST_TEST(kube::find_at(first, {"spec", "selector"}) == nullptr);
  BOOST_TEST(world.until([&] {
    const json::value seen = world.get(resources::rollouts, "web");
    const auto generation = kube::number_at(world.get(resources::deployments, "web"), {"metadata", "generation"});
    return kube::text_at(seen, {"status", "workloadObservedGeneration"}) == std::to_string(generation) &&
           kube::text_at(seen, {"metadata", "annotations", "rollout.argoproj.io/workload-generation"}) ==
               std::to_string(generation);
  }));

  world.apply(workload("Deployment", "v2", 0));
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Paused"); }));
  BOOST_TEST(sets_of_rollout(world).all == 2);
  world.patch(resources::rollouts, "web", R"({"status":{"pauseConditions":null}})", "status");
  BOOST_TEST(settle(world));
  BOOST_TEST(replicas(world) == 0);
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(never_leaves_the_deployment_alone) {
  World world;
  world.apply(service() + workload("Deployment", "v1", 2) + rollout("Deployment", "never"));
  world.start();
  BOOST_REQUIRE(settle(world));
  world.come_to_rest();
  BOOST_TEST(replicas(world) == 2);
}

BOOST_AUTO_TEST_CASE(progressively_takes_away_what_the_rollout_has_ready) {
  World world;
  world.apply(service() + workload("Deployment", "v1", 3));
  world.pass(seconds(20));
  int most_missing = 0;
  world.apply(rollout("Deployment", "progressively"));
  world.start();
  BOOST_REQUIRE(world.until([&] {
    const auto available = kube::number_at(world.get(resources::rollouts, "web"), {"status", "availableReplicas"});
    most_missing = std::max(most_missing, 3 - static_cast<int>(available + replicas(world)));
    return replicas(world) == 0;
  }));
  BOOST_TEST(most_missing <= 0);
  BOOST_TEST(settle(world));
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_missing_workload_is_named_and_followed_as_soon_as_it_appears) {
  World world;
  world.apply(service() + rollout("Deployment", "onsuccess"));
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Degraded"); }));
  BOOST_TEST(condition(world, "InvalidSpec").find(R"(deployments.apps "web" not found)") != std::string::npos);
  BOOST_TEST(sets_of_rollout(world).all == 0);
  world.pass(minutes(5));
  world.apply(workload("Deployment", "v1", 3));
  BOOST_TEST(world.until([&] { return world.is("web", "Healthy"); }, seconds(30)));
  BOOST_TEST(condition(world, "InvalidSpec") == "");
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_workload_that_goes_leaves_the_running_version_in_force) {
  World world;
  world.apply(service() + workload("Deployment", "v1", 0) + rollout("Deployment", "never"));
  world.start();
  BOOST_REQUIRE(settle(world));
  world.remove(resources::deployments, "web");
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Degraded"); }));
  BOOST_TEST(sets_of_rollout(world).pods == 3);
  world.patch(resources::rollouts, "web", R"({"spec":{"replicas":5}})");
  BOOST_TEST(world.until([&] { return sets_of_rollout(world).pods == 5; }));
  world.apply(workload("Deployment", "v1", 0));
  BOOST_TEST(settle(world));
  BOOST_TEST(sets_of_rollout(world).all == 1);
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(replica_sets_and_pod_templates_are_followed_too) {
  for (const std::string kind : {"ReplicaSet", "PodTemplate"}) {
    BOOST_TEST_CONTEXT(kind) {
      World world;
      const bool is_set = kind == "ReplicaSet";
      world.apply(service() + workload(kind, "v1", 2));
      world.pass(seconds(20));
      world.apply(rollout(kind, "onsuccess", is_set ? "" : "  selector: {matchLabels: {app: web}}\n"));
      world.start();
      BOOST_REQUIRE(settle(world));
      if (is_set) BOOST_TEST(world.until([&] { return replicas(world, resources::replica_sets) == 0; }));
      world.come_to_rest();
      BOOST_TEST(sets_of_rollout(world).pods == 3);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pod_template_without_a_selector_is_told_what_is_missing) {
  World world;
  world.apply(service() + workload("PodTemplate", "v1", 0) + rollout("PodTemplate", "never"));
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Degraded"); }));
  BOOST_TEST(condition(world, "InvalidSpec").find("spec.selector") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(all_mistakes_of_a_reference_are_told_at_once) {
  World world;
  world.apply(
      "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: web}\nspec:\n"
      "  workloadRef: {apiVersion: apps/v1, kind: StatefulSet, name: web, scaleDown: sometimes}\n"
      "  template: {metadata: {labels: {app: web}}, spec: {containers: []}}\n"
      "  strategy: {canary: {}}\n");
  world.start();
  BOOST_REQUIRE(world.until([&] { return world.is("web", "Degraded"); }));
  const std::string why = condition(world, "InvalidSpec");
  for (const std::string part : {"workload of type apps/StatefulSet is not supported",
                                 "template must be empty for workload reference rollout", "spec.workloadRef.scaleDown"})
    BOOST_TEST(why.find(part) != std::string::npos, part << " is not in " << why);
}

BOOST_AUTO_TEST_CASE(defect_46_who_scales_the_workload_up_again_is_resisted_three_times_and_then_told) {
  World world;
  world.apply(service() + workload("Deployment", "v1", 3) + rollout("Deployment", "onsuccess"));
  world.start();
  BOOST_REQUIRE(settle(world));
  BOOST_REQUIRE(world.until([&] { return replicas(world) == 0; }));
  for (int time = 0; time < 2; ++time) {
    world.patch(resources::deployments, "web", R"({"spec":{"replicas":2}})");
    BOOST_TEST(world.until([&] { return replicas(world) == 0; }));
  }
  world.patch(resources::deployments, "web", R"({"spec":{"replicas":2}})");
  BOOST_TEST(world.until([&] { return !condition(world, "WorkloadScaledByOthers").empty(); }));
  BOOST_TEST(replicas(world) == 2);
  world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(edge_04_a_set_of_others_without_our_labels_that_has_the_name_counts_as_a_collision) {
  World world;
  world.apply(service() + workload("Deployment", "v1", 2) + rollout("Deployment", "never"));
  world.start();
  BOOST_REQUIRE(settle(world));
  const std::string taken = "web-" + world.stable("web");
  world.kill();
  world.oracle().excuse("I2");
  world.oracle().excuse("I10");
  world.stop_traffic();
  // Another tool's set takes the name while ours is gone; it has neither our label nor our owner.
  world.remove(resources::replica_sets, taken);
  world.pass(seconds(5));
  world.apply("---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: " + taken +
              "}\nspec:\n  replicas: 0\n  selector: {matchLabels: {app: theirs}}\n  template:\n    metadata: {labels: "
              "{app: theirs}}\n"
              "    spec: {containers: [{name: a, image: 'example/theirs:v1'}]}\n");
  world.start();
  BOOST_TEST(world.until(
      [&] { return kube::number_at(world.get(resources::rollouts, "web"), {"status", "collisionCount"}) == 1; }));
  BOOST_TEST(world.until([&] { return sets_of_rollout(world).pods == 3; }));
  BOOST_TEST(kube::text_at(world.get(resources::replica_sets, taken), {"spec", "selector", "matchLabels", "app"}) ==
             "theirs");
}

BOOST_AUTO_TEST_CASE(edge_62_a_crash_in_the_takeover_changes_nothing) {
  World world;
  world.apply(service() + workload("Deployment", "v1", 3) + rollout("Deployment", "progressively"));
  world.start();
  for (int life = 0; life < 6; ++life) {
    world.pass(seconds(2));
    world.kill();
    world.start();
  }
  BOOST_REQUIRE(settle(world));
  BOOST_TEST(world.until([&] { return replicas(world) == 0; }));
  BOOST_TEST(sets_of_rollout(world).all == 1);
  world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
