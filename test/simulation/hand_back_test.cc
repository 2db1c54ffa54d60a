// Handing back (scenario tko-02): wherever Sluice stops, the objects obey the field rules that the reference reads by.
#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/time.h"
#include "story.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using kube::find_at;
using kube::number_at;
using kube::text_at;
using Words = std::set<std::string, std::less<>>;

bool is_true(const json::value& object, std::initializer_list<std::string_view> path) {
  const json::value* value = find_at(object, path);
  return value && value->is_bool() && value->get_bool();
}

bool is_count(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Collects what the reference would not accept.
class Reader {
 public:
  explicit Reader(const World& world) : rollout_(world.get(resources::rollouts, "web")) {
    for (const json::value& set : world.list(resources::replica_sets)) read_set(set);
    read_hashes();
    read_step();
    read_pause();
    read_phase();
    read_conditions();
    for (const json::value& service : world.list(resources::services)) read_service(service);
  }
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void demand(bool holds, const std::string& rule) {
    if (!holds) faults_.push_back(rule);
  }
  std::string status(std::string_view field) const { return std::string(text_at(rollout_, {"status", field})); }

  void read_set(const json::value& set) {
    const std::string name(text_at(set, {"metadata", "name"}));
    const std::string hash(text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}));
    hashes_.insert(hash);
    demand(name == "web-" + hash, name + " is not named after its hash");
    demand(text_at(set, {"spec", "selector", "matchLabels", "rollouts-pod-template-hash"}) == hash,
           name + " does not select by its hash");
    demand(text_at(set, {"spec", "template", "metadata", "labels", "rollouts-pod-template-hash"}) == hash,
           name + ": its pods do not carry its hash");
    const auto annotation = [&](std::string_view key) { return text_at(set, {"metadata", "annotations", key}); };
    demand(is_count(annotation("rollout.argoproj.io/revision")), name + " has no revision");
    demand(is_count(annotation("rollout.argoproj.io/desired-replicas")), name + " has no desired-replicas");
    const std::string_view deadline = annotation("scale-down-deadline");
    demand(deadline.empty() || kube::parse_time(deadline).has_value(), name + ": a deadline that is no time");
    const json::value* owners = find_at(set, {"metadata", "ownerReferences"});
    demand(owners && owners->as_array().size() == 1 && text_at(owners->as_array()[0], {"kind"}) == "Rollout" &&
               text_at(owners->as_array()[0], {"uid"}) == text_at(rollout_, {"metadata", "uid"}),
           name + " is not controlled by the Rollout");
  }

  void read_hashes() {
    demand(status("observedGeneration") == std::to_string(number_at(rollout_, {"metadata", "generation"})),
           "observedGeneration is not the generation as a text");
    demand(hashes_.contains(status("currentPodHash")), "currentPodHash names no set");
    demand(status("stableRS").empty() || hashes_.contains(status("stableRS")), "stableRS names no set");
    demand(is_count(text_at(rollout_, {"metadata", "annotations", "rollout.argoproj.io/revision"})),
           "the Rollout has no revision");
    for (const char* field : {"replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "HPAReplicas"}) {
      const json::value* count = find_at(rollout_, {"status", field});
      demand(!count || (count->is_int64() && count->get_int64() >= 0), std::string(field) + " is no count");
    }
    demand(!status("selector").empty(), "there is no selector for the scale subresource");
  }

  void read_step() {
    const json::value* steps = find_at(rollout_, {"spec", "strategy", "canary", "steps"});
    const json::value* index = find_at(rollout_, {"status", "currentStepIndex"});
    demand((steps != nullptr) == (index != nullptr), "currentStepIndex is there exactly when there are steps");
    if (!steps || !index) return;
    demand(index->is_int64() && index->get_int64() >= 0 &&
               index->get_int64() <= static_cast<std::int64_t>(steps->as_array().size()),
           "currentStepIndex is outside of the steps");
    demand(!status("currentStepHash").empty(), "currentStepHash is missing");
    const bool is_promoted = status("stableRS") == status("currentPodHash");
    demand(!is_promoted || index->to_number<std::size_t>() == steps->as_array().size(),
           "a promoted Rollout is not behind its last step");
  }

  void read_pause() {
    static const Words reasons{"CanaryPauseStep", "BlueGreenPause", "InconclusiveAnalysisRun",
                               "InconclusiveExperiment"};
    const json::value* pauses = find_at(rollout_, {"status", "pauseConditions"});
    const bool is_paused = pauses && pauses->is_array() && !pauses->get_array().empty();
    for (const json::value& pause : is_paused ? pauses->get_array() : json::array()) {
      demand(reasons.contains(text_at(pause, {"reason"})), "a pause for no known reason");
      demand(kube::parse_time(text_at(pause, {"startTime"})).has_value(), "a pause that began at no time");
    }
    demand(!is_paused || is_true(rollout_, {"status", "controllerPause"}), "a pause without controllerPause");
    const bool is_aborted = is_true(rollout_, {"status", "abort"});
    demand(!is_aborted || !is_paused, "aborted and paused");
    demand(is_aborted == kube::parse_time(status("abortedAt")).has_value(), "abortedAt goes with abort");
  }

  void read_phase() {
    static const Words phases{"Healthy", "Degraded", "Progressing", "Paused"};
    demand(phases.contains(status("phase")), "the phase " + status("phase") + " is unknown");
  }

  void read_conditions() {
    // The reference drops types that it does not know and reads the reasons of those that it does.
    static const std::map<std::string, Words, std::less<>> known{
        {"InvalidSpec", {"InvalidSpec"}},
        {"Progressing",
         {"NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetCreateError", "RolloutPaused", "RolloutResumed",
          "RolloutRetry", "ReplicaSetUpdated", "ReplicaSetNotAvailable", "NewReplicaSetAvailable",
          "ProgressDeadlineExceeded", "RolloutAborted"}},
        {"Paused", {"RolloutPaused"}},
        {"Available", {"AvailableReason"}},
        {"Healthy", {"RolloutHealthy"}},
        {"Completed", {"RolloutCompleted"}}};
    Words seen;
    const json::value* conditions = find_at(rollout_, {"status", "conditions"});
    for (const json::value& condition : conditions ? conditions->as_array() : json::array()) {
      const std::string type(text_at(condition, {"type"}));
      demand(seen.insert(type).second, type + " stands twice");
      for (const char* time : {"lastUpdateTime", "lastTransitionTime"})
        demand(kube::parse_time(text_at(condition, {time})).has_value(), type + " has no " + time);
      const std::string_view reason = text_at(condition, {"reason"});
      if (const auto found = known.find(type); found != known.end())
        demand(found->second.contains(reason), fmt::format("{} for the unknown reason {}", type, reason));
      // These make a Rollout Degraded there, whatever condition they stand in.
      else
        demand(reason != "RolloutAborted" && reason != "ProgressDeadlineExceeded", type + " means Degraded there");
    }
    for (const char* type : {"Progressing", "Available", "Completed"})
      demand(seen.contains(type), std::string("there is no condition ") + type);
  }

  void read_service(const json::value& service) {
    const std::string name(text_at(service, {"metadata", "name"}));
    const std::string hash(text_at(service, {"spec", "selector", "rollouts-pod-template-hash"}));
    const std::string_view owner =
        text_at(service, {"metadata", "annotations", "argo-rollouts.argoproj.io/managed-by-rollouts"});
    demand(hash.empty() || hashes_.contains(hash), name + " selects a set that there is not");
    demand(hash.empty() || owner == "web", name + " is not marked as managed by the Rollout");
    if (name == "web-active")
      demand(text_at(rollout_, {"status", "blueGreen", "activeSelector"}) == hash, "activeSelector is another");
    if (name == "web-preview")
      demand(text_at(rollout_, {"status", "blueGreen", "previewSelector"}) == hash, "previewSelector is another");
    const bool is_weighted = find_at(rollout_, {"status", "canary", "weights"}) != nullptr;
    for (const auto& [side, service_name] : {std::pair{"canary", "web-canary"}, std::pair{"stable", "web-stable"}})
      if (name == service_name && is_weighted) {
        demand(text_at(rollout_, {"status", "canary", "weights", side, "serviceName"}) == name,
               std::string(side) + ": the weight names another Service");
        const std::string weighted(text_at(rollout_, {"status", "canary", "weights", side, "podTemplateHash"}));
        demand(weighted.empty() || hashes_.contains(weighted), std::string(side) + ": the weight names no set");
      }
  }

  json::value rollout_;
  Words hashes_;
  std::vector<std::string> faults_;
};

// Sluice stops here; what it leaves is read, and it goes on.
void stop_and_read(Story& story, const std::string& where) {
  story.world.kill();
  for (const std::string& fault : Reader(story.world).faults()) BOOST_ERROR(fmt::format("{}: {}", where, fault));
  story.world.start();
}

void at_every_step(Plan plan, const std::string& kind, int steps) {
  Story story(std::move(plan));
  story.begin();
  stop_and_read(story, kind + ", healthy");
  story.release("v2");
  for (int step = 0; step < steps; ++step) {
    BOOST_REQUIRE(story.until_step(step));
    stop_and_read(story, fmt::format("{}, step {}", kind, step));
    if (step % 2 == 0) continue;
    BOOST_REQUIRE(story.until("Paused"));
    stop_and_read(story, fmt::format("{}, paused at step {}", kind, step));
    if (step == 1) {
      story.abort();
      BOOST_REQUIRE(story.until("Degraded"));
      stop_and_read(story, kind + ", aborted");
      story.retry();
      BOOST_REQUIRE(story.until("Paused"));
      stop_and_read(story, kind + ", retried");
    }
    story.promote();
  }
  BOOST_TEST(story.until_stable("v2"));
  BOOST_REQUIRE(story.until("Healthy"));
  stop_and_read(story, kind + ", promoted");
}

const std::string steps = "      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n";

BOOST_AUTO_TEST_SUITE(hand_back)

BOOST_AUTO_TEST_CASE(tko_02_the_reference_can_read_what_is_left_at_every_step) {
  at_every_step({10, basic_canary_with(steps), ""}, "basic", 4);
  at_every_step({10, routed_canary_with(steps), ""}, "routed", 4);
  at_every_step({10, routed_canary_with("      dynamicStableScale: true\n" + steps), ""}, "dynamic", 4);
}

BOOST_AUTO_TEST_CASE(tko_02_the_reference_can_read_what_is_left_of_a_blue_green_update) {
  Story story({4, blue_green_with("      autoPromotionEnabled: false\n"), ""});
  story.begin();
  stop_and_read(story, "healthy");
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  stop_and_read(story, "paused");
  story.abort();
  BOOST_REQUIRE(story.until("Degraded"));
  stop_and_read(story, "aborted");
  story.retry();
  BOOST_REQUIRE(story.until("Paused"));
  story.promote();
  BOOST_TEST(story.until_stable("v2"));
  BOOST_REQUIRE(story.until("Healthy"));
  stop_and_read(story, "promoted");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
