// status of a Rollout, as it is on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/condition.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/time.h"

namespace sluice::crds {

struct PauseCondition {
  Word reason;  // CanaryPauseStep, BlueGreenPause, InconclusiveAnalysisRun, InconclusiveExperiment
  kube::Time start_time;
  bool operator==(const PauseCondition&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("reason", self.reason);
    visit.always("startTime", self.start_time);
  }
};

// The AnalysisRun that a gate of a Rollout looks at.
struct AnalysisRunSummary {
  std::string name;
  Word status;  // phase of the run
  std::string message;
  bool operator==(const AnalysisRunSummary&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("name", self.name);
    visit.always("status", self.status);
    visit("message", self.message);
  }
};

struct BlueGreenStatus {
  std::string preview_selector;  // hash that the preview Service selects
  std::string active_selector;
  bool scale_up_preview_check_point = false;
  Seldom<AnalysisRunSummary> pre_promotion_analysis_run_status;
  Seldom<AnalysisRunSummary> post_promotion_analysis_run_status;
  bool operator==(const BlueGreenStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("previewSelector", self.preview_selector);
    visit("activeSelector", self.active_selector);
    visit("scaleUpPreviewCheckPoint", self.scale_up_preview_check_point);
    visit("prePromotionAnalysisRunStatus", self.pre_promotion_analysis_run_status);
    visit("postPromotionAnalysisRunStatus", self.post_promotion_analysis_run_status);
  }
};

struct WeightDestination {
  std::int32_t weight = 0;
  std::string service_name;
  std::string pod_template_hash;
  bool operator==(const WeightDestination&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("weight", self.weight);
    visit("serviceName", self.service_name);
    visit("podTemplateHash", self.pod_template_hash);
  }
};

// The split of the traffic that was applied last.
struct TrafficWeights {
  WeightDestination canary;
  WeightDestination stable;
  std::vector<WeightDestination> additional;
  std::optional<bool> verified;  // absent when the router cannot tell
  bool operator==(const TrafficWeights&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("canary", self.canary);
    visit.always("stable", self.stable);
    visit("additional", self.additional);
    visit("verified", self.verified);
  }
};

struct StepPluginStatus {
  std::int32_t index = 0;
  std::string name;
  Word phase;
  Word operation;  // Run, Terminate or Abort
  std::string message;
  std::optional<kube::Time> started_at;
  std::optional<kube::Time> updated_at;
  std::optional<kube::Time> finished_at;
  std::string backoff;  // Go duration
  std::int32_t executions = 0;
  bool disabled = false;
  RawJson status;  // the plugin's own
  bool operator==(const StepPluginStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("index", self.index);
    visit.always("name", self.name);
    visit("message", self.message);
    visit("phase", self.phase);
    visit("startedAt", self.started_at);
    visit("updatedAt", self.updated_at);
    visit("finishedAt", self.finished_at);
    visit("backoff", self.backoff);
    visit("executions", self.executions);
    visit("operation", self.operation);
    visit("disabled", self.disabled);
    visit("status", self.status);
  }
};

struct CanaryStatus {
  Seldom<AnalysisRunSummary> current_step_analysis_run_status;
  Seldom<AnalysisRunSummary> current_background_analysis_run_status;
  Word current_experiment;  // its name
  Seldom<TrafficWeights> weights;
  Word stable_ping_pong;  // "ping" or "pong"
  std::vector<StepPluginStatus> step_plugin_statuses;
  bool operator==(const CanaryStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("currentStepAnalysisRunStatus", self.current_step_analysis_run_status);
    visit("currentBackgroundAnalysisRunStatus", self.current_background_analysis_run_status);
    visit("currentExperiment", self.current_experiment);
    visit("weights", self.weights);
    visit("stablePingPong", self.stable_ping_pong);
    visit("stepPluginStatuses", self.step_plugin_statuses);
  }
};

struct AwsResource {
  std::string name;
  std::string arn;
  std::string full_name;
  bool operator==(const AwsResource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("name", self.name);
    visit.always("arn", self.arn);
    visit("fullName", self.full_name);
  }
};

struct AlbStatus {
  std::string ingress;
  AwsResource load_balancer;
  AwsResource canary_target_group;
  AwsResource stable_target_group;
  bool operator==(const AlbStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("ingress", self.ingress);
    visit.always("loadBalancer", self.load_balancer);
    visit.always("canaryTargetGroup", self.canary_target_group);
    visit.always("stableTargetGroup", self.stable_target_group);
  }
};

// How long the update has taken, pauses by people apart.
struct RolloutDuration {
  std::optional<kube::Time> rollout_started_at;
  std::optional<kube::Time> finished_at;
  std::optional<kube::Time> manual_pause_started_at;
  std::int64_t total_manual_pause_duration_seconds = 0;
  Word completion_status;  // Promoted, FastPromoted, Aborted, Superseded, RolledBack, FastRolledBack
  bool operator==(const RolloutDuration&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("rolloutStartedAt", self.rollout_started_at);
    visit("finishedAt", self.finished_at);
    visit("manualPauseStartedAt", self.manual_pause_started_at);
    visit("totalManualPauseDurationSeconds", self.total_manual_pause_duration_seconds);
    visit("completionStatus", self.completion_status);
  }
};

struct RolloutStatus {
  std::optional<kube::Time> aborted_at;
  std::vector<PauseCondition> pause_conditions;
  std::string current_pod_hash;
  Word current_step_hash;
  std::optional<std::int32_t> current_step_index;
  std::optional<std::int32_t> collision_count;
  Word observed_generation;  // decimal metadata.generation
  Word workload_observed_generation;
  std::int32_t replicas = 0;
  std::int32_t updated_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::int32_t hpa_replicas = 0;
  bool abort = false;
  bool promote_full = false;
  bool controller_pause = false;  // true with no pause conditions: a person has resumed
  std::string selector;
  std::string stable_rs;  // hash that was promoted last
  std::optional<kube::Time> restarted_at;
  Word phase;  // Healthy, Degraded, Progressing or Paused
  std::string message;
  std::vector<Condition> conditions;
  BlueGreenStatus blue_green;
  CanaryStatus canary;
  Seldom<AlbStatus> alb;
  Seldom<std::vector<AlbStatus>> albs;
  Seldom<RolloutDuration> duration;
  bool operator==(const RolloutStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("abort", self.abort);
    visit("abortedAt", self.aborted_at);
    visit("pauseConditions", self.pause_conditions);
    visit("controllerPause", self.controller_pause);
    visit("promoteFull", self.promote_full);
    visit("currentPodHash", self.current_pod_hash);
    visit("currentStepHash", self.current_step_hash);
    visit("currentStepIndex", self.current_step_index);
    visit("collisionCount", self.collision_count);
    visit("observedGeneration", self.observed_generation);
    visit("workloadObservedGeneration", self.workload_observed_generation);
    visit("replicas", self.replicas);
    visit("updatedReplicas", self.updated_replicas);
    visit("readyReplicas", self.ready_replicas);
    visit("availableReplicas", self.available_replicas);
    visit("HPAReplicas", self.hpa_replicas);
    visit("selector", self.selector);
    visit("stableRS", self.stable_rs);
    visit("restartedAt", self.restarted_at);
    visit("phase", self.phase);
    visit("message", self.message);
    visit("conditions", self.conditions);
    visit.always("blueGreen", self.blue_green);
    visit.always("canary", self.canary);
    visit("alb", self.alb);
    visit("albs", self.albs);
    visit("duration", self.duration);
  }
};

}  // namespace sluice::crds
