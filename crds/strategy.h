// spec.strategy of a Rollout: blue/green or canary, with every option.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "crds/analysis_input.h"
#include "crds/canary_step.h"
#include "crds/seldom.h"
#include "crds/traffic_routing.h"
#include "kube/int_or_string.h"

namespace sluice::crds {

struct PreferredAntiAffinity {
  std::int32_t weight = 0;
  bool operator==(const PreferredAntiAffinity&) const = default;
  static void fields(auto& self, auto& visit) { visit.required("weight", self.weight); }
};

struct RequiredAntiAffinity {
  bool operator==(const RequiredAntiAffinity&) const = default;
  static void fields(auto&, auto&) {}
};

struct AntiAffinity {
  std::optional<PreferredAntiAffinity> preferred;
  std::optional<RequiredAntiAffinity> required;
  bool operator==(const AntiAffinity&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("preferredDuringSchedulingIgnoredDuringExecution", self.preferred);
    visit("requiredDuringSchedulingIgnoredDuringExecution", self.required);
  }
};

struct BlueGreenStrategy {
  std::string active_service;
  std::string preview_service;                        // "" for none
  std::optional<std::int32_t> preview_replica_count;  // spec.replicas when absent
  std::optional<bool> auto_promotion_enabled;         // true when absent
  std::int32_t auto_promotion_seconds = 0;
  Seldom<kube::IntOrString> max_unavailable;             // used by restarts only; 25 % when absent
  std::optional<std::int32_t> scale_down_delay_seconds;  // 30 when absent
  std::optional<std::int32_t> scale_down_delay_revision_limit;
  std::optional<std::int32_t> abort_scale_down_delay_seconds;  // 30 when absent, 0 never scales down
  Seldom<RolloutAnalysis> pre_promotion_analysis;
  Seldom<RolloutAnalysis> post_promotion_analysis;
  Seldom<AntiAffinity> anti_affinity;
  Seldom<Metadata> preview_metadata;
  Seldom<Metadata> active_metadata;
  bool operator==(const BlueGreenStrategy&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("activeService", self.active_service);
    visit("previewService", self.preview_service);
    visit("previewReplicaCount", self.preview_replica_count);
    visit("autoPromotionEnabled", self.auto_promotion_enabled);
    visit("autoPromotionSeconds", self.auto_promotion_seconds);
    visit("maxUnavailable", self.max_unavailable);
    visit("scaleDownDelaySeconds", self.scale_down_delay_seconds);
    visit("scaleDownDelayRevisionLimit", self.scale_down_delay_revision_limit);
    visit("abortScaleDownDelaySeconds", self.abort_scale_down_delay_seconds);
    visit("prePromotionAnalysis", self.pre_promotion_analysis);
    visit("postPromotionAnalysis", self.post_promotion_analysis);
    visit("antiAffinity", self.anti_affinity);
    visit("previewMetadata", self.preview_metadata);
    visit("activeMetadata", self.active_metadata);
  }
};

struct PingPong {
  std::string ping_service;
  std::string pong_service;
  bool operator==(const PingPong&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("pingService", self.ping_service);
    visit.required("pongService", self.pong_service);
  }
};

struct ReplicaProgressThreshold {
  std::string type;  // "Percent" or "Pods"
  std::int32_t value = 0;
  bool operator==(const ReplicaProgressThreshold&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("type", self.type);
    visit.required("value", self.value);
  }
};

struct CanaryStrategy {
  std::string canary_service;
  std::string stable_service;
  Seldom<PingPong> ping_pong;
  CanarySteps steps;
  Seldom<TrafficRouting> traffic_routing;
  Seldom<kube::IntOrString> max_surge;        // 25 % when absent
  Seldom<kube::IntOrString> max_unavailable;  // 25 % when absent
  Seldom<BackgroundAnalysis> analysis;
  Seldom<AntiAffinity> anti_affinity;
  Seldom<Metadata> canary_metadata;
  Seldom<Metadata> stable_metadata;
  std::optional<std::int32_t> scale_down_delay_seconds;  // 30 when absent; only with traffic routing
  std::optional<std::int32_t> scale_down_delay_revision_limit;
  std::optional<std::int32_t> abort_scale_down_delay_seconds;  // 30 when absent, 0 never scales down
  bool dynamic_stable_scale = false;
  std::optional<std::int32_t> min_pods_per_replica_set;
  Seldom<ReplicaProgressThreshold> replica_progress_threshold;
  bool operator==(const CanaryStrategy&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("canaryService", self.canary_service);
    visit("stableService", self.stable_service);
    visit("pingPong", self.ping_pong);
    visit("steps", self.steps);
    visit("trafficRouting", self.traffic_routing);
    visit("maxSurge", self.max_surge);
    visit("maxUnavailable", self.max_unavailable);
    visit("analysis", self.analysis);
    visit("antiAffinity", self.anti_affinity);
    visit("canaryMetadata", self.canary_metadata);
    visit("stableMetadata", self.stable_metadata);
    visit("scaleDownDelaySeconds", self.scale_down_delay_seconds);
    visit("scaleDownDelayRevisionLimit", self.scale_down_delay_revision_limit);
    visit("abortScaleDownDelaySeconds", self.abort_scale_down_delay_seconds);
    visit("dynamicStableScale", self.dynamic_stable_scale);
    visit("minPodsPerReplicaSet", self.min_pods_per_replica_set);
    visit("replicaProgressThreshold", self.replica_progress_threshold);
  }
};

// Exactly one is meant to be set.
struct Strategy {
  Seldom<BlueGreenStrategy> blue_green;
  Seldom<CanaryStrategy> canary;
  bool operator==(const Strategy&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("blueGreen", self.blue_green);
    visit("canary", self.canary);
  }
};

}  // namespace sluice::crds
