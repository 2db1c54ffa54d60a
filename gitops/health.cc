// The rules of health, kind by kind.
#include "gitops/health.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::gitops {
namespace {

using enum HealthStatus;
using kube::find_at;
using kube::number_at;
using kube::text_at;
using Path = std::initializer_list<std::string_view>;

bool flag_at(const json::value& object, Path path) {
  const json::value* found = find_at(object, path);
  return found && found->is_bool() && found->get_bool();
}

const json::array& list_at(const json::value& object, Path path) {
  static const json::array none;
  const json::value* found = find_at(object, path);
  return found && found->is_array() ? found->get_array() : none;
}

// The condition of a type; nullptr when the object has none.
const json::value* condition(const json::value& object, std::string_view type) {
  for (const json::value& one : list_at(object, {"status", "conditions"}))
    if (text_at(one, {"type"}) == type) return &one;
  return nullptr;
}

bool holds(const json::value* of) { return of && text_at(*of, {"status"}) == "True"; }

std::string message_of(const json::value* of) { return of ? std::string(text_at(*of, {"message"})) : std::string(); }

bool is_observed(const json::value& object) {
  return number_at(object, {"status", "observedGeneration"}) >= number_at(object, {"metadata", "generation"});
}

const Health waiting_for_controller{progressing, "waiting for the controller to see the newest specification"};

Health deployment(const json::value& object) {
  if (flag_at(object, {"spec", "paused"})) return {suspended, "the Deployment is paused"};
  if (!is_observed(object)) return waiting_for_controller;
  const json::value* progress = condition(object, "Progressing");
  if (progress && text_at(*progress, {"reason"}) == "ProgressDeadlineExceeded")
    return {degraded,
            fmt::format("the Deployment \"{}\" exceeded its progress deadline", text_at(object, {"metadata", "name"}))};
  const auto wanted = number_at(object, {"spec", "replicas"}, 1);
  const auto updated = number_at(object, {"status", "updatedReplicas"});
  const auto all = number_at(object, {"status", "replicas"});
  const auto available = number_at(object, {"status", "availableReplicas"});
  if (updated < wanted) return {progressing, fmt::format("{} of {} replicas are updated", updated, wanted)};
  if (all > updated) return {progressing, fmt::format("{} old replicas are still there", all - updated)};
  if (available < updated) return {progressing, fmt::format("{} of {} replicas are available", available, updated)};
  return {};
}

Health stateful_set(const json::value& object) {
  if (number_at(object, {"status", "observedGeneration"}) == 0 || !is_observed(object)) return waiting_for_controller;
  const auto wanted = number_at(object, {"spec", "replicas"}, 1);
  const auto ready = number_at(object, {"status", "readyReplicas"});
  if (ready < wanted) return {progressing, fmt::format("{} of {} replicas are ready", ready, wanted)};
  if (text_at(object, {"spec", "updateStrategy", "type"}) == "OnDelete") return {};
  const auto partition = number_at(object, {"spec", "updateStrategy", "rollingUpdate", "partition"});
  const auto updated = number_at(object, {"status", "updatedReplicas"});
  if (partition > 0) {
    if (updated < wanted - partition)
      return {progressing, fmt::format("{} of {} replicas of the partition are updated", updated, wanted - partition)};
    return {};
  }
  if (text_at(object, {"status", "updateRevision"}) != text_at(object, {"status", "currentRevision"}))
    return {progressing, fmt::format("{} of {} replicas are updated", updated, wanted)};
  return {};
}

Health daemon_set(const json::value& object) {
  if (!is_observed(object)) return waiting_for_controller;
  if (text_at(object, {"spec", "updateStrategy", "type"}) == "OnDelete") return {};
  const auto wanted = number_at(object, {"status", "desiredNumberScheduled"});
  const auto updated = number_at(object, {"status", "updatedNumberScheduled"});
  const auto available = number_at(object, {"status", "numberAvailable"});
  if (updated < wanted) return {progressing, fmt::format("{} of {} pods are updated", updated, wanted)};
  if (available < wanted) return {progressing, fmt::format("{} of {} pods are available", available, wanted)};
  return {};
}

Health replica_set(const json::value& object) {
  if (!is_observed(object)) return waiting_for_controller;
  const json::value* failure = condition(object, "ReplicaFailure");
  if (holds(failure)) return {degraded, message_of(failure)};
  const auto wanted = number_at(object, {"spec", "replicas"}, 1);
  const auto available = number_at(object, {"status", "availableReplicas"});
  if (available < wanted) return {progressing, fmt::format("{} of {} replicas are available", available, wanted)};
  return {};
}

bool is_failing_reason(std::string_view reason) {
  return reason.starts_with("Err") || reason.ends_with("Error") || reason.ends_with("BackOff");
}

Health pod(const json::value& object) {
  const std::string_view phase = text_at(object, {"status", "phase"});
  const bool restarts =
      text_at(object, {"spec", "restartPolicy"}) == "Always" || !find_at(object, {"spec", "restartPolicy"});
  if (restarts)
    for (const json::value& container : list_at(object, {"status", "containerStatuses"}))
      if (is_failing_reason(text_at(container, {"state", "waiting", "reason"})))
        return {degraded, std::string(text_at(container, {"state", "waiting", "message"}))};
  if (phase == "Pending") return {progressing, message_of(condition(object, "PodScheduled"))};
  if (phase == "Succeeded") return {};
  if (phase == "Failed") return {degraded, std::string(text_at(object, {"status", "message"}))};
  if (phase != "Running") return {unknown, std::string(text_at(object, {"status", "message"}))};
  if (!restarts) return {progressing, ""};
  if (holds(condition(object, "Ready"))) return {};
  for (const json::value& container : list_at(object, {"status", "containerStatuses"}))
    if (find_at(container, {"lastState", "terminated"}))
      return {degraded, fmt::format("container \"{}\" ended and is not ready again", text_at(container, {"name"}))};
  return {progressing, "the pod is not ready"};
}

Health service(const json::value& object) {
  if (text_at(object, {"spec", "type"}) != "LoadBalancer") return {};
  if (!list_at(object, {"status", "loadBalancer", "ingress"}).empty()) return {};
  return {progressing, "waiting for the load balancer's address"};
}

Health ingress(const json::value& object) {
  if (!list_at(object, {"status", "loadBalancer", "ingress"}).empty()) return {};
  return {progressing, "waiting for the load balancer's address"};
}

Health volume_claim(const json::value& object) {
  const std::string_view phase = text_at(object, {"status", "phase"});
  if (phase == "Bound") return {};
  if (phase == "Lost") return {degraded, "the volume is lost"};
  return {phase == "Pending" ? progressing : unknown, ""};
}

Health job(const json::value& object) {
  if (const json::value* failed = condition(object, "Failed"); holds(failed)) return {degraded, message_of(failed)};
  if (holds(condition(object, "Complete"))) return {};
  if (holds(condition(object, "Suspended"))) return {suspended, "the Job is suspended"};
  return {progressing, "the Job is running"};
}

Health autoscaler(const json::value& object) {
  constexpr std::array<std::string_view, 8> failures{
      "FailedGetScale",      "FailedUpdateScale",       "FailedGetResourceMetric",      "FailedGetObjectMetric",
      "FailedGetPodsMetric", "FailedGetExternalMetric", "FailedComputeMetricsReplicas", "InvalidSelector"};
  for (const json::value& one : list_at(object, {"status", "conditions"}))
    if (text_at(one, {"status"}) == "False" && std::ranges::find(failures, text_at(one, {"reason"})) != failures.end())
      return {degraded, message_of(&one)};
  if (holds(condition(object, "AbleToScale")) || holds(condition(object, "ScalingLimited"))) return {};
  return {progressing, "waiting for the autoscaler"};
}

Health custom_resource_definition(const json::value& object) {
  const json::value* names = condition(object, "NamesAccepted");
  if (list_at(object, {"status", "conditions"}).empty() || holds(condition(object, "Terminating")))
    return {progressing, "waiting for the definition to be established"};
  if (names && !holds(names)) return {degraded, message_of(names)};
  if (const json::value* bad = condition(object, "NonStructuralSchema"); holds(bad)) return {degraded, message_of(bad)};
  const json::value* established = condition(object, "Established");
  if (holds(established)) return {};
  if (established && text_at(*established, {"reason"}) == "Installing") return {progressing, message_of(established)};
  return {degraded, "the definition is not established"};
}

Health cron_job(const json::value& object) {
  if (!find_at(object, {"status"})) return {progressing, "waiting for the controller"};
  if (flag_at(object, {"spec", "suspend"}) || !list_at(object, {"status", "active"}).empty()) return {};
  const std::string_view scheduled = text_at(object, {"status", "lastScheduleTime"});
  const std::string_view succeeded = text_at(object, {"status", "lastSuccessfulTime"});
  // Times of the API are of one form, so their order is that of their texts.
  if (!scheduled.empty() && !succeeded.empty() && succeeded < scheduled)
    return {degraded, "the last run did not succeed"};
  return {};
}

Health api_service(const json::value& object) {
  const json::value* available = condition(object, "Available");
  if (holds(available)) return {};
  return {progressing, message_of(available)};
}

// The reference writes observedGeneration as text; what is no number comes from an old controller and counts as seen.
bool rollout_is_observed(const json::value& object) {
  const std::string_view text = text_at(object, {"status", "observedGeneration"});
  std::int64_t seen = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seen);
  if (error != std::errc{} || end != text.data() + text.size()) return true;
  return seen >= number_at(object, {"metadata", "generation"});
}

// Rollouts whose controller does not write status.phase.
Health rollout_without_phase(const json::value& object) {
  if (const json::value* invalid = condition(object, "InvalidSpec")) return {degraded, message_of(invalid)};
  const json::value* progress = condition(object, "Progressing");
  const std::string_view reason = progress ? text_at(*progress, {"reason"}) : std::string_view();
  if (reason == "RolloutAborted" || reason == "ProgressDeadlineExceeded") return {degraded, message_of(progress)};
  if (!list_at(object, {"status", "pauseConditions"}).empty() || flag_at(object, {"spec", "paused"}))
    return {suspended, "the Rollout is paused"};
  const std::string_view current = text_at(object, {"status", "currentPodHash"});
  const auto wanted = number_at(object, {"spec", "replicas"}, 1);
  const auto updated = number_at(object, {"status", "updatedReplicas"});
  const auto available = number_at(object, {"status", "availableReplicas"});
  const std::string_view stable = text_at(object, {"status", "stableRS"});
  const bool blue_green = find_at(object, {"spec", "strategy", "blueGreen"}) != nullptr;
  if (current.empty() || updated < wanted || available < updated)
    return {progressing, fmt::format("{} of {} replicas are updated", updated, wanted)};
  if (blue_green &&
      (text_at(object, {"status", "blueGreen", "activeSelector"}) != current || (!stable.empty() && stable != current)))
    return {progressing, "the active Service does not select the new revision yet"};
  if (!blue_green && (number_at(object, {"status", "replicas"}) > updated || stable != current))
    return {progressing, "the new revision is not the stable one yet"};
  return {};
}

Health rollout(const json::value& object) {
  if (!find_at(object, {"status"}) || !rollout_is_observed(object)) return waiting_for_controller;
  if (find_at(object, {"spec", "workloadRef"}) && annotation(object, "rollout.argoproj.io/workload-generation") !=
                                                      text_at(object, {"status", "workloadObservedGeneration"}))
    return {progressing, "waiting for the controller to see the newest workload"};
  const std::string_view phase = text_at(object, {"status", "phase"});
  if (phase.empty()) return rollout_without_phase(object);
  const std::string message(text_at(object, {"status", "message"}));
  if (phase == "Paused") return {suspended, message};
  if (phase == "Healthy") return {healthy, message};
  if (phase == "Progressing") return {progressing, message};
  if (phase == "Degraded") return {degraded, message};
  return {unknown, fmt::format("unknown phase \"{}\"", phase)};
}

Health analysis(const json::value& object) {
  const std::string_view phase = text_at(object, {"status", "phase"});
  const std::string message(text_at(object, {"status", "message"}));
  if (phase.empty() || phase == "Pending" || phase == "Running") return {progressing, message};
  if (phase == "Successful") return {healthy, message};
  if (phase == "Failed" || phase == "Error") return {degraded, message};
  return {unknown, message};
}

struct Rule {
  std::string_view group;
  std::string_view kind;
  Health (*assess)(const json::value&);
};

constexpr std::array<Rule, 17> rules{{
    {"apps", "Deployment", deployment},
    {"apps", "StatefulSet", stateful_set},
    {"apps", "DaemonSet", daemon_set},
    {"apps", "ReplicaSet", replica_set},
    {"", "Pod", pod},
    {"", "Service", service},
    {"networking.k8s.io", "Ingress", ingress},
    {"extensions", "Ingress", ingress},
    {"", "PersistentVolumeClaim", volume_claim},
    {"batch", "Job", job},
    {"batch", "CronJob", cron_job},
    {"autoscaling", "HorizontalPodAutoscaler", autoscaler},
    {"apiextensions.k8s.io", "CustomResourceDefinition", custom_resource_definition},
    {"apiregistration.k8s.io", "APIService", api_service},
    {"argoproj.io", "Rollout", rollout},
    {"argoproj.io", "AnalysisRun", analysis},
    {"argoproj.io", "Experiment", analysis},
}};

}  // namespace

const char* name_of(HealthStatus status) {
  constexpr std::array names{"Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"};
  return names[static_cast<std::size_t>(status)];
}

std::optional<Health> assess_health(const json::value& live) {
  if (find_at(live, {"metadata", "deletionTimestamp"})) return Health{progressing, "the object is being deleted"};
  const ResourceId id = id_of(live);
  for (const Rule& rule : rules)
    if (rule.group == id.group && rule.kind == id.kind) return rule.assess(live);
  return std::nullopt;
}

Health assess_application(const std::vector<ResourceHealth>& resources) {
  Health worst;
  std::vector<std::string> blamed;
  bool any = false;
  bool any_live = false;
  for (const ResourceHealth& resource : resources) {
    any = any || resource.counts;
    if (!resource.is_live || !resource.counts) continue;
    any_live = true;
    if (!resource.health || resource.health->status < worst.status) continue;
    if (resource.health->status > worst.status) blamed.clear();
    worst.status = resource.health->status;
    if (worst.status != healthy && blamed.size() < 3)
      blamed.push_back(resource.health->message.empty()
                           ? text_of(resource.id)
                           : fmt::format("{}: {}", text_of(resource.id), resource.health->message));
  }
  if (any && !any_live) return {missing, "none of the objects exists"};
  worst.message = fmt::format("{}", fmt::join(blamed, "; "));
  return worst;
}

}  // namespace sluice::gitops
