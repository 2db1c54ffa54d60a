// The steps of a canary. A step is meant to be of one kind: exactly one member is set.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis_input.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "kube/int_or_string.h"
#include "kube/label_selector.h"

namespace sluice::crds {

// Without a duration only a person ends it. A number means seconds, a text is a Go duration or a number of seconds.
struct PauseStep {
  std::optional<kube::IntOrString> duration;
  bool operator==(const PauseStep&) const = default;
  static void fields(auto& self, auto& visit) { visit("duration", self.duration); }
};

struct SetCanaryScale {
  std::optional<std::int32_t> weight;    // percent of spec.replicas, may exceed 100
  std::optional<std::int32_t> replicas;  // wins over the weight
  bool match_traffic_weight = false;     // cancels earlier ones
  bool operator==(const SetCanaryScale&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("weight", self.weight);
    visit("replicas", self.replicas);
    visit("matchTrafficWeight", self.match_traffic_weight);
  }
};

// How a header, a method or a path is compared; exactly one is meant to be set.
struct StringMatch {
  std::string exact;
  std::string prefix;
  std::string regex;
  bool operator==(const StringMatch&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("exact", self.exact);
    visit("prefix", self.prefix);
    visit("regex", self.regex);
  }
};

struct HeaderRouteMatch {
  std::string header_name;
  std::optional<StringMatch> header_value;
  bool operator==(const HeaderRouteMatch&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("headerName", self.header_name);
    visit.required("headerValue", self.header_value);
  }
};

// Without matches the route is removed.
struct SetHeaderRoute {
  std::string name;
  std::vector<HeaderRouteMatch> match;
  bool operator==(const SetHeaderRoute&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("match", self.match);
  }
};

struct MirrorRouteMatch {
  std::optional<StringMatch> method;
  std::optional<StringMatch> path;
  std::map<std::string, StringMatch> headers;
  bool operator==(const MirrorRouteMatch&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("method", self.method);
    visit("path", self.path);
    visit("headers", self.headers);
  }
};

// Without matches the route is removed.
struct SetMirrorRoute {
  std::string name;
  std::vector<MirrorRouteMatch> match;
  std::optional<std::int32_t> percentage;  // 100 when absent
  bool operator==(const SetMirrorRoute&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("match", self.match);
    visit("percentage", self.percentage);
  }
};

struct PluginStep {
  std::string name;
  RawJson config;
  bool operator==(const PluginStep&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("config", self.config);
  }
};

struct ExperimentStepService {
  std::string name;
  bool operator==(const ExperimentStepService&) const = default;
  static void fields(auto& self, auto& visit) { visit("name", self.name); }
};

struct ExperimentStepTemplate {
  std::string name;
  std::string spec_ref;  // "stable" or "canary"
  std::optional<std::int32_t> replicas;
  Metadata metadata;  // of the pods
  std::optional<kube::LabelSelector> selector;
  std::optional<std::int32_t> weight;  // of the traffic
  std::optional<ExperimentStepService> service;
  bool operator==(const ExperimentStepTemplate&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("specRef", self.spec_ref);
    visit("replicas", self.replicas);
    visit.always("metadata", self.metadata);
    visit("selector", self.selector);
    visit("weight", self.weight);
    visit("service", self.service);
  }
};

struct ExperimentStepAnalysis {
  std::string name;
  std::string template_name;
  bool cluster_scope = false;
  std::vector<Argument> args;
  bool required_for_completion = false;
  bool operator==(const ExperimentStepAnalysis&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("templateName", self.template_name);
    visit("clusterScope", self.cluster_scope);
    visit("args", self.args);
    visit("requiredForCompletion", self.required_for_completion);
  }
};

struct ExperimentStep {
  std::vector<ExperimentStepTemplate> templates;
  std::string duration;  // Go duration; "" has no end
  std::vector<ExperimentStepAnalysis> analyses;
  Metadata analysis_run_metadata;
  std::vector<DryRun> dry_run;
  std::optional<std::int32_t> scale_down_delay_seconds;
  bool operator==(const ExperimentStep&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("templates", self.templates);
    visit("duration", self.duration);
    visit("analyses", self.analyses);
    visit.always("analysisRunMetadata", self.analysis_run_metadata);
    visit("dryRun", self.dry_run);
    visit("scaleDownDelaySeconds", self.scale_down_delay_seconds);
  }
};

struct CanaryStep {
  std::optional<std::int32_t> set_weight;  // 0 to maxTrafficWeight
  Seldom<PauseStep> pause;
  Seldom<ExperimentStep> experiment;
  Seldom<RolloutAnalysis> analysis;
  Seldom<SetCanaryScale> set_canary_scale;
  Seldom<SetHeaderRoute> set_header_route;
  Seldom<SetMirrorRoute> set_mirror_route;
  Seldom<PluginStep> plugin;
  bool operator==(const CanaryStep&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("setWeight", self.set_weight);
    visit("pause", self.pause);
    visit("experiment", self.experiment);
    visit("analysis", self.analysis);
    visit("setCanaryScale", self.set_canary_scale);
    visit("setHeaderRoute", self.set_header_route);
    visit("setMirrorRoute", self.set_mirror_route);
    visit("plugin", self.plugin);
  }
};

// The steps of one canary as an immutable list that rollouts with the same steps share, with its step hash.
class CanarySteps {
 public:
  using const_iterator = std::vector<CanaryStep>::const_iterator;

  CanarySteps() = default;
  // Equal lists that are in use are shared.
  CanarySteps(std::vector<CanaryStep> steps);
  // Steps whose hash is known; not shared with others.
  CanarySteps(std::vector<CanaryStep> steps, std::string hash);

  bool empty() const { return !list_ || list_->steps.empty(); }
  std::size_t size() const { return list_ ? list_->steps.size() : 0; }
  const CanaryStep& operator[](std::size_t index) const { return list_->steps[index]; }
  const_iterator begin() const { return all().begin(); }
  const_iterator end() const { return all().end(); }
  const std::vector<CanaryStep>& all() const;
  // status.currentStepHash for these steps; that of `null` when there is no list.
  std::string hash() const;

  bool operator==(const CanarySteps& other) const { return list_ == other.list_ || all() == other.all(); }

 private:
  struct List {
    std::vector<CanaryStep> steps;
    std::string text;  // as the step hash reads it
    std::string hash;
  };
  std::shared_ptr<const List> list_;
};

}  // namespace sluice::crds
