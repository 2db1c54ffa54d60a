// The Experiment: several pod templates side by side for a while, with analyses that compare them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis_input.h"
#include "crds/canary_step.h"
#include "crds/condition.h"
#include "crds/pod_template.h"
#include "kube/label_selector.h"
#include "kube/metadata.h"

namespace sluice::crds {

struct ExperimentTemplate {
  std::string name;
  std::optional<std::int32_t> replicas;  // 1 when absent
  std::int32_t min_ready_seconds = 0;
  std::optional<kube::LabelSelector> selector;
  PodTemplatePointer pod_template;
  std::optional<ExperimentStepService> service;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("replicas", self.replicas);
    visit("minReadySeconds", self.min_ready_seconds);
    visit("selector", self.selector);
    visit("template", self.pod_template);
    visit("service", self.service);
  }
};

struct ExperimentSpec {
  std::vector<ExperimentTemplate> templates;
  std::string duration;                                   // Go duration from status.availableAt; "" has no end
  std::optional<std::int32_t> progress_deadline_seconds;  // 600 when absent
  bool terminate = false;
  std::vector<ExperimentStepAnalysis> analyses;
  std::optional<std::int32_t> scale_down_delay_seconds;  // 30 when absent
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  Metadata analysis_run_metadata;
  static void fields(auto& self, auto& visit) {
    visit.required("templates", self.templates);
    visit("duration", self.duration);
    visit("progressDeadlineSeconds", self.progress_deadline_seconds);
    visit("terminate", self.terminate);
    visit("analyses", self.analyses);
    visit("scaleDownDelaySeconds", self.scale_down_delay_seconds);
    visit("dryRun", self.dry_run);
    visit("measurementRetention", self.measurement_retention);
    visit.always("analysisRunMetadata", self.analysis_run_metadata);
  }
};

struct ExperimentTemplateStatus {
  std::string name;
  std::int32_t replicas = 0;
  std::int32_t updated_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::optional<std::int32_t> collision_count;
  Word status;  // Progressing, Running, Successful, Failed or Error
  std::string message;
  std::optional<kube::Time> last_transition_time;
  std::string service_name;
  std::string pod_template_hash;
  bool operator==(const ExperimentTemplateStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("name", self.name);
    visit.always("replicas", self.replicas);
    visit.always("updatedReplicas", self.updated_replicas);
    visit.always("readyReplicas", self.ready_replicas);
    visit.always("availableReplicas", self.available_replicas);
    visit("collisionCount", self.collision_count);
    visit("status", self.status);
    visit("message", self.message);
    visit("lastTransitionTime", self.last_transition_time);
    visit("serviceName", self.service_name);
    visit("podTemplateHash", self.pod_template_hash);
  }
};

struct ExperimentAnalysisStatus {
  std::string name;
  std::string analysis_run;
  Word phase;
  std::string message;
  bool operator==(const ExperimentAnalysisStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("name", self.name);
    visit.always("analysisRun", self.analysis_run);
    visit.always("phase", self.phase);
    visit("message", self.message);
  }
};

struct ExperimentStatus {
  Word phase;
  std::string message;
  std::optional<kube::Time> available_at;
  std::vector<Condition> conditions;
  std::vector<ExperimentTemplateStatus> template_statuses;
  std::vector<ExperimentAnalysisStatus> analysis_runs;
  bool operator==(const ExperimentStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("phase", self.phase);
    visit("message", self.message);
    visit("availableAt", self.available_at);
    visit("conditions", self.conditions);
    visit("templateStatuses", self.template_statuses);
    visit("analysisRuns", self.analysis_runs);
  }
};

// Its CRD has no status subresource: the status is written to the object itself.
struct Experiment {
  kube::ObjectMeta meta;
  std::shared_ptr<const ExperimentSpec> spec = std::make_shared<const ExperimentSpec>();  // never null
  ExperimentStatus status;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit.required("spec", self.spec);
    visit("status", self.status);
  }
};

}  // namespace sluice::crds
