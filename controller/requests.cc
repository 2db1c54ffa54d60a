// From the values of a decision to the patches of the Kubernetes API.
#include "controller/requests.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/convert.h"
#include "crds/decode.h"
#include "crds/pod_template.h"
#include "kube/fields.h"
#include "kube/patch.h"
#include "traffic/route.h"
#include "traffic/service.h"

namespace sluice::controller {
namespace {

namespace json = boost::json;
namespace resources = kube::resources;

constexpr std::string_view hash_label = "rollouts-pod-template-hash";

json::object annotation_changes(const kube::StringMap& set, const std::vector<std::string>& remove) {
  json::object annotations;
  for (const auto& [key, value] : set) annotations[key] = value;
  for (const std::string& key : remove) annotations[key] = nullptr;
  return annotations;
}

// Labels and annotations of pods as a merge patch of their metadata; empty when nothing changes.
json::object metadata_changes(json::object labels, json::object annotations) {
  json::object metadata;
  if (!labels.empty()) metadata["labels"] = std::move(labels);
  if (!annotations.empty()) metadata["annotations"] = std::move(annotations);
  return metadata;
}

json::object template_changes(const AnnotateReplicaSet& change) {
  json::object pod_template;
  json::object metadata =
      metadata_changes(annotation_changes(change.set_pod_labels, change.remove_pod_labels),
                       annotation_changes(change.set_pod_annotations, change.remove_pod_annotations));
  if (!metadata.empty()) pod_template["metadata"] = std::move(metadata);
  if (!change.affinity) return pod_template;
  json::object spec;
  spec["affinity"] = crds::affinity_patch(*change.affinity->pod_template, change.affinity->away);
  pod_template["spec"] = std::move(spec);
  return pod_template;
}

// The server answers 409 when uid or version of the live object are others.
json::object metadata_with(const Precondition& precondition) {
  json::object metadata;
  if (!precondition.uid.empty()) metadata["uid"] = precondition.uid;
  if (!precondition.resource_version.empty()) metadata["resourceVersion"] = precondition.resource_version;
  return metadata;
}

kube::DeleteOptions delete_with(const Precondition& precondition) {
  kube::DeleteOptions options;
  options.uid = precondition.uid;
  options.resource_version = precondition.resource_version;
  options.propagation = kube::Propagation::background;
  return options;
}

json::object metadata_of_new(const std::string& ns, const std::string& name, const kube::StringMap& labels,
                             const kube::StringMap& annotations, const kube::OwnerReference& owner) {
  json::object metadata{{"name", name}, {"namespace", ns}};
  if (!labels.empty()) metadata["labels"] = kube::encode(labels);
  if (!annotations.empty()) metadata["annotations"] = kube::encode(annotations);
  json::array owners;
  owners.push_back(kube::encode(owner));
  metadata["ownerReferences"] = std::move(owners);
  return metadata;
}

class RequestMaker {
 public:
  RequestMaker(const kube::ObjectKey& rollout, const RouteObject& route)
      : rollout_(rollout), route_(route.text), resource_(route.resource) {}
  using Made = kube::Result<WriteRequest>;

  Made operator()(const CreateReplicaSet& make) const {
    json::object spec{{"replicas", make.replicas}};
    if (make.min_ready_seconds != 0) spec["minReadySeconds"] = make.min_ready_seconds;
    spec["selector"] = kube::encode(make.selector);
    if (make.pod_template)
      spec["template"] = crds::to_json(*crds::with_additions(
          *crds::with_label(*make.pod_template, hash_label, make.hash), make.pod_metadata, make.away));
    json::object object{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}};
    object["metadata"] = metadata_of_new(rollout_.ns, make.name, make.labels, make.annotations, make.owner);
    object["spec"] = std::move(spec);
    return created(resources::replica_sets, make.name, object);
  }

  Made operator()(const ScaleReplicaSet& scale) const {
    json::object metadata = metadata_with(scale.precondition);
    if (json::object changes = annotation_changes(scale.set_annotations, scale.remove_annotations); !changes.empty())
      metadata["annotations"] = std::move(changes);
    json::object body{{"metadata", std::move(metadata)}, {"spec", {{"replicas", scale.replicas}}}};
    return patched(resources::replica_sets, scale.name, body);
  }

  Made operator()(const AnnotateReplicaSet& change) const {
    json::object metadata = metadata_with(change.precondition);
    if (json::object changes = annotation_changes(change.set_annotations, change.remove_annotations); !changes.empty())
      metadata["annotations"] = std::move(changes);
    json::object body{{"metadata", std::move(metadata)}};
    json::object spec;
    if (change.min_ready_seconds) spec["minReadySeconds"] = *change.min_ready_seconds;
    if (json::object pod_template = template_changes(change); !pod_template.empty())
      spec["template"] = std::move(pod_template);
    if (!spec.empty()) body["spec"] = std::move(spec);
    return patched(resources::replica_sets, change.name, body);
  }

  // A strategic merge adds to the list of owners and leaves the others in place.
  Made operator()(const AdoptReplicaSet& adopt) const {
    json::object metadata = metadata_with(adopt.precondition);
    json::array owners;
    owners.push_back(kube::encode(adopt.owner));
    metadata["ownerReferences"] = std::move(owners);
    json::object body{{"metadata", std::move(metadata)}};
    Made made = patched(resources::replica_sets, adopt.name, body);
    made->patch_type = kube::PatchType::strategic;
    return made;
  }

  Made operator()(const DeleteReplicaSet& remove) const {
    return removed(resources::replica_sets, remove.name, remove.precondition);
  }

  Made operator()(const SwitchService& change) const {
    WriteRequest request = named(Verb::patch, resources::services, change.name);
    request.body = traffic::service_patch(change.hash, change.managed_by, change.precondition.uid,
                                          change.precondition.resource_version);
    return request;
  }

  Made operator()(const SetRouteWeights& change) const {
    const kube::Result<json::value> route = kube::parse_json(route_);
    if (!route) return kube::Error{kube::Fault::not_found, "the route " + change.key.text() + " has gone"};
    // The route may have moved on since the decision; its version then is not the one that was decided on.
    if (!change.precondition.resource_version.empty() &&
        kube::text_at(*route, {"metadata", "resourceVersion"}) != change.precondition.resource_version)
      return kube::Error{kube::Fault::conflict, "the route " + change.key.text() + " has changed meanwhile"};
    if (!change.route) return kube::Error{kube::Fault::internal, "nobody knows how to write " + change.key.text()};
    kube::Result<std::string> patch = traffic::plan_route(*change.route, *route, change.intent);
    if (!patch) return patch.error();
    WriteRequest request;
    request.resource = resource_;
    request.key = change.key;
    request.patch_type = kube::PatchType::json;
    request.body = std::move(*patch);
    return request;
  }

  Made operator()(const CreateAnalysisRun& make) const {
    json::object object{{"apiVersion", "argoproj.io/v1alpha1"}, {"kind", "AnalysisRun"}};
    object["metadata"] = metadata_of_new(rollout_.ns, make.name, make.labels, make.annotations, make.owner);
    object["spec"] = crds::encode_spec(*make.spec);
    return created(resources::analysis_runs, make.name, object);
  }

  Made operator()(const TerminateAnalysisRun& end) const {
    json::object body{{"metadata", metadata_with(end.precondition)}, {"spec", {{"terminate", true}}}};
    Made made = patched(resources::analysis_runs, end.name, body);
    made->absent_is_fine = true;
    return made;
  }

  Made operator()(const DeleteAnalysisRun& remove) const {
    return removed(resources::analysis_runs, remove.name, remove.precondition);
  }

  Made operator()(const CreateService& make) const {
    json::object object{{"apiVersion", "v1"}, {"kind", "Service"}};
    object["metadata"] = metadata_of_new(rollout_.ns, make.name, {}, make.annotations, make.owner);
    object["spec"] = json::object{{"selector", kube::encode(make.selector)}, {"ports", kube::encode(make.ports)}};
    return created(resources::services, make.name, object);
  }

  Made operator()(const DeleteService& remove) const {
    return removed(resources::services, remove.name, remove.precondition);
  }

  Made operator()(const CreateExperiment& make) const {
    json::object object{{"apiVersion", "argoproj.io/v1alpha1"}, {"kind", "Experiment"}};
    object["metadata"] = metadata_of_new(rollout_.ns, make.name, make.labels, make.annotations, make.owner);
    object["spec"] = crds::encode_spec(*make.spec);
    return created(resources::experiments, make.name, object);
  }

  Made operator()(const TerminateExperiment& end) const {
    json::object body{{"metadata", metadata_with(end.precondition)}, {"spec", {{"terminate", true}}}};
    Made made = patched(resources::experiments, end.name, body);
    made->absent_is_fine = true;
    return made;
  }

  Made operator()(const DeleteExperiment& remove) const {
    return removed(resources::experiments, remove.name, remove.precondition);
  }

  Made operator()(const PatchRolloutMetadata& change) const {
    json::object metadata = metadata_with(change.precondition);
    if (!change.set_annotations.empty()) metadata["annotations"] = kube::encode(change.set_annotations);
    json::object body{{"metadata", std::move(metadata)}};
    if (change.default_replicas) body["spec"] = json::object{{"replicas", *change.default_replicas}};
    return patched(resources::rollouts, rollout_.name, body);
  }

  Made operator()(const EvictPod& evict) const {
    WriteRequest request = named(Verb::evict, resources::pods, evict.name);
    request.absent_is_fine = true;
    return request;
  }

  Made operator()(const PatchPod& change) const {
    json::object metadata = metadata_with(change.precondition);
    for (auto& member : metadata_changes(annotation_changes(change.set_labels, change.remove_labels),
                                         annotation_changes(change.set_annotations, change.remove_annotations)))
      metadata[member.key()] = std::move(member.value());
    json::object body{{"metadata", std::move(metadata)}};
    Made made = patched(resources::pods, change.name, body);
    made->absent_is_fine = true;
    return made;
  }

  Made operator()(const ScaleWorkload& scale) const {
    json::object body{{"metadata", metadata_with(scale.precondition)}, {"spec", {{"replicas", scale.replicas}}}};
    const bool is_set = scale.kind == crds::WorkloadKind::replica_set;
    Made made = patched(is_set ? resources::replica_sets : resources::deployments, scale.name, body);
    made->subresource = "scale";
    return made;
  }

 private:
  WriteRequest named(Verb verb, kube::Resource resource, const std::string& name) const {
    WriteRequest request;
    request.verb = verb;
    request.resource = resource;
    request.key = {rollout_.ns, name};
    return request;
  }
  WriteRequest created(kube::Resource resource, const std::string& name, const json::object& object) const {
    WriteRequest request = named(Verb::create, resource, name);
    request.body = kube::print_json(object);
    return request;
  }
  WriteRequest patched(kube::Resource resource, const std::string& name, const json::object& body) const {
    WriteRequest request = named(Verb::patch, resource, name);
    request.body = kube::print_json(body);
    return request;
  }
  WriteRequest removed(kube::Resource resource, const std::string& name, const Precondition& precondition) const {
    WriteRequest request = named(Verb::remove, resource, name);
    request.remove = delete_with(precondition);
    request.absent_is_fine = true;
    return request;
  }

  const kube::ObjectKey& rollout_;
  const std::string& route_;
  const kube::Resource resource_;
};

struct Describer {
  std::string operator()(const CreateReplicaSet& e) const {
    return fmt::format("create ReplicaSet {} with {} replicas", e.name, e.replicas);
  }
  std::string operator()(const ScaleReplicaSet& e) const {
    return fmt::format("scale ReplicaSet {} from {} to {}", e.name, e.from, e.replicas);
  }
  std::string operator()(const AnnotateReplicaSet& e) const { return "annotate ReplicaSet " + e.name; }
  std::string operator()(const AdoptReplicaSet& e) const { return "adopt ReplicaSet " + e.name; }
  std::string operator()(const DeleteReplicaSet& e) const { return "delete ReplicaSet " + e.name; }
  std::string operator()(const SwitchService& e) const { return fmt::format("point Service {} at {}", e.name, e.hash); }
  std::string operator()(const SetRouteWeights& e) const {
    if (!e.intent.canary_hash.empty() || !e.intent.stable_hash.empty())
      return fmt::format("point {} {} at {} and {}", e.kind, e.key.text(), e.intent.canary_hash, e.intent.stable_hash);
    std::string managed;
    for (const traffic::ManagedRoute& route : e.intent.managed) managed += ", route " + route.name;
    return fmt::format("set {} {} to {} % canary{}", e.kind, e.key.text(), e.intent.split.canary, managed);
  }
  std::string operator()(const CreateAnalysisRun& e) const { return "create AnalysisRun " + e.name; }
  std::string operator()(const TerminateAnalysisRun& e) const { return "terminate AnalysisRun " + e.name; }
  std::string operator()(const DeleteAnalysisRun& e) const { return "delete AnalysisRun " + e.name; }
  std::string operator()(const CreateService& e) const { return "create Service " + e.name; }
  std::string operator()(const DeleteService& e) const { return "delete Service " + e.name; }
  std::string operator()(const CreateExperiment& e) const { return "create Experiment " + e.name; }
  std::string operator()(const TerminateExperiment& e) const { return "terminate Experiment " + e.name; }
  std::string operator()(const DeleteExperiment& e) const { return "delete Experiment " + e.name; }
  std::string operator()(const PatchRolloutMetadata&) const { return "annotate the Rollout"; }
  std::string operator()(const EvictPod& e) const { return "evict Pod " + e.name; }
  std::string operator()(const PatchPod& e) const { return "mark Pod " + e.name; }
  std::string operator()(const ScaleWorkload& e) const {
    return fmt::format("scale {} {} from {} to {}", crds::name_of(e.kind), e.name, e.from, e.replicas);
  }
};

}  // namespace

kube::Result<WriteRequest> request_for(const Effect& effect, const kube::ObjectKey& rollout, const RouteObject& route) {
  return std::visit(RequestMaker(rollout, route), effect);
}

std::string status_patch(const crds::RolloutStatus& before, const crds::RolloutStatus& after,
                         const Precondition& precondition) {
  const std::optional<json::value> difference =
      kube::merge_difference(crds::encode_status(before), crds::encode_status(after));
  if (!difference) return {};
  json::object body{{"metadata", metadata_with(precondition)}};
  body["status"] = *difference;
  return kube::print_json(body);
}

std::string status_patch(const crds::ExperimentStatus& before, const crds::ExperimentStatus& after,
                         const Precondition& precondition) {
  const std::optional<json::value> difference =
      kube::merge_difference(crds::encode_status(before), crds::encode_status(after));
  if (!difference) return {};
  json::object body{{"metadata", metadata_with(precondition)}};
  body["status"] = *difference;
  return kube::print_json(body);
}

std::string describe(const Effect& effect) { return std::visit(Describer{}, effect); }

}  // namespace sluice::controller
