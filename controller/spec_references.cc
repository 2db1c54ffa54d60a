// What a Rollout's spec refers to: the names, and the mistakes in what stands behind them.
#include "controller/spec_references.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "analysis/compose.h"
#include "controller/child_name.h"
#include "controller/keys.h"
#include "controller/rollout_analysis.h"
#include "crds/pod_template_hash.h"

namespace sluice::controller {
namespace {

struct NamedService {
  std::string path;
  std::string name;
};

std::vector<NamedService> named_services(const crds::RolloutSpec& spec) {
  std::vector<NamedService> services;
  const auto add = [&](std::string path, const std::string& name) {
    if (!name.empty()) services.push_back({std::move(path), name});
  };
  if (const auto& blue_green = spec.strategy.blue_green) {
    add("spec.strategy.blueGreen.activeService", blue_green->active_service);
    add("spec.strategy.blueGreen.previewService", blue_green->preview_service);
  }
  if (const auto& canary = spec.strategy.canary) {
    add("spec.strategy.canary.stableService", canary->stable_service);
    add("spec.strategy.canary.canaryService", canary->canary_service);
    if (canary->ping_pong) {
      add("spec.strategy.canary.pingPong.pingService", canary->ping_pong->ping_service);
      add("spec.strategy.canary.pingPong.pongService", canary->ping_pong->pong_service);
    }
  }
  return services;
}

struct NamedAnalysis {
  std::string path;
  crds::RolloutAnalysis analysis;
  bool may_be_endless = false;
};

// An analysis of an Experiment ends with it, unless the Experiment waits for it.
void add_analyses_of(const crds::ExperimentStep& experiment, const std::string& at,
                     std::vector<NamedAnalysis>& analyses) {
  for (std::size_t index = 0; index < experiment.analyses.size(); ++index) {
    const crds::ExperimentStepAnalysis& one = experiment.analyses[index];
    crds::RolloutAnalysis analysis;
    analysis.templates.push_back({one.template_name, one.cluster_scope});
    analysis.args = one.args;
    analyses.push_back(
        {fmt::format("{}.analyses[{}].templateName", at, index), std::move(analysis), !one.required_for_completion});
  }
}

std::vector<NamedAnalysis> named_analyses(const crds::RolloutSpec& spec) {
  std::vector<NamedAnalysis> analyses;
  if (const auto& blue_green = spec.strategy.blue_green) {
    if (blue_green->pre_promotion_analysis)
      analyses.push_back(
          {"spec.strategy.blueGreen.prePromotionAnalysis.templates", *blue_green->pre_promotion_analysis});
    if (blue_green->post_promotion_analysis)
      analyses.push_back(
          {"spec.strategy.blueGreen.postPromotionAnalysis.templates", *blue_green->post_promotion_analysis});
  }
  if (const auto& canary = spec.strategy.canary) {
    for (std::size_t at = 0; at < canary->steps.size(); ++at) {
      const std::string step = fmt::format("spec.strategy.canary.steps[{}]", at);
      if (const auto& analysis = canary->steps[at].analysis)
        analyses.push_back({step + ".analysis.templates", *analysis});
      if (const auto& experiment = canary->steps[at].experiment)
        add_analyses_of(*experiment, step + ".experiment", analyses);
    }
    if (canary->analysis)
      analyses.push_back({"spec.strategy.canary.analysis.templates", canary->analysis->analysis, true});
  }
  return analyses;
}

std::string invalid(std::string_view value, std::string_view detail) {
  return fmt::format("Invalid value: \"{}\": {}", value, detail);
}

void check_service(const Draft& draft, const NamedService& named, kube::Mistakes& mistakes) {
  const auto found = std::find_if(draft.seen.services.begin(), draft.seen.services.end(),
                                  [&](const ObservedService& service) { return service.name == named.name; });
  if (found == draft.seen.services.end() || !found->service) {
    mistakes.push_back({named.path, invalid(named.name, fmt::format("service \"{}\" not found", named.name))});
    return;
  }
  const crds::Service& service = *found->service;
  if (draft.spec.pod_template)
    for (const auto& [key, value] : service.spec.selector) {
      const std::string* label = draft.spec.pod_template->labels.find(key);
      if (key == keys::hash_label || (label && *label == value)) continue;
      mistakes.push_back(
          {named.path,
           invalid(named.name, fmt::format("Service \"{}\" has unmatch label \"{}\" in rollout", named.name, key))});
    }
  const std::string* manager = service.meta.annotations.find(keys::managed_by);
  if (manager && *manager != draft.rollout.meta.name)
    mistakes.push_back(
        {named.path, invalid(named.name, fmt::format("Service \"{}\" is managed by another Rollout", named.name))});
}

const crds::AnalysisTemplate* find_template(const RolloutObservation& seen, const std::string& name,
                                            bool cluster_scope) {
  const auto& templates = cluster_scope ? seen.cluster_analysis_templates : seen.analysis_templates;
  const auto found = templates.find(name);
  return found == templates.end() ? nullptr : found->second.get();
}

void check_analysis(const Draft& draft, const NamedAnalysis& named, kube::Mistakes& mistakes) {
  bool is_complete = true;
  for (const crds::TemplateReference& reference : named.analysis.templates) {
    if (find_template(draft.seen, reference.template_name, reference.cluster_scope)) continue;
    is_complete = false;
    mistakes.push_back(
        {named.path, invalid(reference.template_name,
                             fmt::format("{} '{}' not found",
                                         reference.cluster_scope ? "ClusterAnalysisTemplate" : "AnalysisTemplate",
                                         reference.template_name))});
  }
  if (!is_complete || named.analysis.templates.empty()) return;
  std::vector<std::string> wrong;
  crds::RolloutAnalysis filled = named.analysis;
  // While nothing is under way both hashes are the same, which they are not when a run is made.
  for (crds::Argument& argument : filled.args) {
    if (argument.value || !argument.value_from || !argument.value_from->pod_template_hash_value) continue;
    argument.value = *argument.value_from->pod_template_hash_value == "Stable" ? "stable-hash" : "latest-hash";
    argument.value_from.reset();
  }
  filled = with_values(draft, filled, wrong);
  // What an Experiment fills in itself is not known yet.
  for (crds::Argument& argument : filled.args)
    if (argument.value && argument.value->find("{{") != std::string::npos) {
      argument.value.reset();
      argument.value_from.obtain();
    }
  const auto find = [&](const std::string& name, bool cluster_scope) {
    return find_template(draft.seen, name, cluster_scope);
  };
  for (std::string& why : analysis::check_analysis(filled, find, named.may_be_endless)) wrong.push_back(std::move(why));
  for (std::string& why : wrong) mistakes.push_back({named.path, std::move(why)});
}

template <class T>
void add_once(std::vector<T>& list, const T& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

}  // namespace

kube::Mistakes mistakes_in_references(const Draft& draft) {
  kube::Mistakes mistakes;
  for (const NamedService& service : named_services(draft.spec)) check_service(draft, service, mistakes);
  for (const NamedAnalysis& analysis : named_analyses(draft.spec)) check_analysis(draft, analysis, mistakes);
  return mistakes;
}

std::vector<std::string> services_named_by(const crds::Rollout& rollout) {
  std::vector<std::string> names;
  for (const NamedService& service : named_services(*rollout.spec)) add_once(names, service.name);
  return names;
}

std::vector<crds::TemplateReference> templates_named_by(const crds::Rollout& rollout) {
  std::vector<crds::TemplateReference> references;
  for (const NamedAnalysis& named : named_analyses(*rollout.spec))
    for (const crds::TemplateReference& reference : named.analysis.templates) add_once(references, reference);
  return references;
}

std::vector<std::string> field_paths_named_by(const crds::Rollout& rollout) {
  std::vector<std::string> paths;
  for (const NamedAnalysis& named : named_analyses(*rollout.spec))
    for (const crds::Argument& argument : named.analysis.args)
      if (!argument.value && argument.value_from && argument.value_from->field_ref)
        add_once(paths, argument.value_from->field_ref->field_path);
  return paths;
}

std::string new_replica_set_name(const crds::Rollout& rollout) {
  const crds::PodTemplatePointer& pod_template = rollout.spec->pod_template;
  if (!pod_template) return "";
  return child_name(rollout.meta.name + "-" + crds::pod_template_hash(*pod_template, rollout.status.collision_count));
}

}  // namespace sluice::controller
