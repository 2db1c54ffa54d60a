// The built-in kinds as decisions read them: only what is looked at, in little memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/pod_template.h"
#include "crds/word.h"
#include "kube/int_or_string.h"
#include "kube/label_selector.h"
#include "kube/metadata.h"

namespace sluice::crds {

// A condition of a ReplicaSet, a Deployment or a Job.
struct WorkloadCondition {
  Word type;
  Word status;  // "True", "False" or "Unknown"
  std::optional<kube::Time> last_transition_time;
  Word reason;
  std::string message;
  bool operator==(const WorkloadCondition&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("type", self.type);
    visit.always("status", self.status);
    visit("lastTransitionTime", self.last_transition_time);
    visit("reason", self.reason);
    visit("message", self.message);
  }
};

struct ReplicaSetSpec {
  std::optional<std::int32_t> replicas;  // 1 when absent
  std::int32_t min_ready_seconds = 0;
  kube::LabelSelector selector;
  PodTemplatePointer pod_template;
  static void fields(auto& self, auto& visit) {
    visit("replicas", self.replicas);
    visit("minReadySeconds", self.min_ready_seconds);
    visit("selector", self.selector);
    visit("template", self.pod_template);
  }
};

struct ReplicaSetStatus {
  std::int32_t replicas = 0;
  std::int32_t fully_labeled_replicas = 0;
  std::int32_t ready_replicas = 0;
  std::int32_t available_replicas = 0;
  std::int64_t observed_generation = 0;
  std::vector<WorkloadCondition> conditions;
  bool operator==(const ReplicaSetStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("replicas", self.replicas);
    visit("fullyLabeledReplicas", self.fully_labeled_replicas);
    visit("readyReplicas", self.ready_replicas);
    visit("availableReplicas", self.available_replicas);
    visit("observedGeneration", self.observed_generation);
    visit("conditions", self.conditions);
  }
};

struct ReplicaSet {
  kube::ObjectMeta meta;
  ReplicaSetSpec spec;
  ReplicaSetStatus status;
  std::int32_t desired() const { return spec.replicas.value_or(1); }
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("spec", self.spec);
    visit("status", self.status);
  }
};

// What workloadRef and `sluice sandbox` read of a Deployment.
struct Deployment {
  kube::ObjectMeta meta;
  ReplicaSetSpec spec;
  ReplicaSetStatus status;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("spec", self.spec);
    visit("status", self.status);
  }
};

struct Pod {
  kube::ObjectMeta meta;
  Word phase;                             // Pending, Running, Succeeded, Failed or Unknown
  bool ready = false;                     // condition Ready is True
  std::optional<kube::Time> ready_since;  // last transition of that condition
  std::vector<Word> images;               // of the containers
  Word node;
  std::int32_t restarts = 0;    // of all containers together
  std::int32_t containers = 0;  // as many as the spec has
  std::int32_t ready_containers = 0;
  Word reason;          // why it is not running: a container's waiting or terminated reason, else the pod's own
  std::string message;  // of that reason
  bool is_terminating() const { return meta.deletion_time.has_value(); }
};

struct ServicePort {
  std::string name;
  Word protocol;  // TCP when ""
  std::int32_t port = 0;
  kube::IntOrString target_port;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("protocol", self.protocol);
    visit.required("port", self.port);
    visit("targetPort", self.target_port);
  }
};

struct ServiceSpec {
  kube::StringMap selector;
  std::vector<ServicePort> ports;
  static void fields(auto& self, auto& visit) {
    visit("selector", self.selector);
    visit("ports", self.ports);
  }
};

struct Service {
  kube::ObjectMeta meta;
  ServiceSpec spec;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("spec", self.spec);
  }
};

struct JobStatus {
  std::int32_t active = 0;
  std::int32_t succeeded = 0;
  std::int32_t failed = 0;
  std::int32_t ready = 0;
  std::optional<kube::Time> start_time;
  std::optional<kube::Time> completion_time;
  std::vector<WorkloadCondition> conditions;  // Complete, Failed, Suspended, ...
  bool operator==(const JobStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("active", self.active);
    visit("succeeded", self.succeeded);
    visit("failed", self.failed);
    visit("ready", self.ready);
    visit("startTime", self.start_time);
    visit("completionTime", self.completion_time);
    visit("conditions", self.conditions);
  }
};

struct Job {
  kube::ObjectMeta meta;
  JobStatus status;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("status", self.status);
  }
};

struct Endpoint {
  bool ready = true;    // as the API says: absent means true
  bool serving = true;  // absent means ready
  bool terminating = false;
  std::string pod;      // name of the pod behind it; "" when it is none
  std::string address;  // the first one
  bool operator==(const Endpoint&) const = default;
};

struct EndpointSlice {
  kube::ObjectMeta meta;
  std::string service;  // label kubernetes.io/service-name
  std::vector<Endpoint> endpoints;
};

}  // namespace sluice::crds
