// decide() on observations that are half-built, contradictory or wrong, and on long random stories.
#include "controller/decide.h"

#include <cstdlib>
#include <random>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "controller/keys.h"
#include "model_cluster.h"

namespace sluice::controller::test {
namespace {

ModelCluster paused_at_half() {
  ModelCluster cluster(routed_spec(10, {weight_step(50), pause_step()}));
  cluster.add_service("web-canary");
  cluster.add_service("web-stable");
  cluster.add_route("web");
  cluster.add_template("success");
  cluster.rest();
  cluster.set_now(at(100));
  cluster.set_image("v2");
  cluster.rest();
  cluster.log();
  cluster.events();
  return cluster;
}

BOOST_AUTO_TEST_SUITE(decide_)

BOOST_AUTO_TEST_CASE(a_rollout_that_is_being_deleted_is_left_alone) {
  RolloutObservation seen = paused_at_half().observe();
  auto rollout = std::make_shared<crds::Rollout>(*seen.rollout);
  rollout->meta.deletion_time = at(100);
  seen.rollout = rollout;
  const Decision decision = decide(seen, at(101));
  BOOST_TEST(decision.writes.empty());
  BOOST_TEST(!decision.status);
}

BOOST_AUTO_TEST_CASE(an_empty_observation_gets_an_answer) {
  RolloutObservation seen;
  seen.rollout = std::make_shared<const crds::Rollout>();
  const Decision decision = decide(seen, at(0));
  BOOST_TEST(decision.writes.empty());
  BOOST_TEST(decision.status->phase == "Degraded");
  BOOST_TEST(decide(RolloutObservation{}, at(0)).writes.empty());
}

BOOST_AUTO_TEST_CASE(edge_53_every_part_of_an_observation_may_be_missing) {
  const RolloutObservation whole = paused_at_half().observe();
  for (int part = 0; part < 6; ++part) {
    RolloutObservation seen = whole;
    if (part == 0) seen.replica_sets.clear();
    if (part == 1) seen.services.clear();
    if (part == 2) seen.routes.clear();
    if (part == 3) seen.replica_sets.resize(1);
    if (part == 4) seen.replica_sets.push_back(nullptr);
    if (part == 5) seen.analysis_runs.push_back(nullptr);
    const Decision decision = decide(seen, at(200));
    for (const Write& write : decision.writes)
      BOOST_TEST(!std::holds_alternative<DeleteReplicaSet>(write.effect), "part " << part);
  }
}

BOOST_AUTO_TEST_CASE(defect_27_all_mistakes_are_told_at_once_and_nothing_is_made) {
  ModelCluster cluster(routed_spec(10, {weight_step(50)}));
  RolloutObservation seen = cluster.observe();
  seen.mistakes = {{"spec.replicas", "Invalid value: -1: must be greater than or equal to 0"},
                   {"spec.selector", "empty"}};
  const Decision decision = decide(seen, at(0));
  BOOST_TEST(decision.writes.empty());
  BOOST_TEST(
      decision.status->message ==
      "InvalidSpec: The Rollout \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal "
      "to 0; spec.selector: empty; "
      "spec.strategy.canary.stableService: Invalid value: \"web-stable\": service \"web-stable\" not found; "
      "spec.strategy.canary.canaryService: Invalid value: \"web-canary\": service \"web-canary\" not found");
  BOOST_TEST(decision.status->observed_generation == std::to_string(seen.rollout->meta.generation));
  BOOST_TEST(decision.reasons.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_missing_service_is_named_by_its_field) {
  ModelCluster cluster(blue_green_spec(3));
  cluster.add_service("web-active");
  const Decision decision = cluster.look();
  BOOST_TEST(decision.status->message ==
             "InvalidSpec: The Rollout \"web\" is invalid: spec.strategy.blueGreen.previewService: Invalid value: "
             "\"web-preview\": service \"web-preview\" not found");
  cluster.rest();
  cluster.add_service("web-preview");
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
}

BOOST_AUTO_TEST_CASE(defect_26_a_mistake_in_mid_update_stops_it_but_not_its_protection) {
  ModelCluster cluster = paused_at_half();
  cluster.edit([](crds::RolloutSpec& spec) { spec.strategy.canary->analysis.obtain().analysis = analysis_of("gone"); });
  cluster.promote();
  cluster.rest();
  BOOST_TEST(cluster.status().phase == "Degraded");
  BOOST_TEST(cluster.weight() == 50);
  BOOST_TEST(cluster.status().stable_rs == cluster.hash("v1"));
  cluster.abort();
  cluster.rest();
  BOOST_TEST(cluster.weight() == 0);
  cluster.edit([](crds::RolloutSpec& spec) { spec.strategy.canary->analysis.reset(); });
  cluster.retry();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Paused: CanaryPauseStep");
}

BOOST_AUTO_TEST_CASE(a_wrong_new_template_leaves_the_running_update_where_it_is) {
  ModelCluster cluster = paused_at_half();
  cluster.set_image("v3");
  RolloutObservation seen = cluster.observe();
  seen.mistakes = {{"spec.template", "wrong"}};
  const Decision decision = decide(seen, at(200));
  BOOST_TEST(decision.writes.empty());
  BOOST_TEST(decision.status->current_pod_hash == cluster.hash("v2"));
  BOOST_TEST(*decision.status->current_step_index == 1);
}

BOOST_AUTO_TEST_CASE(a_service_of_another_rollout_is_never_touched) {
  ModelCluster cluster(blue_green_spec(3));
  cluster.add_service("web-active");
  cluster.add_service("web-preview");
  RolloutObservation seen = cluster.observe();
  for (ObservedService& service : seen.services) {
    auto other = std::make_shared<crds::Service>(*service.service);
    other->meta.annotations.set(keys::managed_by, "shop");
    service.service = other;
  }
  const Decision decision = decide(seen, at(0));
  BOOST_TEST(decision.writes.empty());
  BOOST_TEST(decision.status->message.find("Service \"web-active\" is managed by another Rollout") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(edge_04_a_name_that_is_taken_counts_as_a_collision) {
  ModelCluster cluster(canary_spec(3, {}));
  RolloutObservation seen = cluster.observe();
  auto foreign = std::make_shared<crds::ReplicaSet>();
  foreign->meta.name = new_replica_set_name(*seen.rollout);
  foreign->meta.owners = {{"apps/v1", "Deployment", "web", "other-uid", true, true}};
  seen.replica_sets.push_back(foreign);
  Decision decision = decide(seen, at(0));
  BOOST_TEST(decision.writes.empty());
  BOOST_REQUIRE(decision.status);
  BOOST_TEST(*decision.status->collision_count == 1);
  auto rollout = std::make_shared<crds::Rollout>(*seen.rollout);
  rollout->status = *decision.status;
  seen.rollout = rollout;
  decision = decide(seen, at(0));
  BOOST_REQUIRE(!decision.writes.empty());
  BOOST_TEST(std::get<CreateReplicaSet>(decision.writes.front().effect).name != foreign->meta.name);
}

BOOST_AUTO_TEST_CASE(an_orphan_is_adopted_before_anything_else) {
  ModelCluster cluster = paused_at_half();
  RolloutObservation seen = cluster.observe();
  auto orphan = std::make_shared<crds::ReplicaSet>(*seen.replica_sets.front());
  orphan->meta.owners.clear();
  seen.replica_sets.front() = orphan;
  const Decision decision = decide(seen, at(200));
  BOOST_REQUIRE(decision.writes.size() == 1U);
  BOOST_TEST(std::get<AdoptReplicaSet>(decision.writes.front().effect).name == orphan->meta.name);
}

BOOST_AUTO_TEST_CASE(edge_01_a_set_found_by_its_meaning_keeps_its_own_hash) {
  ModelCluster cluster = paused_at_half();
  RolloutObservation seen = cluster.observe();
  for (auto& pointer : seen.replica_sets) {
    auto set = std::make_shared<crds::ReplicaSet>(*pointer);
    if (set->meta.name == "web-" + cluster.hash("v2")) set->meta.labels.set(keys::hash_label, "elsewhere");
    pointer = set;
  }
  auto rollout = std::make_shared<crds::Rollout>(*seen.rollout);
  rollout->status.current_pod_hash = "elsewhere";
  seen.rollout = rollout;
  for (ObservedService& service : seen.services)
    if (service.name == "web-canary") {
      auto changed = std::make_shared<crds::Service>(*service.service);
      changed->spec.selector.set(keys::hash_label, "elsewhere");
      service.service = changed;
    }
  BOOST_TEST(decide(seen, at(200)).writes.empty());
}

BOOST_AUTO_TEST_CASE(a_deleted_set_comes_back_without_a_new_attempt) {
  ModelCluster cluster = paused_at_half();
  cluster.delete_set("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=5");
  BOOST_TEST(*cluster.status().current_step_index == 1);
  cluster.abort();
  cluster.pass(120);
  cluster.delete_set("v2");
  cluster.rest();
  BOOST_TEST(cluster.sizes() == "v1=10 v2=0");
  BOOST_TEST(cluster.status().abort);
  cluster.delete_set("v1");
  cluster.rest();
  BOOST_TEST(cluster.status().abort);
}

BOOST_AUTO_TEST_CASE(full_promotion_overrules_an_abort) {
  ModelCluster cluster = paused_at_half();
  cluster.abort();
  cluster.pass(120);
  cluster.promote_full();
  cluster.rest();
  BOOST_TEST(cluster.phase() == "Healthy: ");
  BOOST_TEST(cluster.selected("web-stable") == "v2");
}

BOOST_AUTO_TEST_CASE(no_replicas_at_all_still_comes_to_an_end) {
  for (const bool is_routed : {true, false}) {
    ModelCluster cluster(is_routed ? routed_spec(0, {weight_step(50)}) : blue_green_spec(0));
    for (const char* name : {"web-canary", "web-stable", "web-active", "web-preview"}) cluster.add_service(name);
    if (is_routed) cluster.add_route("web");
    cluster.rest();
    cluster.set_now(at(100));
    cluster.set_image("v2");
    cluster.pass(60);
    BOOST_TEST(cluster.phase() == "Healthy: ");
    BOOST_TEST(cluster.status().stable_rs == cluster.hash("v2"));
  }
}

BOOST_AUTO_TEST_CASE(counters_alone_may_wait_and_everything_else_may_not) {
  ModelCluster cluster = paused_at_half();
  cluster.limit_ready("v2", 4);
  cluster.become_ready();
  Decision decision = cluster.look();
  BOOST_REQUIRE(decision.status);
  BOOST_TEST((decision.status_may_wait > Duration{0}));
  cluster.promote();
  decision = cluster.look();
  BOOST_REQUIRE(decision.status);
  BOOST_TEST((decision.status_may_wait == Duration{0}));
}

BOOST_AUTO_TEST_SUITE_END()

// One user and one cluster, both in a bad mood; deterministic for a seed.
class Story {
 public:
  Story(crds::RolloutSpec spec, unsigned seed) : cluster_(std::move(spec)), random_(seed) {
    for (const char* name : {"web-canary", "web-stable", "web-active", "web-preview"}) cluster_.add_service(name);
    if (cluster_.observe().rollout->spec->strategy.canary &&
        cluster_.observe().rollout->spec->strategy.canary->traffic_routing)
      cluster_.add_route("web");
    cluster_.add_template("success");
    cluster_.endpoints_are_watched = seed % 2 == 0;
    cluster_.edit([&](crds::RolloutSpec& edited) {
      edited.progress_deadline_seconds = 120;
      edited.progress_deadline_abort = seed % 4 == 1;
      if (auto& canary = edited.strategy.canary) {
        if (seed % 5 == 1) canary->abort_scale_down_delay_seconds = 0;
        if (seed % 5 == 2 && canary->traffic_routing) canary->scale_down_delay_seconds = 0;
      }
      if (auto& blue_green = edited.strategy.blue_green) {
        if (seed % 5 == 1) blue_green->abort_scale_down_delay_seconds = 0;
        if (seed % 5 == 2) blue_green->scale_down_delay_seconds = 0;
        if (seed % 5 == 3) blue_green->auto_promotion_seconds = 15;
      }
    });
    cluster_.rest();
  }

  void play(int scenes) {
    for (int scene = 0; scene < scenes; ++scene) {
      act();
      for (int turn = pick(6); turn > 0; --turn) decide_and_die();
      cluster_.set_now(cluster_.now() + std::chrono::seconds(pick(30)));
    }
  }

  // Faults stop, all pods start, and nobody does anything any more.
  void calm_down() {
    for (const char* version : {"v1", "v2", "v3"}) cluster_.limit_ready(version, 1000);
    cluster_.routes_are_accepted_at_once = true;
    cluster_.edit([](crds::RolloutSpec& spec) { spec.paused = false; });
    for (int turn = 0; turn < 20; ++turn) {
      cluster_.pass(1000);
      for (const std::string& run : cluster_.unfinished_runs()) cluster_.finish_run(run, "Successful");
    }
    const std::string phase = cluster_.status().phase.text();
    const bool has_aborted = phase == "Degraded" && cluster_.status().abort;
    if (phase != "Healthy" && phase != "Paused" && !has_aborted)
      BOOST_ERROR("ends in " << cluster_.phase() << " with " << cluster_.sizes() << ": " << cluster_.history());
    BOOST_TEST(cluster_.look().writes.empty());
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string any_version() { return fmt::format("v{}", 1 + pick(3)); }

  void act() {
    switch (pick(13)) {
      case 0:
      case 1:
        return cluster_.set_image(any_version());
      case 2:
        return cluster_.abort();
      case 3:
        return cluster_.retry();
      case 4:
      case 5:
        return cluster_.promote();
      case 6:
        return pick(4) == 0 ? cluster_.promote_full() : cluster_.promote();
      case 7:
        return cluster_.limit_ready(any_version(), pick(8));
      case 8:
        return cluster_.limit_ready(any_version(), 1000);
      case 9: {
        const int replicas = 1 + pick(7);
        return cluster_.edit([&](crds::RolloutSpec& spec) { spec.replicas = replicas; });
      }
      case 10:
        return cluster_.edit([](crds::RolloutSpec& spec) { spec.paused = !spec.paused; });
      case 11: {
        const char* phases[] = {"Successful", "Successful", "Failed", "Error", "Inconclusive"};
        for (const std::string& run : cluster_.unfinished_runs()) cluster_.finish_run(run, phases[pick(5)]);
        return;
      }
      default:
        cluster_.routes_are_accepted_at_once = !cluster_.routes_are_accepted_at_once;
        cluster_.did(cluster_.routes_are_accepted_at_once ? "routes are taken" : "routes are not taken");
    }
  }

  void decide_and_die() {
    if (pick(3) != 0) cluster_.become_ready_or_not();
    const Decision decision = cluster_.look();
    cluster_.apply_partly(decision, static_cast<std::size_t>(pick(static_cast<int>(decision.writes.size()) + 2)));
  }

  ModelCluster cluster_;
  std::mt19937 random_;
};

crds::RolloutSpec with_analysis(crds::RolloutSpec spec) {
  spec.strategy.canary->analysis.obtain().analysis = analysis_of("success");
  return spec;
}

// SLUICE_STORIES asks for more of them.
unsigned stories() {
  const char* asked = std::getenv("SLUICE_STORIES");
  return asked ? static_cast<unsigned>(std::atoi(asked)) : 30;
}

BOOST_AUTO_TEST_SUITE(random_stories)

BOOST_AUTO_TEST_CASE(basic_canaries_end_well) {
  for (unsigned seed = 0; seed < stories(); ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Story story(with_analysis(canary_spec(5, {weight_step(20), pause_step(), weight_step(60), pause_step(10)})),
                  seed);
      story.play(40);
      story.calm_down();
    }
  }
}

BOOST_AUTO_TEST_CASE(routed_canaries_end_well) {
  for (unsigned seed = 0; seed < stories(); ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Story story(routed_spec(5, {weight_step(20), pause_step(), weight_step(60), analysis_step("success"),
                                  weight_step(40), pause_step(10)}),
                  seed);
      story.play(40);
      story.calm_down();
    }
  }
}

BOOST_AUTO_TEST_CASE(blue_green_updates_end_well) {
  for (unsigned seed = 0; seed < stories(); ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      crds::RolloutSpec spec = blue_green_spec(5);
      spec.strategy.blue_green->auto_promotion_enabled = seed % 2 == 0;
      spec.strategy.blue_green->pre_promotion_analysis = analysis_of("success");
      spec.strategy.blue_green->post_promotion_analysis = analysis_of("success");
      if (seed % 3 == 0) spec.strategy.blue_green->preview_replica_count = 1;
      Story story(spec, seed);
      story.play(40);
      story.calm_down();
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
