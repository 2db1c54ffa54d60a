// AnalysisTemplate, ClusterAnalysisTemplate and AnalysisRun.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis_input.h"
#include "crds/metric.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/metadata.h"

namespace sluice::crds {

struct AnalysisTemplateSpec {
  std::vector<Metric> metrics;
  std::vector<Argument> args;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  std::vector<TemplateReference> templates;
  bool operator==(const AnalysisTemplateSpec&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("metrics", self.metrics);
    visit("args", self.args);
    visit("dryRun", self.dry_run);
    visit("measurementRetention", self.measurement_retention);
    visit("templates", self.templates);
  }
};

// Also a ClusterAnalysisTemplate, whose namespace is "".
struct AnalysisTemplate {
  kube::ObjectMeta meta;  // without the annotation kubectl.kubernetes.io/last-applied-configuration
  std::shared_ptr<const AnalysisTemplateSpec> spec = std::make_shared<const AnalysisTemplateSpec>();  // never null
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit.required("spec", self.spec);
  }
};

// When a finished run is deleted.
struct TtlStrategy {
  std::optional<std::int32_t> seconds_after_completion;
  std::optional<std::int32_t> seconds_after_failure;
  std::optional<std::int32_t> seconds_after_success;
  bool operator==(const TtlStrategy&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("secondsAfterCompletion", self.seconds_after_completion);
    visit("secondsAfterFailure", self.seconds_after_failure);
    visit("secondsAfterSuccess", self.seconds_after_success);
  }
};

struct AnalysisRunSpec {
  std::vector<Metric> metrics;
  std::vector<Argument> args;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  bool terminate = false;
  std::optional<TtlStrategy> ttl_strategy;
  bool operator==(const AnalysisRunSpec&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("metrics", self.metrics);
    visit("args", self.args);
    visit("terminate", self.terminate);
    visit("dryRun", self.dry_run);
    visit("measurementRetention", self.measurement_retention);
    visit("ttlStrategy", self.ttl_strategy);
  }
};

struct Measurement {
  Word phase;
  std::string message;
  std::optional<kube::Time> started_at;
  std::optional<kube::Time> finished_at;
  std::string value;
  kube::StringMap metadata;
  std::optional<kube::Time> resume_at;
  bool operator==(const Measurement&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("phase", self.phase);
    visit("message", self.message);
    visit("startedAt", self.started_at);
    visit("finishedAt", self.finished_at);
    visit("value", self.value);
    visit("metadata", self.metadata);
    visit("resumeAt", self.resume_at);
  }
};

struct MetricResult {
  std::string name;
  Word phase;
  std::vector<Measurement> measurements;  // newest last
  std::string message;
  std::int32_t count = 0;  // measurements that were no errors
  std::int32_t successful = 0;
  std::int32_t failed = 0;
  std::int32_t inconclusive = 0;
  std::int32_t error = 0;
  std::int32_t consecutive_error = 0;
  std::int32_t consecutive_success = 0;
  bool dry_run = false;
  kube::StringMap metadata;
  bool operator==(const MetricResult&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("name", self.name);
    visit.always("phase", self.phase);
    visit("measurements", self.measurements);
    visit("message", self.message);
    visit("count", self.count);
    visit("successful", self.successful);
    visit("failed", self.failed);
    visit("inconclusive", self.inconclusive);
    visit("error", self.error);
    visit("consecutiveError", self.consecutive_error);
    visit("consecutiveSuccess", self.consecutive_success);
    visit("dryRun", self.dry_run);
    visit("metadata", self.metadata);
  }
};

// Counts metrics, not measurements.
struct RunSummary {
  std::int32_t count = 0;
  std::int32_t successful = 0;
  std::int32_t failed = 0;
  std::int32_t inconclusive = 0;
  std::int32_t error = 0;
  bool operator==(const RunSummary&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("count", self.count);
    visit("successful", self.successful);
    visit("failed", self.failed);
    visit("inconclusive", self.inconclusive);
    visit("error", self.error);
  }
};

struct AnalysisRunStatus {
  Word phase;  // "" before the first write
  std::string message;
  std::vector<MetricResult> metric_results;
  std::optional<kube::Time> started_at;
  std::optional<kube::Time> completed_at;
  RunSummary run_summary;
  std::optional<RunSummary> dry_run_summary;
  bool operator==(const AnalysisRunStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("phase", self.phase);
    visit("message", self.message);
    visit("metricResults", self.metric_results);
    visit("startedAt", self.started_at);
    visit("completedAt", self.completed_at);
    visit.always("runSummary", self.run_summary);
    visit("dryRunSummary", self.dry_run_summary);
  }
};

// Its CRD has no status subresource: the status is written to the object itself.
struct AnalysisRun {
  kube::ObjectMeta meta;
  std::shared_ptr<const AnalysisRunSpec> spec = std::make_shared<const AnalysisRunSpec>();  // never null
  AnalysisRunStatus status;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit.required("spec", self.spec);
    visit("status", self.status);
  }
};

}  // namespace sluice::crds
