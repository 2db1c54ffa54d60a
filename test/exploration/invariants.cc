// I1 to I10 of the design, on the model.
#include "invariants.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/keys.h"

namespace sluice::exploration {
namespace {

namespace keys = controller::keys;

int pods_for(int replicas, int share) { return (replicas * share + 99) / 100; }

int weight_of_step(const crds::CanarySteps& steps, int index) {
  if (index >= static_cast<int>(steps.size())) return 100;
  for (int at = index; at >= 0; --at)
    if (steps[static_cast<std::size_t>(at)].set_weight) return *steps[static_cast<std::size_t>(at)].set_weight;
  return 0;
}

}  // namespace

void Invariants::fail(const std::string& text) { model_.violations.push_back(text); }

// Pods that a Service lacks for the requests that it gets or is about to get; the proxy that sends most decides.
int Invariants::shortfall(const State& state, int service) const {
  const Seen& now = state.now;
  // Nobody is blamed for a demand that the decision did not know of.
  const int replicas = std::min(model_.replicas(now), model_.replicas(decision_.view));
  const crds::RolloutSpec& spec = *model_.rollouts_[now.rollout]->spec;
  const int behind = model_.selected(now, service);
  const int ready = model_.available(now, behind);
  if (spec.strategy.blue_green) {
    if (service == 1 || behind < 0) return 0;
    return std::max(0, replicas - ready);
  }
  const int most = std::max<int>(now.weight, state.proxies[1]), least = std::min<int>(now.weight, state.proxies[0]);
  // Two Services that select the same pods are one way to them, whatever the route makes of it.
  const bool is_one_way = model_.selected(now, 0) == model_.selected(now, 1);
  if (is_one_way && service == 1) return 0;
  const int share = is_one_way ? 100 : service == 1 ? most : 100 - least;
  if (share == 0 || behind < 0) return 0;
  int needed = std::max(1, pods_for(replicas, share));
  if (service == 1)
    for (const crds::CanaryStep& step : spec.strategy.canary->steps)
      if (step.set_canary_scale && step.set_canary_scale->replicas)
        needed = std::min(needed, *step.set_canary_scale->replicas);
  // An abort makes do with one pod less once it has waited for the last ones.
  const crds::RolloutStatus& status = model_.status(decision_.view);
  const bool has_waited = status.abort && status.aborted_at && *status.aborted_at + std::chrono::seconds(60) <= present;
  if (service == 0 && has_waited) needed = std::max(1, needed - 1);
  return std::max(0, needed - ready);
}

void Invariants::check_capacity(const State& before, const State& after, const std::string& what) {
  // What is lost by itself is not held against a decision that could not know of it.
  if (before.has_lost) return;
  // A set that comes up for the first time serves nobody yet.
  if (model_.status(before.now).stable_rs.empty()) return;
  if (!model_.service_names_.empty()) {
    const auto is_one_way = [&](const State& state) {
      return model_.is_routed() && model_.selected(state.now, 0) == model_.selected(state.now, 1);
    };
    if (is_one_way(before) || is_one_way(after)) {
      const int was = shortfall(before, 0) + shortfall(before, 1), is = shortfall(after, 0) + shortfall(after, 1);
      if (is > was) fail(fmt::format("I2: {} pods are missing after \"{}\", {} before", is, what, was));
      return;
    }
    for (const int service : {0, 1}) {
      const int was = shortfall(before, service), is = shortfall(after, service);
      if (is > was)
        fail(fmt::format("{}: {} lacks {} pods after \"{}\", {} before", service == 1 ? "I1" : "I2",
                         model_.service_names_[static_cast<std::size_t>(service)], is, what, was));
    }
    return;
  }
  const auto missing = [&](const State& state) {
    int pods = 0;
    for (int version = 0; version < versions; ++version) pods += model_.available(state.now, version);
    const int replicas = std::min(model_.replicas(state.now), model_.replicas(decision_.view));
    return std::max(0, replicas - pods);  // maxUnavailable is 0 in the model
  };
  if (missing(after) > missing(before))
    fail(fmt::format("I2: {} pods are missing after \"{}\", {} before", missing(after), what, missing(before)));
}

int Invariants::allowed_share() const {
  const crds::RolloutStatus& status = seen().status;
  if (status.stable_rs == status.current_pod_hash || status.stable_rs.empty()) return 0;
  if (status.abort) return 0;
  if (status.promote_full) return 100;
  return weight_of_step(seen().spec->strategy.canary->steps, status.current_step_index.value_or(0));
}

void Invariants::check_write(const State& before, const State& after, const controller::Effect& effect) {
  const crds::RolloutStatus& status = seen().status;
  const bool is_held = seen().spec->paused;
  if (const auto* scale = std::get_if<controller::ScaleReplicaSet>(&effect)) {
    const int version = model_.version_of_set(scale->name);
    const int was = model_.desired(before.now, version);
    const bool is_update = status.stable_rs != status.current_pod_hash;
    const std::string what = fmt::format("scale V{} from {} to {}", version + 1, was, scale->replicas);
    if (was == scale->replicas) fail("I9: " + what);
    const bool is_aborted = is_update && status.abort && version == model_.version_of_hash(status.current_pod_hash);
    const bool is_current = hash_matches_template(version);
    if (is_aborted && is_current && scale->replicas > was) fail("I7: " + what + " although it is aborted");
    if (scale->replicas < was && (scale->precondition.uid.empty() || scale->precondition.resource_version.empty()))
      fail("preconditions: " + what + " rests on nothing");
    check_capacity(before, after, what);
  }
  if (const auto* change = std::get_if<controller::SwitchService>(&effect)) {
    const int version = model_.version_of_hash(change->hash);
    const std::string what = fmt::format("point {} at V{}", change->name, version + 1);
    if (change->hash.empty()) fail("I3: " + change->name + " loses its selector");
    if (before.now.services == after.now.services) fail("I9: " + what);
    if (change->precondition.uid.empty() || change->precondition.resource_version.empty())
      fail("preconditions: " + what + " rests on nothing");
    const bool is_active = change->name == model_.service_names_[0];
    bool could_serve = false;
    for (int other = 0; other < versions; ++other) could_serve |= model_.available(before.now, other) > 0;
    if (is_active && model_.available(after.now, version) == 0 && could_serve && !before.has_lost &&
        model_.replicas(before.now) > 0)
      fail("I3: " + what + ", which has no ready pod");
    const bool is_forward =
        is_active && seen().spec->strategy.blue_green && change->hash != status.stable_rs && !status.stable_rs.empty();
    if (is_forward && is_held) fail("I8: " + what + " although spec.paused is true");
    if (is_forward && status.abort && hash_matches_template(version)) fail("I4: " + what + " although it is aborted");
    if (is_forward && seen().spec->strategy.blue_green->pre_promotion_analysis && !status.promote_full &&
        version != 0 && !has_successful_run("PrePromotion", -1, change->hash))
      fail("I5: " + what + " without a successful pre-promotion analysis");
    check_capacity(before, after, what);
  }
  if (const auto* change = std::get_if<controller::SetRouteWeights>(&effect)) {
    const std::string what =
        fmt::format("set the weight from {} to {}", before.now.weight, change->intent.split.canary);
    if (before.now.weight == change->intent.split.canary) fail("I9: " + what);
    const bool rises = change->intent.split.canary > before.now.weight;
    if (rises && change->intent.split.canary > allowed_share())
      fail(fmt::format("I4: {}; allowed {}", what, allowed_share()));
    if (rises && is_held) fail("I8: " + what + " although spec.paused is true");
    if (rises && change->precondition.resource_version.empty()) fail("preconditions: " + what + " rests on nothing");
    check_capacity(before, after, what);
  }
  if (const auto* remove = std::get_if<controller::DeleteReplicaSet>(&effect)) {
    if (remove->precondition.uid.empty()) fail("I10: a deletion without the uid of what is meant");
    check_capacity(before, after, "delete " + remove->name);
  }
  if (const auto* remove = std::get_if<controller::DeleteAnalysisRun>(&effect);
      remove && remove->precondition.uid.empty())
    fail("I10: a deletion without the uid of what is meant");
}

// The template of the spec that was seen is the one of this version.
bool Invariants::hash_matches_template(int version) const {
  return version >= 0 && seen().spec->pod_template &&
         *seen().spec->pod_template == *model_.templates_of_versions_[static_cast<std::size_t>(version)];
}

bool Invariants::has_successful_run(const std::string& type, int step, const std::string& hash) const {
  for (const std::uint32_t number : decision_.view.runs) {
    if (number == 0) continue;
    const crds::AnalysisRun& run = *model_.runs_[number];
    if (run.meta.labels.get(keys::hash_label) == hash && run.meta.labels.get(keys::rollout_type_label) == type &&
        (step < 0 || run.meta.labels.get(keys::step_index_label) == std::to_string(step)) &&
        run.status.phase == "Successful")
      return true;
  }
  return false;
}

void Invariants::check_promotion(const crds::RolloutStatus& was, const crds::RolloutStatus& is, bool has_skipped) {
  const std::string& hash = is.stable_rs;
  if (seen().spec->paused) fail("I8: promoted although spec.paused is true");
  // V1 was stable before, and nothing is asked twice of it; a person may also ask for everything at once.
  if (was.promote_full || has_skipped || model_.version_of_hash(hash) == 0) return;
  if (was.abort && was.current_pod_hash == hash) return fail("I5: promoted although it was aborted");
  const crds::Strategy& strategy = seen().spec->strategy;
  if (strategy.blue_green) {
    if (strategy.blue_green->pre_promotion_analysis && !has_successful_run("PrePromotion", -1, hash))
      fail("I5: promoted without a successful pre-promotion analysis");
    if (strategy.blue_green->post_promotion_analysis && !has_successful_run("PostPromotion", -1, hash))
      fail("I5: promoted without a successful post-promotion analysis");
    return;
  }
  const crds::CanarySteps& steps = strategy.canary->steps;
  for (std::size_t step = 0; step < steps.size(); ++step)
    if (steps[step].analysis && !has_successful_run("Step", static_cast<int>(step), hash))
      fail(fmt::format("I5: promoted without a successful analysis of step {}", step));
}

void Invariants::check_step(const crds::RolloutStatus& was, const crds::RolloutStatus& is) {
  const crds::CanarySteps& steps = seen().spec->strategy.canary->steps;
  const int from = was.current_step_index.value_or(0), to = is.current_step_index.value_or(0);
  if (to <= from || was.promote_full || from >= static_cast<int>(steps.size())) return;
  const bool is_way_back = was.current_pod_hash == was.stable_rs;
  if (is_way_back) return;
  if (to != from + 1) return fail(fmt::format("I6: step {} -> {}", from, to));
  if (seen().spec->paused) fail(fmt::format("I8: step {} -> {} although spec.paused is true", from, to));
  if (was.abort) fail(fmt::format("I6: step {} -> {} although it is aborted", from, to));
  const Seen& view = decision_.view;
  const crds::CanaryStep& step = steps[static_cast<std::size_t>(from)];
  const int current = model_.version_of_hash(was.current_pod_hash);
  const int replicas = model_.replicas(view);
  if (step.set_weight && model_.is_routed()) {
    if (view.weight != *step.set_weight || !view.is_accepted)
      fail(fmt::format("I6: step {} was passed with a weight of {}{}", from, view.weight,
                       view.is_accepted ? "" : ", not accepted"));
    const bool is_chosen = std::any_of(steps.begin(), steps.begin() + from,
                                       [](const auto& one) { return static_cast<bool>(one.set_canary_scale); });
    if (!is_chosen && model_.available(view, current) < pods_for(replicas, *step.set_weight))
      fail(fmt::format("I6: step {} was passed with {} canary pods", from, model_.available(view, current)));
  }
  if (step.set_weight && !model_.is_routed() && *step.set_weight > 0 && model_.available(view, current) == 0)
    fail(fmt::format("I6: step {} was passed without a canary pod", from));
  if (step.pause) {
    const bool is_resumed = was.controller_pause && was.pause_conditions.empty();
    bool is_over = false;
    for (const crds::PauseCondition& pause : was.pause_conditions)
      is_over |= step.pause->duration && pause.start_time + std::chrono::seconds(30) <= present;
    if (!is_resumed && !is_over) fail(fmt::format("I6: the pause of step {} was not over", from));
  }
  if (step.analysis && !has_successful_run("Step", from, was.current_pod_hash))
    fail(fmt::format("I6: step {} was passed without a successful run", from));
}

void Invariants::check_status(const State& before, const State& after) {
  const crds::RolloutStatus& was = model_.status(decision_.view);
  const crds::RolloutStatus& is = *decision_.status;
  if (is.stable_rs != was.stable_rs && !was.stable_rs.empty()) check_promotion(was, is, before.has_skipped != 0);
  if (seen().spec->strategy.canary && is.current_pod_hash == was.current_pod_hash) check_step(was, is);
  check_capacity(before, after, "a new status");
}

}  // namespace sluice::exploration
