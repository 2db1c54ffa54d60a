// The checks of a Rollout in the order of the reference.
#include "crds/validate_rollout.h"

#include <set>

#include <fmt/format.h>

#include "crds/analysis.h"
#include "crds/field_error.h"
#include "crds/pod_template_hash.h"
#include "crds/refused_fields.h"
#include "crds/rollout.h"
#include "crds/validate_pod_template.h"
#include "crds/validate_strategy.h"
#include "crds/workload.h"
#include "crds/workloads.h"
#include "kube/selector.h"

namespace sluice::crds {
namespace {

constexpr std::string_view not_negative = "must be greater than or equal to 0";
constexpr std::string_view managed_by = "argo-rollouts.argoproj.io/managed-by-rollouts";

void append(kube::Mistakes& mistakes, const kube::Mistakes& more) {
  for (const kube::Mistake& mistake : more) add(mistakes, mistake);
}

void check_not_negative(kube::Mistakes& mistakes, std::string path, std::optional<std::int32_t> value) {
  if (value && *value < 0) add(mistakes, invalid(std::move(path), *value, not_negative));
}

void check_selector(kube::Mistakes& mistakes, const RolloutSpec& spec) {
  if (!spec.selector && !spec.workload_ref)
    add(mistakes, required("spec.selector", "Rollout has missing field '.spec.selector'"));
  if (!spec.selector) return;
  append(mistakes, kube::mistakes_in(*spec.selector, "spec.selector"));
  if (spec.selector->empty()) add(mistakes, invalid("spec.selector", "empty selector is invalid for deployment"));
}

void check_workload(kube::Mistakes& mistakes, const RolloutSpec& spec) {
  if (!spec.workload_ref) return;
  const WorkloadReference& reference = *spec.workload_ref;
  const std::size_t slash = reference.api_version.find('/');
  const std::string group = slash == std::string::npos ? "" : reference.api_version.substr(0, slash);
  if (!workload_kind(reference.api_version, reference.kind))
    add(mistakes, invalid("spec.workloadRef", reference.kind,
                          fmt::format("workload of type {}/{} is not supported", group, reference.kind)));
  if (reference.name.empty()) add(mistakes, required("spec.workloadRef.name", "name the workload"));
  const std::string& scale_down = reference.scale_down;
  if (!scale_down.empty() && scale_down != "never" && scale_down != "onsuccess" && scale_down != "progressively")
    add(mistakes,
        invalid("spec.workloadRef.scaleDown", scale_down, "must be one of never, onsuccess and progressively"));
}

void check_template(kube::Mistakes& mistakes, const RolloutSpec& spec) {
  if (!spec.workload_ref)
    return append(mistakes, validate_pod_template(spec.pod_template, spec.selector.value_or(kube::LabelSelector{}),
                                                  "spec.template"));
  if (spec.pod_template && !(spec.pod_template->labels.empty() && spec.pod_template->annotations.empty()))
    add(mistakes, internal("spec.template", "template must be empty for workload reference rollout"));
}

void check_times(kube::Mistakes& mistakes, const RolloutSpec& spec) {
  check_not_negative(mistakes, "spec.minReadySeconds", spec.min_ready_seconds);
  check_not_negative(mistakes, "spec.revisionHistoryLimit", spec.revision_history_limit);
  check_not_negative(mistakes, "spec.progressDeadlineSeconds", spec.progress_deadline_seconds);
  const std::int32_t deadline = spec.progress_deadline_seconds.value_or(600);
  if (deadline <= spec.min_ready_seconds)
    add(mistakes, invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
}

void check_strategy(kube::Mistakes& mistakes, const RolloutSpec& spec) {
  const std::string path = "spec.strategy.strategy";
  const Strategy& strategy = spec.strategy;
  if (!strategy.blue_green && !strategy.canary)
    add(mistakes, required(path, "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'"));
  if (strategy.blue_green && strategy.canary)
    add(mistakes, invalid(path, "blueGreen: true canary: true", "Multiple Strategies can not be listed"));
  if (strategy.blue_green) append(mistakes, validate_blue_green(spec));
  if (strategy.canary) append(mistakes, validate_canary(spec));
}

void check_history(kube::Mistakes& mistakes, const RolloutSpec& spec) {
  if (!spec.analysis) return;
  check_not_negative(mistakes, "spec.analysis.successfulRunHistoryLimit", spec.analysis->successful_run_history_limit);
  check_not_negative(mistakes, "spec.analysis.unsuccessfulRunHistoryLimit",
                     spec.analysis->unsuccessful_run_history_limit);
}

// The checks of everything that a Rollout names.
class ReferenceCheck {
 public:
  ReferenceCheck(const Rollout& rollout, const RolloutReferences& references)
      : rollout_(rollout), references_(references) {}

  kube::Mistakes run() {
    const Strategy& strategy = rollout_.spec->strategy;
    if (strategy.blue_green) {
      const std::string at = "spec.strategy.blueGreen.";
      find_service(strategy.blue_green->active_service, at + "activeService");
      find_service(strategy.blue_green->preview_service, at + "previewService");
      find_templates(strategy.blue_green->pre_promotion_analysis, at + "prePromotionAnalysis.templates");
      find_templates(strategy.blue_green->post_promotion_analysis, at + "postPromotionAnalysis.templates");
    }
    if (strategy.canary) look_at(*strategy.canary);
    for (const auto& [path, service] : services_) check_service(*service, path);
    return std::move(mistakes_);
  }

 private:
  void look_at(const CanaryStrategy& canary) {
    const std::string at = "spec.strategy.canary.";
    find_service(canary.stable_service, at + "stableService");
    find_service(canary.canary_service, at + "canaryService");
    if (canary.ping_pong) {
      find_service(canary.ping_pong->ping_service, at + "pingPong.pingService");
      find_service(canary.ping_pong->pong_service, at + "pingPong.pongService");
    }
    for (std::size_t index = 0; index < canary.steps.size(); ++index) {
      find_templates(canary.steps[index].analysis, fmt::format("{}steps[{}].analysis.templates", at, index));
      if (const auto& experiment = canary.steps[index].experiment)
        for (std::size_t i = 0; i < experiment->analyses.size(); ++i)
          find_template({experiment->analyses[i].template_name, experiment->analyses[i].cluster_scope},
                        fmt::format("{}steps[{}].experiment.analyses[{}].templateName", at, index, i));
    }
    if (canary.analysis)
      for (const TemplateReference& reference : canary.analysis->analysis.templates)
        find_template(reference, at + "analysis.templates");
  }

  void find_service(const std::string& name, const std::string& path) {
    if (name.empty()) return;
    if (const Service* service = references_.service(name))
      services_.emplace_back(path, service);
    else
      add(mistakes_, invalid(path, name, fmt::format("service \"{}\" not found", name)));
  }

  void find_templates(const Seldom<RolloutAnalysis>& analysis, const std::string& path) {
    if (!analysis) return;
    for (const TemplateReference& reference : analysis->templates) find_template(reference, path);
  }

  void find_template(const TemplateReference& reference, const std::string& path) {
    const AnalysisTemplate* found = references_.analysis_template(reference.template_name, reference.cluster_scope);
    if (!found) {
      add(mistakes_, invalid(path, reference.template_name,
                             fmt::format("{} '{}' not found",
                                         reference.cluster_scope ? "ClusterAnalysisTemplate" : "AnalysisTemplate",
                                         reference.template_name)));
      return;
    }
    if (!seen_.insert(found).second) return;
    for (const TemplateReference& nested : found->spec->templates) find_template(nested, "spec.templates");
  }

  void check_service(const Service& service, const std::string& path) {
    const std::string& name = service.meta.name;
    for (const auto& [key, value] : service.spec.selector) {
      if (key == hash_label || !rollout_.spec->pod_template) continue;
      if (rollout_.spec->pod_template->labels.get(key) != value || !rollout_.spec->pod_template->labels.contains(key))
        add(mistakes_,
            invalid(path, name, fmt::format("Service \"{}\" has unmatch label \"{}\" in rollout", name, key)));
    }
    const std::string_view owner = service.meta.annotations.get(managed_by);
    if (!owner.empty() && owner != rollout_.meta.name)
      add(mistakes_, invalid(path, name, fmt::format("Service \"{}\" is managed by another Rollout", name)));
  }

  const Rollout& rollout_;
  const RolloutReferences& references_;
  std::vector<std::pair<std::string, const Service*>> services_;
  std::set<const AnalysisTemplate*> seen_;
  kube::Mistakes mistakes_;
};

}  // namespace

kube::Mistakes validate_rollout(const Rollout& rollout) {
  const RolloutSpec& spec = *rollout.spec;
  kube::Mistakes mistakes;
  check_not_negative(mistakes, "spec.replicas", spec.replicas);
  check_selector(mistakes, spec);
  check_workload(mistakes, spec);
  check_template(mistakes, spec);
  check_times(mistakes, spec);
  check_strategy(mistakes, spec);
  check_history(mistakes, spec);
  append(mistakes, find_refused_fields(spec));
  return mistakes;
}

kube::Mistakes validate_references(const Rollout& rollout, const RolloutReferences& references) {
  return ReferenceCheck(rollout, references).run();
}

std::string invalid_spec_message(std::string_view rollout_name, const kube::Mistakes& mistakes) {
  return fmt::format("The Rollout \"{}\" is invalid: {}", rollout_name, kube::describe(mistakes));
}

}  // namespace sluice::crds
