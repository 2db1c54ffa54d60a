// The next move of one Rollout: what to write, the status it should have, what a person is told, when to look again.
//
// The order is part of the decision:
//   1. `writes` one after the other; the first that fails ends the decision, and nothing below is done;
//   2. `status`, if it is set;
//   3. `events`.
// Then everything is observed and decided anew, once the stores show these writes. No write of a decision relies on the
// status of the same decision: whatever needs a record (a step index, a promotion, an abort) is decided from an
// observation in which that record is already durable. So the process may die between any two lines.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crds/analysis.h"
#include "crds/experiment.h"
#include "crds/pod_additions.h"
#include "crds/pod_template.h"
#include "crds/rollout_status.h"
#include "crds/workload.h"
#include "crds/workloads.h"
#include "kube/label_selector.h"
#include "kube/metadata.h"
#include "kube/string_map.h"
#include "kube/time.h"
#include "traffic/intent.h"
#include "traffic/observed_route.h"

namespace sluice::controller {

using kube::Duration;
using kube::Time;

// The state of an object that a write rests on; the server refuses the write when it is another. "" is not checked.
struct Precondition {
  std::string uid;
  std::string resource_version;
  bool operator==(const Precondition&) const = default;
};

// All objects are in the namespace of the Rollout, except routes, which carry their key.

// Must not exist yet.
struct CreateReplicaSet {
  std::string name;
  kube::StringMap labels;
  kube::StringMap annotations;
  kube::OwnerReference owner;
  int replicas = 0;
  int min_ready_seconds = 0;
  kube::LabelSelector selector;
  crds::PodTemplatePointer pod_template;  // without the hash label
  std::string hash;                       // goes into the template's labels as rollouts-pod-template-hash
  crds::Metadata pod_metadata;            // goes into the template besides
  crds::KeepAway away;                    // likewise
};

// Sets the size; annotations ride in the same patch.
struct ScaleReplicaSet {
  std::string name;
  Precondition precondition;
  int from = 0;
  int replicas = 0;
  kube::StringMap set_annotations;
  std::vector<std::string> remove_annotations;
};

// spec.template.spec.affinity as the user's template has it, with this wish.
struct AffinityChange {
  crds::PodTemplatePointer pod_template;
  crds::KeepAway away;
};

// Running pods are not touched by changes of the template.
struct AnnotateReplicaSet {
  std::string name;
  Precondition precondition;
  kube::StringMap set_annotations;
  std::vector<std::string> remove_annotations;
  std::optional<int> min_ready_seconds;  // set when it is to change
  // Of the template's metadata.
  kube::StringMap set_pod_labels;
  kube::StringMap set_pod_annotations;
  std::vector<std::string> remove_pod_labels;
  std::vector<std::string> remove_pod_annotations;
  std::optional<AffinityChange> affinity;
};

// Takes over a ReplicaSet without a controller.
struct AdoptReplicaSet {
  std::string name;
  Precondition precondition;
  kube::OwnerReference owner;  // is added to its owners
};

struct DeleteReplicaSet {
  std::string name;
  Precondition precondition;
};

// Points a Service at the pods of one ReplicaSet (traffic/service.h makes the patch).
struct SwitchService {
  std::string name;
  Precondition precondition;
  std::string hash;
  std::string managed_by;  // value for the managed-by annotation; "" leaves it as it is
};

// Makes a routing object say what is intended (traffic/route.h makes the patch): weights, managed routes, subsets.
struct SetRouteWeights {
  std::string kind;  // "HTTPRoute"
  kube::ObjectKey key;
  Precondition precondition;
  traffic::Intent intent;
  std::shared_ptr<const traffic::Route> route;
};

// Sets the size of the workload that spec.workloadRef names.
struct ScaleWorkload {
  crds::WorkloadKind kind = crds::WorkloadKind::deployment;
  std::string name;
  Precondition precondition;
  int from = 0;
  int replicas = 0;
};

// Must not exist yet.
struct CreateAnalysisRun {
  std::string name;
  kube::StringMap labels;
  kube::StringMap annotations;
  kube::OwnerReference owner;
  std::shared_ptr<const crds::AnalysisRunSpec> spec;
};

// spec.terminate := true. That the run has gone is no failure.
struct TerminateAnalysisRun {
  std::string name;
  Precondition precondition;
};

// That the run has gone is no failure.
struct DeleteAnalysisRun {
  std::string name;
  Precondition precondition;
};

// For the pods of one template of an Experiment. Must not exist yet.
struct CreateService {
  std::string name;
  kube::StringMap annotations;
  kube::OwnerReference owner;
  kube::StringMap selector;
  std::vector<crds::ServicePort> ports;
};

// That the Service has gone is no failure.
struct DeleteService {
  std::string name;
  Precondition precondition;
};

// Must not exist yet.
struct CreateExperiment {
  std::string name;
  kube::StringMap labels;
  kube::StringMap annotations;
  kube::OwnerReference owner;
  std::shared_ptr<const crds::ExperimentSpec> spec;
};

// spec.terminate := true. That the Experiment has gone is no failure.
struct TerminateExperiment {
  std::string name;
  Precondition precondition;
};

// That the Experiment has gone is no failure.
struct DeleteExperiment {
  std::string name;
  Precondition precondition;
};

// Annotations of the Rollout itself, and the default for an absent spec.replicas.
struct PatchRolloutMetadata {
  Precondition precondition;
  kube::StringMap set_annotations;
  std::optional<int> default_replicas;
};

// Through the eviction API. 429 (a disruption budget forbids it) ends the decision and is no failure.
struct EvictPod {
  std::string name;
  Precondition precondition;
};

// Labels and annotations of a running pod. That it has gone is no failure.
struct PatchPod {
  std::string name;
  Precondition precondition;
  kube::StringMap set_labels;
  kube::StringMap set_annotations;
  std::vector<std::string> remove_labels;
  std::vector<std::string> remove_annotations;
};

using Effect = std::variant<CreateReplicaSet, ScaleReplicaSet, AnnotateReplicaSet, AdoptReplicaSet, DeleteReplicaSet,
                            SwitchService, SetRouteWeights, CreateAnalysisRun, TerminateAnalysisRun, DeleteAnalysisRun,
                            CreateService, DeleteService, CreateExperiment, TerminateExperiment, DeleteExperiment,
                            PatchRolloutMetadata, EvictPod, ScaleWorkload, PatchPod>;

// A Kubernetes Event on the Rollout.
struct Event {
  bool is_warning = false;  // type Warning, else Normal
  std::string reason;
  std::string message;
  bool operator==(const Event&) const = default;
};

struct Write {
  Effect effect;
  std::vector<Event> events;           // told when this write has succeeded
  std::optional<Event> failure_event;  // told when it fails for another reason than a conflict; the error is appended
};

// Why the rollout stands where it stands.
struct Reason {
  std::string guard;          // its short name: "capacity", "pause", "analysis", "route", ...
  std::string sentence;       // with the evidence: "2 of 5 canary pods are available"
  std::optional<Time> since;  // when it began to hold, if that is recorded
  std::string release;        // what would let the rollout go on: "3 more pods become available"
  bool operator==(const Reason&) const = default;
};

struct Decision {
  std::vector<Write> writes;
  // The whole status, set only when it differs from the observed one; the difference is sent as a merge patch.
  std::optional<crds::RolloutStatus> status;
  // Zero: the status is written at once. Otherwise only counters differ, and it may be written up to this much later,
  // counted from the first decision that asked for it, so that several changes ride in one patch.
  Duration status_may_wait{0};
  std::vector<Event> events;  // told when the status has been written (or, without a status, when all writes were)
  // The first moment at which time alone could change this decision.
  std::optional<Time> wake_at;
  std::vector<Reason> reasons;  // most important first; empty when the rollout is settled
  // The decision has to be taken again with the whole pod templates of these ReplicaSets, which the stores do not keep.
  std::vector<std::string> wants_templates_of;
};

}  // namespace sluice::controller
