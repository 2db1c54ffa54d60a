// Services that a Rollout has left select again what their user wrote.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::minutes;

bool is_free(const World& world, const std::string& name) {
  const json::value service = world.get(resources::services, name);
  return world.selected(name).empty() &&
         kube::text_at(service, {"metadata", "annotations", "argo-rollouts.argoproj.io/managed-by-rollouts"}).empty() &&
         kube::text_at(service, {"spec", "selector", "app"}) == "web";
}

BOOST_AUTO_TEST_SUITE(service_release)

BOOST_AUTO_TEST_CASE(a_deleted_rollout_gives_its_services_back) {
  Story story({3, blue_green_with(), ""});
  story.begin();
  story.world.stop_traffic();
  for (const char* invariant : {"I1", "I2", "I3"}) story.world.oracle().excuse(invariant);
  story.world.remove(resources::rollouts, "web");
  BOOST_TEST(
      story.world.until([&] { return is_free(story.world, "web-active") && is_free(story.world, "web-preview"); }));
}

BOOST_AUTO_TEST_CASE(edge_42_a_service_of_a_rollout_that_this_process_does_not_look_after_is_left_alone) {
  Story story({3, blue_green_with(), ""});
  story.begin();
  story.world.apply(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: other, labels: "
      "{argo-rollouts.argoproj.io/controller-instance-id: other}}\nspec:\n  selector: {matchLabels: {app: other}}\n"
      "  template: {metadata: {labels: {app: other}}, spec: {containers: [{name: a, image: 'example/web:v1'}]}}\n"
      "  strategy: {blueGreen: {activeService: other-active}}\n"
      "---\napiVersion: v1\nkind: Service\nmetadata: {name: other-active, annotations: "
      "{argo-rollouts.argoproj.io/managed-by-rollouts: other}}\n"
      "spec: {selector: {app: other, rollouts-pod-template-hash: abc}, ports: [{port: 80}]}\n");
  story.world.pass(minutes(2));
  BOOST_TEST(story.world.selected("other-active") == "abc");
}

BOOST_AUTO_TEST_CASE(defect_30_a_service_that_was_never_marked_is_given_back_once) {
  Story story({3, blue_green_with(), ""});
  story.begin();
  story.world.stop_traffic();
  for (const char* invariant : {"I1", "I2", "I3", "I9"}) story.world.oracle().excuse(invariant);
  story.world.kill();
  story.world.patch(resources::services, "web-active",
                    R"({"metadata":{"annotations":{"argo-rollouts.argoproj.io/managed-by-rollouts":null}}})");
  story.world.patch(resources::rollouts, "web", R"({"spec":{"paused":true}})");
  story.world.start();
  BOOST_TEST(story.world.until([&] { return story.world.is("web", "Paused"); }));
  story.world.remove(resources::rollouts, "web");
  BOOST_TEST(story.world.until([&] { return is_free(story.world, "web-active"); }));
}

BOOST_AUTO_TEST_CASE(a_service_that_left_the_spec_is_given_back) {
  Story story({3, blue_green_with(), ""});
  story.begin();
  Plan other = story.plan();
  other.strategy = "    blueGreen:\n      activeService: web-active\n";
  story.change(other);
  BOOST_TEST(story.world.until([&] { return is_free(story.world, "web-preview"); }));
  BOOST_TEST(story.active() == "v1");
  story.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
