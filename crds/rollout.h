// The Rollout as stores keep it. The spec is immutable and shared by all versions of the object that have it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "crds/pod_template.h"
#include "crds/rollout_status.h"
#include "crds/seldom.h"
#include "crds/strategy.h"
#include "kube/label_selector.h"
#include "kube/metadata.h"

namespace sluice::crds {

// Where the pod template comes from when spec.template is not given.
struct WorkloadReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string scale_down;  // "never" (also ""), "onsuccess", "progressively"
  bool operator==(const WorkloadReference&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("apiVersion", self.api_version);
    visit("kind", self.kind);
    visit("name", self.name);
    visit("scaleDown", self.scale_down);
  }
};

struct RollbackWindow {
  std::int32_t revisions = 0;
  bool operator==(const RollbackWindow&) const = default;
  static void fields(auto& self, auto& visit) { visit("revisions", self.revisions); }
};

// How many finished AnalysisRuns are kept.
struct AnalysisHistory {
  std::optional<std::int32_t> successful_run_history_limit;    // 5 when absent
  std::optional<std::int32_t> unsuccessful_run_history_limit;  // 5 when absent
  bool operator==(const AnalysisHistory&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("successfulRunHistoryLimit", self.successful_run_history_limit);
    visit("unsuccessfulRunHistoryLimit", self.unsuccessful_run_history_limit);
  }
};

struct RolloutSpec {
  std::optional<std::int32_t> replicas;  // 1 when absent
  std::optional<kube::LabelSelector> selector;
  PodTemplatePointer pod_template;  // null when absent or when it comes from workloadRef
  Seldom<WorkloadReference> workload_ref;
  std::int32_t min_ready_seconds = 0;
  std::optional<std::int32_t> revision_history_limit;  // 10 when absent
  bool paused = false;
  std::optional<std::int32_t> progress_deadline_seconds;  // 600 when absent
  bool progress_deadline_abort = false;
  std::optional<kube::Time> restart_at;
  std::optional<RollbackWindow> rollback_window;
  Seldom<AnalysisHistory> analysis;
  Strategy strategy;

  static void fields(auto& self, auto& visit) {
    visit("replicas", self.replicas);
    visit("selector", self.selector);
    visit("template", self.pod_template);
    visit("workloadRef", self.workload_ref);
    visit("minReadySeconds", self.min_ready_seconds);
    visit("revisionHistoryLimit", self.revision_history_limit);
    visit("paused", self.paused);
    visit("progressDeadlineSeconds", self.progress_deadline_seconds);
    visit("progressDeadlineAbort", self.progress_deadline_abort);
    visit("restartAt", self.restart_at);
    visit("rollbackWindow", self.rollback_window);
    visit("analysis", self.analysis);
    visit("strategy", self.strategy);
  }
};

struct Rollout {
  kube::ObjectMeta meta;  // without the annotation kubectl.kubernetes.io/last-applied-configuration
  std::shared_ptr<const RolloutSpec> spec = std::make_shared<const RolloutSpec>();  // never null
  RolloutStatus status;

  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit.required("spec", self.spec);
    visit("status", self.status);
  }
};

}  // namespace sluice::crds
