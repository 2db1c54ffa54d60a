// Nothing moves forward that may not: I4 to I8.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "oracle.h"

namespace sluice::simulation {
namespace {

// A share that became too large by a person's act (abort, a new version) has left by then, also when an abort waits
// for the last stable pods.
constexpr kube::Duration time_to_leave = std::chrono::minutes(2);

int index_of(const crds::Rollout& rollout) { return rollout.status.current_step_index.value_or(0); }

const crds::CanaryStrategy* canary_of(const crds::Rollout& rollout) {
  return rollout.spec->strategy.canary ? &*rollout.spec->strategy.canary : nullptr;
}

bool is_promoted(const crds::Rollout& rollout) {
  return rollout.status.stable_rs == rollout.status.current_pod_hash && !rollout.status.stable_rs.empty();
}

// An update is under way that has to follow the strategy.
bool is_update(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  return !status.stable_rs.empty() && !is_promoted(rollout) && !status.promote_full;
}

kube::Duration duration_of(const crds::PauseStep& step) {
  const std::string text = step.duration ? step.duration->text() : "0";
  const int number = std::stoi(text);
  if (text.ends_with("ms")) return std::chrono::milliseconds(number);
  if (text.ends_with("m")) return std::chrono::minutes(number);
  if (text.ends_with("h")) return std::chrono::hours(number);
  return std::chrono::seconds(number);
}

}  // namespace

int weight_of_step(const crds::CanarySteps& steps, int index) {
  if (index >= static_cast<int>(steps.size())) return 100;
  for (int at = index; at >= 0; --at)
    if (steps[static_cast<std::size_t>(at)].set_weight) return *steps[static_cast<std::size_t>(at)].set_weight;
  return 0;
}

// Decisions that were taken in the same instant as the pause was set could not know of it.
bool Oracle::is_halted(const crds::Rollout& rollout) const {
  const auto at = memory_.find(rollout.meta.key());
  return at != memory_.end() && at->second.paused_since && *at->second.paused_since < clock_.now();
}

int Oracle::allowed_share(const crds::Rollout& rollout) const {
  const crds::RolloutStatus& status = rollout.status;
  if (is_promoted(rollout) || status.promote_full || status.stable_rs.empty()) return 100;
  if (status.abort) return 0;
  if (is_way_back(rollout, status.current_pod_hash)) return 100;
  return weight_of_step(canary_of(rollout)->steps, index_of(rollout));
}

// A revision that is older than the stable one comes back: the user asked for it by rollbackWindow, or it still runs
// because its scale-down delay is not over. Its gates are not asked again (spec/rollout.md §4 and §5.6).
bool Oracle::is_way_back(const crds::Rollout& rollout, const std::string& hash) const {
  const SetView* target = view_.set_with(rollout, hash);
  const SetView* stable = view_.set_with(rollout, rollout.status.stable_rs);
  if (!target || !stable || target->created >= stable->created) return false;
  if (rollout.spec->rollback_window) return true;
  const auto memory = memory_.find(rollout.meta.key());
  if (!rollout.spec->strategy.blue_green || memory == memory_.end()) return false;
  const auto size = memory->second.sizes_before.find(hash);
  return size != memory->second.sizes_before.end() && size->second > 0;
}

void Oracle::check_rollout_write(const crds::Rollout& before, const crds::Rollout& after) {
  const crds::RolloutStatus& was = before.status;
  const crds::RolloutStatus& is = after.status;
  if (is.stable_rs != was.stable_rs && !was.stable_rs.empty()) {
    check_promotion(before, after);
    if (is_halted(after)) fail("I8", after.meta.key().text(), "promoted although spec.paused is true");
  }
  if (is.current_pod_hash == was.current_pod_hash && index_of(after) != index_of(before)) check_step(before, after);
}

bool Oracle::is_run_successful(const crds::Rollout& rollout, const std::string& type, int step) const {
  const auto memory = memory_.find(rollout.meta.key());
  const kube::Time since = memory == memory_.end() ? kube::Time{} : memory->second.attempt_since;
  for (const RunView* run : view_.runs_of(rollout))
    if (run->hash == rollout.status.current_pod_hash && run->type == type && run->step == step &&
        run->phase == "Successful" && run->created >= since)
      return true;
  return false;
}

void Oracle::check_promotion(const crds::Rollout& before, const crds::Rollout& after) {
  const std::string& hash = after.status.stable_rs;
  if (before.status.promote_full || is_way_back(before, hash)) return;
  const auto refuse = [&](const std::string& gate) {
    fail("I5", after.meta.key().text(), fmt::format("{} became stable without a successful {}", hash, gate));
  };
  if (before.status.abort) return fail("I5", after.meta.key().text(), hash + " became stable although it was aborted");
  if (const auto& blue_green = after.spec->strategy.blue_green) {
    if (blue_green->pre_promotion_analysis && !is_run_successful(after, "PrePromotion", -1))
      refuse("pre-promotion analysis");
    if (blue_green->post_promotion_analysis && !is_run_successful(after, "PostPromotion", -1))
      refuse("post-promotion analysis");
    return;
  }
  const crds::CanaryStrategy& canary = *canary_of(after);
  const std::set<int>& skipped = memory_[after.meta.key()].skipped_steps;
  for (int step = 0; step < static_cast<int>(canary.steps.size()); ++step) {
    const auto& analysis = canary.steps[static_cast<std::size_t>(step)].analysis;
    if (analysis && !skipped.contains(step) && !is_run_successful(after, "Step", step))
      refuse(fmt::format("analysis of step {}", step));
  }
  if (!canary.analysis) return;
  bool has_run = false;
  for (const RunView* run : view_.runs_of(after)) {
    if (run->hash != hash || run->type != "Background" || run->created < memory_[after.meta.key()].attempt_since)
      continue;
    has_run = true;
    if (run->phase == "Failed" || run->phase == "Error") refuse("background analysis: " + run->phase);
  }
  if (!has_run) refuse("background analysis: there is none");
}

// "" when the step holds; else what is missing.
bool Oracle::has_successful_experiment(const crds::Rollout& rollout, int index) const {
  const std::string hash = rollout.status.current_pod_hash;
  bool found = false;
  api_.for_each(kube::resources::experiments, rollout.meta.ns, [&](const ObjectKey& key, const auto& object) {
    const bool is_of_step = key.name.find(fmt::format("-{}-", hash)) != std::string::npos &&
                            (key.name + "-").find(fmt::format("-{}-", index)) != std::string::npos;
    found |= is_of_step && kube::text_at(*object, {"status", "phase"}) == "Successful";
  });
  return found;
}

std::string Oracle::why_step_does_not_hold(const crds::Rollout& rollout, int index) const {
  const crds::CanaryStrategy& canary = *canary_of(rollout);
  const crds::CanaryStep& step = canary.steps[static_cast<std::size_t>(index)];
  const int replicas = rollout.spec->replicas.value_or(1);
  const SetView* set = view_.set_with(rollout, rollout.status.current_pod_hash);
  const int pods = set ? view_.ready_pods(set->uid) : 0;
  if (step.set_weight) {
    const int weight = *step.set_weight;
    if (!canary.traffic_routing) {
      // The ratio that comes closest is one of the neighbours, of the replicas or of one more pod.
      const int least = std::max(weight > 0 ? 1 : 0, replicas * weight / 100);
      const int surge = allowance_of(canary, replicas).surge > 0 ? 1 : 0;
      const int most = std::max(least, pods_for(replicas + surge, weight));
      return pods >= least && pods <= most ? ""
                                           : fmt::format("{} canary pods are ready, not {} to {}", pods, least, most);
    }
    for (const ObjectKey& key : view_.routes_with(rollout.meta.ns, canary.canary_service)) {
      const RouteView& route = *view_.route(key);
      if (route.share(canary.canary_service) != weight)
        return fmt::format("{} gives {} % to the canary, not {}", key.name, route.share(canary.canary_service), weight);
      // A route that no router has ever reported on is observed as far as it is written (traffic/observed_route.h).
      if (route.is_reported && !route.is_accepted) return key.name + " is not accepted by the router";
    }
    const bool is_scale_chosen = std::any_of(canary.steps.begin(), canary.steps.begin() + index,
                                             [](const auto& one) { return static_cast<bool>(one.set_canary_scale); });
    const int needed = is_scale_chosen ? std::min(1, weight) : pods_for(replicas, weight);
    return pods >= needed ? "" : fmt::format("{} of {} canary pods are ready", pods, needed);
  }
  if (step.set_canary_scale) {
    const crds::SetCanaryScale& scale = *step.set_canary_scale;
    const int wanted = scale.replicas ? *scale.replicas
                       : scale.weight ? pods_for(replicas, *scale.weight)
                                      : pods_for(replicas, weight_of_step(canary.steps, index));
    if (!canary.traffic_routing) return "";
    return pods >= wanted ? "" : fmt::format("{} of {} canary pods are ready", pods, wanted);
  }
  if (step.pause) {
    if (memory_.at(rollout.meta.key()).has_resumed) return "";
    if (!step.pause->duration) return "nobody has ended the pause";
    for (const crds::PauseCondition& pause : rollout.status.pause_conditions)
      if (pause.reason == "CanaryPauseStep" && clock_.now() >= pause.start_time + duration_of(*step.pause)) return "";
    return "the pause is not over";
  }
  if (step.experiment) return has_successful_experiment(rollout, index) ? "" : "its Experiment is not Successful";
  if (step.analysis) return is_run_successful(rollout, "Step", index) ? "" : "its AnalysisRun is not Successful";
  return "";
}

void Oracle::check_step(const crds::Rollout& before, const crds::Rollout& after) {
  const int from = index_of(before), to = index_of(after);
  Memory& memory = memory_[after.meta.key()];
  const std::string name = after.meta.key().text();
  if (to > from && is_halted(after))
    fail("I8", name, fmt::format("step {} -> {} although spec.paused is true", from, to));
  const bool follows = is_update(before) && !is_promoted(after) && !is_way_back(before, before.status.current_pod_hash);
  if (to > from && follows) {
    if (to != from + 1) fail("I6", name, fmt::format("step {} -> {}", from, to));
    if (before.status.abort) fail("I6", name, fmt::format("step {} -> {} although it is aborted", from, to));
    const std::string missing = why_step_does_not_hold(before, from);
    if (!missing.empty()) fail("I6", name, fmt::format("step {} was passed too early: {}", from, missing));
  }
  memory.has_resumed = false;
}

void Oracle::check_set_write(const sandbox::Change& change, const SetView& before, const SetView& after) {
  if (after.desired <= before.desired) return;
  for (const auto& [key, rollout] : view_.rollouts()) {
    if (rollout->meta.uid != after.owner) continue;
    const crds::RolloutStatus& status = rollout->status;
    const std::string name = change.key.text();
    const bool is_new = after.hash == status.current_pod_hash && is_update(*rollout);
    if (!is_new) continue;
    const std::string size = fmt::format("scaled from {} to {}", before.desired, after.desired);
    int replicas = rollout->spec->replicas.value_or(1);
    // A decision that was taken in the same instant could not know of the new number.
    if (memory_[key].demand_moved_at == clock_.now()) replicas = std::max(replicas, memory_[key].demand_before);
    if (status.abort) fail("I7", name, size + " although the update is aborted");
    // A set may follow spec.replicas while everything is held.
    if (is_halted(*rollout) && !memory_[key].has_demand_moved) fail("I8", name, size + " although spec.paused is true");
    const crds::CanaryStrategy* canary = canary_of(*rollout);
    if (!canary || canary->traffic_routing || is_way_back(*rollout, after.hash)) continue;
    const int weight = weight_of_step(canary->steps, index_of(*rollout));
    const int surge = allowance_of(*canary, replicas).surge > 0 ? 1 : 0;
    if (after.desired > pods_for(replicas + surge, weight))
      fail("I4", name, fmt::format("{}, the step allows {} %", size, weight));
  }
}

void Oracle::check_route_write(const ObjectKey& key, const RouteView& before, const RouteView& after) {
  for (const auto& [name, rollout] : view_.rollouts()) {
    const crds::CanaryStrategy* canary = canary_of(*rollout);
    if (!canary || !canary->traffic_routing || name.ns != key.ns) continue;
    const int was = before.share(canary->canary_service), is = after.share(canary->canary_service);
    if (is <= was || was < 0) continue;
    const std::string change = fmt::format("{}: the canary's share rises from {} to {} %", key.name, was, is);
    if (rollout->status.abort && !is_promoted(*rollout)) fail("I4", name.text(), change + " in an abort");
    if (is > allowed_share(*rollout) || is_promoted(*rollout))
      fail("I4", name.text(), fmt::format("{}; allowed {}", change, allowed_share(*rollout)));
    if (is_halted(*rollout)) fail("I8", name.text(), change + " although spec.paused is true");
  }
}

void Oracle::check_service_write(const ObjectKey& key, const std::string& before, const std::string& after) {
  if (before == after || before.empty()) return;
  for (const auto& [name, rollout] : view_.rollouts()) {
    const auto& blue_green = rollout->spec->strategy.blue_green;
    if (!blue_green || name.ns != key.ns || blue_green->active_service != key.name) continue;
    if (after.empty()) fail("I3", name.text(), key.name + " lost its selector");
    const bool is_forward = after == rollout->status.current_pod_hash && after != rollout->status.stable_rs;
    if (!is_forward) continue;
    if (is_halted(*rollout)) fail("I8", name.text(), key.name + " was switched although spec.paused is true");
    if (rollout->status.abort) fail("I4", name.text(), key.name + " was switched to an aborted revision");
    const bool is_asked = !rollout->status.promote_full && !is_way_back(*rollout, after);
    if (is_asked && blue_green->pre_promotion_analysis && !is_run_successful(*rollout, "PrePromotion", -1))
      fail("I5", name.text(), key.name + " was switched before its pre-promotion analysis was successful");
  }
}

void Oracle::check_share(const crds::Rollout& rollout) {
  Memory& memory = memory_[rollout.meta.key()];
  const crds::CanaryStrategy* canary = canary_of(rollout);
  if (!canary || !canary->traffic_routing) return;
  const int served = served_share({rollout.meta.ns, canary->canary_service});
  const int allowed = is_promoted(rollout) ? 0 : allowed_share(rollout);
  if (served <= allowed || rollout.status.promote_full) {
    memory.exceeds_since.reset();
    return;
  }
  const bool nobody_can_act = acting_.can_act && !acting_.can_act();
  if (!memory.exceeds_since || nobody_can_act) memory.exceeds_since = clock_.now();
  if (clock_.now() > *memory.exceeds_since + time_to_leave)
    fail("I4", rollout.meta.key().text(),
         fmt::format("the canary has been served {} % for two minutes, allowed are {} %", served, allowed));
}

}  // namespace sluice::simulation
