// Telling what comes next.
#include "controller/outlook.h"

#include <fmt/format.h>

#include "controller/draft.h"
#include "controller/rollback.h"
#include "controller/steps.h"

namespace sluice::controller {
namespace {

constexpr int default_delay = 30;  // seconds, until the pods of the old version go

std::string list_of(const std::vector<crds::TemplateReference>& templates) {
  std::string names;
  for (const crds::TemplateReference& reference : templates)
    names += (names.empty() ? "" : ", ") + reference.template_name;
  return names;
}

std::string sentence_of(const crds::SetCanaryScale& scale) {
  if (scale.match_traffic_weight) return "the size of the canary follows its weight again";
  if (scale.replicas) return fmt::format("the canary is sized to {}", counted(*scale.replicas, "pod"));
  return fmt::format("the canary is sized to {} % of the replicas", scale.weight.value_or(0));
}

std::string sentence_of(const crds::CanaryStep& step, bool is_routed) {
  if (step.pause)
    return step.pause->duration ? fmt::format("it pauses for {}", step.pause->duration->text())
                                : "it pauses until a person promotes";
  if (step.set_canary_scale) return sentence_of(*step.set_canary_scale);
  if (step.set_weight)
    return is_routed ? fmt::format("the canary gets {} % of the requests", *step.set_weight)
                     : fmt::format("about {} % of the pods run the new version", *step.set_weight);
  if (step.analysis) return fmt::format("analysis decides ({})", list_of(step.analysis->templates));
  if (step.experiment) return "an experiment runs to its end";
  if (step.set_header_route && step.set_header_route->match.empty())
    return fmt::format("header route {} is removed", step.set_header_route->name);
  if (step.set_header_route)
    return fmt::format("requests with the headers of route {} go to the canary", step.set_header_route->name);
  if (step.set_mirror_route && step.set_mirror_route->match.empty())
    return fmt::format("mirror route {} is removed", step.set_mirror_route->name);
  if (step.set_mirror_route)
    return fmt::format("requests of route {} are mirrored to the canary", step.set_mirror_route->name);
  return text_of(step);
}

// When the pause that lasts now ends by itself.
std::optional<Time> end_of_pause(const Decision& decision) {
  for (const Reason& reason : decision.reasons)
    if (reason.guard == "pause" && decision.wake_at && reason.since) return decision.wake_at;
  return std::nullopt;
}

void tell_end(const Draft& draft, std::vector<Prospect>& prospects, const std::string& how) {
  prospects.push_back({std::nullopt, how});
  const bool is_routed = draft.blue_green() || (draft.canary() && draft.canary()->traffic_routing);
  if (!draft.sets.is_divided()) return;
  const std::optional<std::int32_t> delay =
      draft.blue_green() ? draft.blue_green()->scale_down_delay_seconds : draft.canary()->scale_down_delay_seconds;
  prospects.push_back({std::nullopt, is_routed ? fmt::format("the pods of the old version are removed {} s later",
                                                             delay.value_or(default_delay))
                                               : "the pods of the old version are gone"});
}

std::vector<Prospect> prospects_of_canary(const Draft& draft, const Decision& decision) {
  const crds::CanaryStrategy& canary = *draft.canary();
  const int index = step_index(draft.before, canary.steps);
  std::vector<Prospect> prospects;
  if (!draft.is_promote_full() && fast_rollback(draft) == FastRollback::no)
    for (int at = index + 1; at < static_cast<int>(canary.steps.size()); ++at)
      prospects.push_back(
          {std::nullopt, fmt::format("step {} of {}: {}", at + 1, canary.steps.size(),
                                     sentence_of(*step_at(canary.steps, at), canary.traffic_routing.has_value()))});
  tell_end(draft, prospects, "the new version is promoted and gets everything");
  prospects.front().at = end_of_pause(decision);
  return prospects;
}

std::vector<Prospect> prospects_of_blue_green(const Draft& draft, const Decision& decision) {
  const crds::BlueGreenStrategy& strategy = *draft.blue_green();
  const bool has_switched = !draft.before.blue_green.active_selector.empty() &&
                            draft.before.blue_green.active_selector == hash_of(draft.sets.newest);
  std::vector<Prospect> prospects;
  if (!has_switched) {
    if (strategy.pre_promotion_analysis && !draft.before.blue_green.pre_promotion_analysis_run_status)
      prospects.push_back({std::nullopt, fmt::format("pre-promotion analysis decides ({})",
                                                     list_of(strategy.pre_promotion_analysis->templates))});
    const bool is_manual = !strategy.auto_promotion_enabled.value_or(true);
    if (is_manual && !draft.before.controller_pause)
      prospects.push_back({std::nullopt, "it pauses until a person promotes"});
    prospects.push_back(
        {std::nullopt, fmt::format("Service {} is switched to the new version", strategy.active_service)});
  }
  if (strategy.post_promotion_analysis)
    prospects.push_back({std::nullopt, fmt::format("post-promotion analysis decides ({})",
                                                   list_of(strategy.post_promotion_analysis->templates))});
  tell_end(draft, prospects, "the new version is promoted");
  prospects.front().at = end_of_pause(decision);
  return prospects;
}

std::vector<Prospect> prospects_of_abort(const Draft& draft) {
  std::vector<Prospect> prospects;
  const auto& weights = draft.before.canary.weights;
  if (draft.canary() && weights && weights->canary.weight > 0)
    prospects.push_back(
        {std::nullopt, "the stable version gets all requests again, as fast as its pods can carry them"});
  const ReplicaSetPointer& newest = draft.sets.newest;
  if (draft.sets.is_divided() && newest && desired_of(newest) > 0) {
    const std::optional<std::int32_t> delay = draft.blue_green() ? draft.blue_green()->abort_scale_down_delay_seconds
                                                                 : draft.canary()->abort_scale_down_delay_seconds;
    const bool has_delay = draft.blue_green() || draft.canary()->traffic_routing;
    if (has_delay && delay == 0)
      prospects.push_back({std::nullopt, "the pods of the aborted version stay: abortScaleDownDelaySeconds is 0"});
    else
      prospects.push_back(
          {std::nullopt, has_delay
                             ? fmt::format("the pods of the aborted version are removed {} s after the last request",
                                           delay.value_or(default_delay))
                             : "the pods of the aborted version are replaced by stable ones"});
  }
  prospects.push_back({std::nullopt, "nothing more, until a person retries or applies another template"});
  return prospects;
}

struct Sentences {
  std::string operator()(const CreateReplicaSet& effect) const {
    return fmt::format("create ReplicaSet {} with {}", effect.name, counted(effect.replicas, "pod"));
  }
  std::string operator()(const ScaleReplicaSet& effect) const {
    return fmt::format("scale ReplicaSet {} from {} to {}", effect.name, effect.from, effect.replicas);
  }
  std::string operator()(const AnnotateReplicaSet& effect) const {
    return fmt::format("note something on ReplicaSet {}", effect.name);
  }
  std::string operator()(const AdoptReplicaSet& effect) const {
    return fmt::format("take over ReplicaSet {}", effect.name);
  }
  std::string operator()(const DeleteReplicaSet& effect) const {
    return fmt::format("delete ReplicaSet {}", effect.name);
  }
  std::string operator()(const SwitchService& effect) const {
    return fmt::format("point Service {} at the pods with hash {}", effect.name, effect.hash);
  }
  std::string operator()(const SetRouteWeights& effect) const {
    return fmt::format("give the canary {} % on {} {}", effect.intent.split.canary, effect.kind, effect.key.name);
  }
  std::string operator()(const CreateAnalysisRun& effect) const {
    return fmt::format("start AnalysisRun {}", effect.name);
  }
  std::string operator()(const TerminateAnalysisRun& effect) const {
    return fmt::format("terminate AnalysisRun {}", effect.name);
  }
  std::string operator()(const DeleteAnalysisRun& effect) const {
    return fmt::format("delete AnalysisRun {}", effect.name);
  }
  std::string operator()(const CreateService& effect) const { return fmt::format("create Service {}", effect.name); }
  std::string operator()(const DeleteService& effect) const { return fmt::format("delete Service {}", effect.name); }
  std::string operator()(const CreateExperiment& effect) const {
    return fmt::format("start Experiment {}", effect.name);
  }
  std::string operator()(const TerminateExperiment& effect) const {
    return fmt::format("terminate Experiment {}", effect.name);
  }
  std::string operator()(const DeleteExperiment& effect) const {
    return fmt::format("delete Experiment {}", effect.name);
  }
  std::string operator()(const PatchRolloutMetadata&) const { return "note something on the Rollout"; }
  std::string operator()(const EvictPod& effect) const { return fmt::format("evict pod {}", effect.name); }
  std::string operator()(const PatchPod& effect) const {
    return fmt::format("give pod {} the labels and annotations of its role", effect.name);
  }
  std::string operator()(const ScaleWorkload& effect) const {
    return fmt::format("scale {} {} from {} to {}", crds::name_of(effect.kind), effect.name, effect.from,
                       effect.replicas);
  }
};

}  // namespace

std::string place_of(const RolloutObservation& seen) {
  const Draft draft(seen, Time{});
  if (!draft.canary() || draft.canary()->steps.empty() || draft.is_promoted() || draft.is_initial() ||
      draft.is_new_target)
    return "";
  const crds::CanarySteps& steps = draft.canary()->steps;
  const int index = step_index(draft.before, steps);
  const crds::CanaryStep* step = step_at(steps, index);
  if (!step) return fmt::format("the end of its {} steps", steps.size());
  return fmt::format("step {} of {} ({})", index + 1, steps.size(), text_of(*step));
}

std::vector<Prospect> prospects_of(const RolloutObservation& seen, const Decision& decision) {
  const Draft draft(seen, Time{});
  if (!draft.mistakes.empty() || draft.rollout.meta.deletion_time) return {};
  for (const Reason& reason : decision.reasons)
    if (reason.guard == "spec") return {};
  if (draft.is_aborted()) return prospects_of_abort(draft);
  if (draft.is_promoted()) return {};
  if (draft.canary()) return prospects_of_canary(draft, decision);
  if (draft.blue_green()) return prospects_of_blue_green(draft, decision);
  return {};
}

std::string sentence_of(const Effect& effect) { return std::visit(Sentences(), effect); }

std::vector<std::string> blind_spots_of(const RolloutObservation& seen) {
  std::vector<std::string> spots;
  for (const traffic::ObservedRoute& route : seen.routes)
    if (route.error.empty() && route.depth == traffic::Depth::written)
      spots.push_back(fmt::format("no router reports on {} {}, so that its {} are taken to be in force {}", route.kind,
                                  route.key.name, route.has_weights ? "weights" : "subsets",
                                  route.propagation > Duration::zero() ? "some seconds after they are written"
                                                                       : "as soon as they are written"));
  for (const ObservedService& service : seen.services)
    if (service.service && !service.ready_endpoints)
      spots.push_back(
          fmt::format("the endpoints of Service {}, so that the readiness of the pods has to do", service.name));
  return spots;
}

}  // namespace sluice::controller
