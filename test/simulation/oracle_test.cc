// The oracle itself: it hears what a wrong controller would do. Each test is given a settled or paused update and does
// one wrong thing in the controller's name.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;

// Changes an object as the controllers would.
void as_controller(Story& story, const kube::Resource& resource, const std::string& name, const std::string& body,
                   const std::string& subresource = "") {
  kube::ApiRequest request{"PATCH", resource.object_path({"default", name}, subresource),
                           "application/merge-patch+json", body};
  const std::uint64_t before = story.world.api().version();
  Acting& acting = story.world.acting();
  acting.request = &request;
  const kube::ApiResponse answer = story.world.api().handle(request, "sluice");
  acting.request = nullptr;
  acting.done(request, answer, before);
  BOOST_REQUIRE_MESSAGE(answer.status < 300, answer.body);
}

bool violates(Story& story, const std::string& invariant) {
  return story.world.oracle().violated().contains(invariant);
}

// A routed canary that stands at 20 %, with the controller stopped.
struct Paused : Story {
  Paused()
      : Story({4, routed_canary_with("      steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n"),
               ""}) {
    begin();
    release("v2");
    BOOST_REQUIRE(until("Paused"));
    world.kill();
    world.oracle().be_quiet();
  }
  std::string set(const std::string& version) const { return "web-" + hash_of(version); }
  void set_weights(int stable, int canary) {
    as_controller(*this, resources::http_routes, "web",
                  R"({"spec":{"rules":[{"backendRefs":[{"name":"web-stable","port":80,"weight":)" +
                      std::to_string(stable) + R"(},{"name":"web-canary","port":80,"weight":)" +
                      std::to_string(canary) + "}]}]}}");
  }
};

BOOST_AUTO_TEST_SUITE(oracle)

BOOST_AUTO_TEST_CASE(i1_and_i2_see_pods_taken_away_from_those_who_get_requests) {
  Paused canary;
  as_controller(canary, resources::replica_sets, canary.set("v2"), R"({"spec":{"replicas":0}})");
  canary.world.pass(std::chrono::seconds(40));
  BOOST_TEST(violates(canary, "I1"));
  Paused stable;
  as_controller(stable, resources::replica_sets, stable.set("v1"), R"({"spec":{"replicas":2}})");
  stable.world.pass(std::chrono::seconds(40));
  BOOST_TEST(violates(stable, "I2"));
  BOOST_TEST(!violates(stable, "I1"));
}

BOOST_AUTO_TEST_CASE(i3_sees_an_active_service_that_selects_nobody) {
  Story story({2, blue_green_with("      autoPromotionEnabled: false\n"), ""});
  story.begin();
  story.release("does-not-exist");
  story.world.pass(std::chrono::seconds(20));
  story.world.oracle().be_quiet();
  BOOST_TEST(!violates(story, "I3"));
  as_controller(story, resources::services, "web-active",
                R"({"spec":{"selector":{"rollouts-pod-template-hash":")" + story.hash_of("does-not-exist") + R"("}}})");
  BOOST_TEST(violates(story, "I3"));
}

BOOST_AUTO_TEST_CASE(i4_sees_a_weight_that_no_step_allows) {
  Paused story;
  story.set_weights(50, 50);
  BOOST_TEST(violates(story, "I4"));
}

BOOST_AUTO_TEST_CASE(i4_sees_an_abort_that_raises_the_weight) {
  Paused story;
  story.abort();
  story.set_weights(74, 26);
  BOOST_TEST(violates(story, "I4"));
}

BOOST_AUTO_TEST_CASE(i5_sees_a_promotion_without_its_analysis) {
  Story story({2, blue_green_with("      prePromotionAnalysis: {templates: [{templateName: slow}]}\n"), ""});
  story.begin(job_template("slow", "sleep 600"));
  story.release("v2");
  story.world.pass(std::chrono::seconds(30));
  story.world.kill();
  story.world.oracle().be_quiet();
  as_controller(story, resources::rollouts, "web", R"({"status":{"stableRS":")" + story.hash_of("v2") + R"("}})",
                "status");
  BOOST_TEST(violates(story, "I5"));
}

BOOST_AUTO_TEST_CASE(i6_sees_a_step_passed_too_early) {
  Paused story;
  as_controller(story, resources::rollouts, "web", R"({"status":{"currentStepIndex":2}})", "status");
  BOOST_TEST(violates(story, "I6"));
}

BOOST_AUTO_TEST_CASE(i7_sees_an_aborted_set_that_grows) {
  Paused story;
  story.abort();
  as_controller(story, resources::replica_sets, story.set("v2"), R"({"spec":{"replicas":2}})");
  BOOST_TEST(violates(story, "I7"));
}

BOOST_AUTO_TEST_CASE(i8_sees_motion_while_a_person_pauses) {
  Paused story;
  story.pause();
  story.promote();
  story.world.pass(std::chrono::seconds(1));
  BOOST_TEST(!violates(story, "I8"));
  as_controller(story, resources::rollouts, "web", R"({"status":{"currentStepIndex":2}})", "status");
  BOOST_TEST(violates(story, "I8"));
}

BOOST_AUTO_TEST_CASE(i9_sees_needless_writes_and_states_that_alternate) {
  Paused needless;
  as_controller(needless, resources::rollouts, "web", R"({"status":{"currentStepIndex":1}})", "status");
  BOOST_TEST(violates(needless, "I9 (needless)"));
  Paused alternating;
  for (const int weight : {24, 25}) alternating.set_weights(100 - weight, weight);
  BOOST_TEST(!violates(alternating, "I9"));
  alternating.set_weights(76, 24);
  BOOST_TEST(violates(alternating, "I9"));
}

BOOST_AUTO_TEST_CASE(i10_sees_the_deletion_of_what_is_not_ours) {
  Paused story;
  story.world.apply(
      "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: other}\nspec:\n  replicas: 0\n"
      "  selector: {matchLabels: {app: other}}\n  template:\n    metadata: {labels: {app: other}}\n"
      "    spec: {containers: [{name: main, image: 'example/other:v1'}]}\n");
  kube::ApiRequest request{"DELETE", resources::replica_sets.object_path({"default", "other"})};
  story.world.acting().request = &request;
  story.world.api().handle(request, "sluice");
  story.world.acting().request = nullptr;
  BOOST_TEST(violates(story, "I10"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
