// What Rollouts, templates, runs and Experiments share when they ask for an analysis: arguments, templates, rules.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/string_map.h"

namespace sluice::crds {

struct SecretKeyReference {
  std::string name;
  std::string key;
  bool operator==(const SecretKeyReference&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("key", self.key);
  }
};

struct FieldReference {
  std::string field_path;
  bool operator==(const FieldReference&) const = default;
  static void fields(auto& self, auto& visit) { visit.required("fieldPath", self.field_path); }
};

// Exactly one is meant to be set. A Rollout may use the hash and the field, a template or run the Secret and the field.
struct ArgumentSource {
  std::optional<Word> pod_template_hash_value;  // "Stable" or "Latest"
  std::optional<FieldReference> field_ref;
  std::optional<SecretKeyReference> secret_key_ref;
  bool operator==(const ArgumentSource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("podTemplateHashValue", self.pod_template_hash_value);
    visit("fieldRef", self.field_ref);
    visit("secretKeyRef", self.secret_key_ref);
  }
};

struct Argument {
  std::string name;
  std::optional<std::string> value;
  Seldom<ArgumentSource> value_from;
  bool operator==(const Argument&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("value", self.value);
    visit("valueFrom", self.value_from);
  }
};

// Measures these metrics, but their verdict does not count.
struct DryRun {
  std::string metric_name;  // a regular expression, not anchored
  bool operator==(const DryRun&) const = default;
  static void fields(auto& self, auto& visit) { visit.required("metricName", self.metric_name); }
};

struct MeasurementRetention {
  std::string metric_name;  // a regular expression, not anchored
  std::int32_t limit = 0;   // measurements kept
  bool operator==(const MeasurementRetention&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("metricName", self.metric_name);
    visit.required("limit", self.limit);
  }
};

// Labels and annotations put on objects that the controller makes.
struct Metadata {
  kube::StringMap labels;
  kube::StringMap annotations;
  bool operator==(const Metadata&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("labels", self.labels);
    visit("annotations", self.annotations);
  }
};

struct TemplateReference {
  std::string template_name;
  bool cluster_scope = false;  // a ClusterAnalysisTemplate
  bool operator==(const TemplateReference&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("templateName", self.template_name);
    visit("clusterScope", self.cluster_scope);
  }
};

// One analysis of a Rollout. Without templates it is skipped.
struct RolloutAnalysis {
  std::vector<TemplateReference> templates;
  std::vector<Argument> args;
  std::vector<DryRun> dry_run;
  std::vector<MeasurementRetention> measurement_retention;
  Seldom<Metadata> analysis_run_metadata;
  bool operator==(const RolloutAnalysis&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("templates", self.templates);
    visit("args", self.args);
    visit("dryRun", self.dry_run);
    visit("measurementRetention", self.measurement_retention);
    visit("analysisRunMetadata", self.analysis_run_metadata);
  }
};

// The analysis beside all steps of a canary.
struct BackgroundAnalysis {
  RolloutAnalysis analysis;
  std::optional<std::int32_t> starting_step;  // index; 0 when absent
  bool operator==(const BackgroundAnalysis&) const = default;
  static void fields(auto& self, auto& visit) {
    RolloutAnalysis::fields(self.analysis, visit);
    visit("startingStep", self.starting_step);
  }
};

}  // namespace sluice::crds
