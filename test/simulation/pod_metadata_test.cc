// What the controller adds to pods: metadata of their role, anti-affinity; and pods that a restart replaces.
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string steps = "      steps: [{setWeight: 50}, {pause: {}}]\n";

// "canary", or "stable": what the label or annotation `key` of all pods of a version says; "mixed" when they differ.
std::string said_by_pods(const Story& story, const std::string& version, const std::string& map,
                         const std::string& key) {
  std::string all;
  for (const json::value& pod : story.world.list(resources::pods)) {
    if (kube::text_at(pod, {"metadata", "labels", "rollouts-pod-template-hash"}) != story.hash_of(version)) continue;
    const std::string one(kube::text_at(pod, {"metadata", map, key}));
    if (!all.empty() && all != one + ".") return "mixed";
    all = one + ".";
  }
  if (!all.empty()) all.pop_back();
  return all;
}

json::value set_of(const Story& story, const std::string& version) {
  for (const json::value& set : story.world.list(resources::replica_sets))
    if (kube::text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}) == story.hash_of(version)) return set;
  return nullptr;
}

const std::string roles =
    "      canaryMetadata: {labels: {role: canary}, annotations: {tier: new}}\n"
    "      stableMetadata: {labels: {role: stable}}\n";

BOOST_AUTO_TEST_SUITE(pod_metadata)

BOOST_AUTO_TEST_CASE(edge_61_pods_carry_their_role_and_lose_it_with_the_role) {
  Story story({4, routed_canary_with(steps + roles), ""});
  story.begin();
  BOOST_TEST(story.world.until([&] { return said_by_pods(story, "v1", "labels", "role") == "stable"; }));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(said_by_pods(story, "v2", "labels", "role") == "canary");
  BOOST_TEST(said_by_pods(story, "v2", "annotations", "tier") == "new");
  BOOST_TEST(said_by_pods(story, "v1", "labels", "role") == "stable");
  BOOST_TEST(
      kube::text_at(set_of(story, "v2"), {"metadata", "annotations", "rollout.argoproj.io/ephemeral-metadata"}) ==
      R"({"labels":{"role":"canary"},"annotations":{"tier":"new"}})");
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.world.until([&] {
    return said_by_pods(story, "v2", "labels", "role") == "stable" &&
           said_by_pods(story, "v2", "annotations", "tier") == "";
  }));
  story.world.come_to_rest();
  BOOST_TEST(story.revisions() == (std::vector<std::string>{"v1", "v2"}));
  BOOST_TEST(kube::find_at(set_of(story, "v1"),
                           {"metadata", "annotations", "rollout.argoproj.io/ephemeral-metadata"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(preview_and_active_pods_carry_their_role) {
  Story story({3,
               blue_green_with("      autoPromotionEnabled: false\n      previewMetadata: {labels: {role: preview}}\n"
                               "      activeMetadata: {labels: {role: active}}\n"),
               ""});
  story.begin();
  BOOST_TEST(story.world.until([&] { return said_by_pods(story, "v1", "labels", "role") == "active"; }));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(said_by_pods(story, "v2", "labels", "role") == "preview");
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.world.until([&] { return said_by_pods(story, "v2", "labels", "role") == "active"; }));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(ar_4944_all_pods_follow_although_the_process_dies_again_and_again) {
  Story story({6, routed_canary_with(steps + roles), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  for (int life = 0; life < 12; ++life) {
    story.world.pass(std::chrono::milliseconds(700));
    story.world.kill();
    story.world.start();
  }
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.world.until([&] { return said_by_pods(story, "v2", "labels", "role") == "stable"; }));
  BOOST_TEST(said_by_pods(story, "v2", "annotations", "tier") == "");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(defect_33_a_hidden_label_comes_back_and_nothing_stays_behind) {
  Plan plan{3, routed_canary_with(steps + "      canaryMetadata: {labels: {app-role: canary}}\n"), ""};
  Story story(plan);
  story.begin();
  // The template of v2 has a label of its own with that name.
  std::string yaml = story.yaml("v2");
  const std::string labels = "template:\n    metadata: {labels: {app: web}}";
  yaml = replaced(yaml, labels, "template:\n    metadata: {labels: {app: web, app-role: mine}}");
  story.world.apply(yaml);
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(said_by_pods(story, "v2", "labels", "app-role") == "canary");
  story.promote();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.world.until([&] { return said_by_pods(story, "v2", "labels", "app-role") == "mine"; }));
  story.world.come_to_rest();
  const json::value set = set_of(story, "v2");
  BOOST_TEST(kube::text_at(set, {"spec", "template", "metadata", "labels", "app-role"}) == "mine");
  for (const char* key : {"ephemeral-metadata", "ephemeral-metadata-pending", "ephemeral-metadata-shadowed"})
    BOOST_TEST(kube::text_at(set, {"metadata", "annotations", std::string("rollout.argoproj.io/") + key}) == "");
}

BOOST_AUTO_TEST_CASE(both_blocks_may_be_taken_out) {
  const Plan plain{4, routed_canary_with(steps), ""};
  Story story({4, routed_canary_with(steps + roles), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.change(plain);
  BOOST_TEST(story.world.until([&] {
    return said_by_pods(story, "v1", "labels", "role") == "" && said_by_pods(story, "v2", "labels", "role") == "";
  }));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(anti_affinity_keeps_new_pods_from_the_nodes_of_the_stable_ones) {
  for (const bool is_required : {true, false}) {
    const std::string list = is_required ? "requiredDuringSchedulingIgnoredDuringExecution"
                                         : "preferredDuringSchedulingIgnoredDuringExecution";
    Story story({2,
                 routed_canary_with(steps + "      antiAffinity: {" + list + ": " +
                                    (is_required ? "{}" : "{weight: 7}") + "}\n"),
                 ""});
    story.begin();
    story.release("v2");
    BOOST_REQUIRE(story.until("Paused"));
    const json::value set = set_of(story, "v2");
    const json::value* terms = kube::find_at(set, {"spec", "template", "spec", "affinity", "podAntiAffinity", list});
    BOOST_REQUIRE((terms && terms->is_array() && terms->get_array().size() == 1));
    const json::value& first = terms->get_array().front();
    const json::value* inner = is_required ? &first : kube::find_at(first, {"podAffinityTerm"});
    BOOST_TEST(kube::text_at(*inner, {"topologyKey"}) == "kubernetes.io/hostname");
    BOOST_TEST(kube::print_json(*kube::find_at(*inner, {"labelSelector", "matchExpressions"})) ==
               R"([{"key":"rollouts-pod-template-hash","operator":"In","values":[")" + story.hash_of("v1") + R"("]}])");
    if (!is_required) BOOST_TEST(kube::number_at(first, {"weight"}) == 7);
    story.promote();
    BOOST_REQUIRE(story.until_stable("v2"));
    BOOST_TEST(story.world.until(
        [&] { return kube::find_at(set_of(story, "v2"), {"spec", "template", "spec", "affinity"}) == nullptr; }));
    story.world.come_to_rest();
    BOOST_TEST(story.revisions() == (std::vector<std::string>{"v1", "v2"}));
  }
}

BOOST_AUTO_TEST_CASE(a_restart_reads_the_pods_once_for_each_round) {
  Story story({2, basic_canary_with(steps), ""});
  story.world.oracle().excuse("I1");
  story.world.oracle().excuse("I2");
  story.begin();
  story.world.pass(seconds(30));
  int lists = 0;
  story.world.acting().done = [&, before = story.world.acting().done](const kube::ApiRequest& request,
                                                                      const kube::ApiResponse& answer,
                                                                      std::uint64_t version) {
    if (before) before(request, answer, version);
    lists += request.method == "GET" && request.target.find("/pods") != std::string::npos;
  };
  story.spec(R"({"restartAt":")" + kube::format_time(story.world.clock().now()) + R"("})");
  BOOST_TEST(story.world.until([&] {
    const json::value rollout = story.world.get(resources::rollouts, "web");
    return kube::text_at(rollout, {"status", "restartedAt"}) == kube::text_at(rollout, {"spec", "restartAt"});
  }));
  BOOST_TEST(lists >= 3);
  BOOST_TEST(lists <= 5, lists << " lists for 2 pods");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_disruption_budget_holds_a_restart_back_and_is_named) {
  Story story({2, basic_canary_with(steps), ""});
  story.world.oracle().excuse("I1");
  story.world.oracle().excuse("I2");
  story.begin(
      "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
      "spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}\n");
  story.world.pass(seconds(30));
  story.spec(R"({"restartAt":")" + kube::format_time(story.world.clock().now()) + R"("})");
  story.world.pass(minutes(2));
  bool is_told = false;
  for (const auto& reason : story.world.controllers().rollouts().reasons_of({"default", "web"}))
    is_told |= reason.sentence.find("disruption budget") != std::string::npos;
  BOOST_TEST(is_told);
  BOOST_TEST(kube::text_at(story.world.get(resources::rollouts, "web"), {"status", "restartedAt"}) == "");
  story.world.patch({"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"}, "web",
                    R"({"spec":{"minAvailable":1}})");
  BOOST_TEST(story.world.until(
      [&] { return !kube::text_at(story.world.get(resources::rollouts, "web"), {"status", "restartedAt"}).empty(); }));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(defect_26_the_last_valid_spec_protects_what_it_began) {
  const Plan good{4, routed_canary_with(steps + "      analysis: {templates: [{templateName: watch}]}\n"), ""};
  Story story(good);
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("0.99"); };
  story.begin(prometheus_template("watch", 0));
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  // Nothing of the strategy is left: not even its Services and route can be read from this spec.
  Plan bad = good;
  bad.strategy = "    canary:\n      maxSurge: 0\n      maxUnavailable: 0\n      steps: [{setWeight: 900}]\n";
  story.change(bad);
  BOOST_REQUIRE(story.until("Degraded"));
  BOOST_TEST(story.weight() == 50);
  story.world.prometheus = [](const kube::HttpRequest&) { return prometheus_says("0.1"); };
  BOOST_TEST(story.until_weight(0));
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.size("v1") == 4);
  story.change(good);
  BOOST_TEST(story.world.until([&] { return story.message().starts_with("RolloutAborted"); }));
  story.world.check_requests();
}

BOOST_AUTO_TEST_CASE(the_scale_subresource_shows_what_serves) {
  Story story({4, routed_canary_with(steps), ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  story.world.patch(resources::rollouts, "web", R"({"spec":{"replicas":8}})", "scale");
  BOOST_TEST(story.until_size("v1", 8));
  BOOST_TEST(story.until_size("v2", 4));
  BOOST_TEST(story.weight() == 50);
  BOOST_TEST(story.step() == 1);
  BOOST_TEST(story.world.until([&] {
    const json::value rollout = story.world.get(resources::rollouts, "web");
    return kube::number_at(rollout, {"status", "HPAReplicas"}) == 12 &&
           kube::text_at(rollout, {"status", "selector"}) == "app=web";
  }));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(dynamic_stable_pods_follow_the_weight_with_requests_flowing) {
  Story story({6,
               routed_canary_with("      dynamicStableScale: true\n"
                                  "      steps: [{setWeight: 50}, {pause: {}}, {setWeight: 80}, {pause: {}}]\n"),
               ""});
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.until_size("v1", 3));
  story.promote();
  BOOST_TEST(story.until_size("v1", 2));
  BOOST_REQUIRE(story.until("Paused"));
  story.abort();
  BOOST_TEST(story.until_weight(0));
  BOOST_TEST(story.until_size("v2", 0));
  BOOST_TEST(story.size("v1") == 6);
  story.retry();
  BOOST_REQUIRE(story.until("Paused"));
  story.promote_full();
  BOOST_REQUIRE(story.until_stable("v2"));
  BOOST_TEST(story.until_size("v1", 0));
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
