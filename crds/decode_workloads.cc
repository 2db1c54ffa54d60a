// JSON -> the built-in kinds.
#include "crds/convert.h"
#include "crds/decode.h"
#include "crds/ephemeral_metadata.h"
#include "crds/pod_defaults.h"
#include "crds/workloads.h"

namespace sluice::crds {
namespace {

struct OnlyMetadata {
  kube::ObjectMeta meta;
  static void fields(auto& self, auto& visit) { visit("metadata", self.meta); }
};

// A ReplicaSet but its pod template.
struct SpecWithoutTemplate {
  ReplicaSetSpec& spec;
  static void fields(auto& self, auto& visit) {
    visit("replicas", self.spec.replicas);
    visit("minReadySeconds", self.spec.min_ready_seconds);
    visit("selector", self.spec.selector);
  }
};
struct WithoutTemplate {
  kube::ObjectMeta& meta;
  SpecWithoutTemplate spec;
  ReplicaSetStatus& status;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("spec", self.spec);
    visit("status", self.status);
  }
};

bool has_same_spec(const kube::ObjectMeta& left, const kube::ObjectMeta& right) {
  return left.uid == right.uid && !left.uid.empty() && left.generation == right.generation;
}

void give_back(json::value* map, const kube::StringMap& injected, const kube::StringMap& hidden) {
  if (!map || !map->is_object()) return;
  for (const auto& [key, value] : injected)
    if (const std::string* original = hidden.find(key))
      map->get_object()[key] = *original;
    else
      map->get_object().stable_erase(key);
}

// What the user's template means, without labels and annotations that were put on it while the set had a role.
PodTemplatePointer meaning_of_template(const json::value& pod_template, const kube::ObjectMeta& set) {
  const EphemeralMetadata injected = ephemeral_metadata_of(set.annotations);
  if (injected.current == Metadata{} || !pod_template.is_object()) return keep_meaning(pod_template);
  json::value original = pod_template;
  if (json::value* metadata = original.get_object().if_contains("metadata"); metadata && metadata->is_object()) {
    give_back(metadata->get_object().if_contains("labels"), injected.current.labels, set.labels);
    give_back(metadata->get_object().if_contains("annotations"), injected.current.annotations,
              injected.shadowed.annotations);
  }
  return keep_meaning(original);
}

const json::array& items_at(const json::value& value, std::initializer_list<std::string_view> path) {
  static const json::array none;
  const json::value* found = kube::find_at(value, path);
  return found && found->is_array() ? found->get_array() : none;
}

bool is_true(const json::value& value, std::string_view name, bool otherwise) {
  const json::value* found = kube::find_at(value, {name});
  return found && found->is_bool() ? found->get_bool() : otherwise;
}

void read_ready(const json::value& object, Pod& pod) {
  for (const json::value& condition : items_at(object, {"status", "conditions"})) {
    if (kube::text_at(condition, {"type"}) != "Ready") continue;
    pod.ready = kube::text_at(condition, {"status"}) == "True";
    const auto since = kube::parse_time(kube::text_at(condition, {"lastTransitionTime"}));
    if (pod.ready && since) pod.ready_since = *since;
  }
}

// The first container that is stuck names the reason; one that ended badly comes after one that cannot start.
void read_reason(const json::value& status, Pod& pod) {
  for (const std::string_view state : {"waiting", "terminated"}) {
    const std::string_view reason = kube::text_at(status, {"state", state, "reason"});
    if (reason.empty() || reason == "Completed" || !pod.reason.empty()) continue;
    pod.reason = Word(reason);
    pod.message = kube::text_at(status, {"state", state, "message"});
  }
}

void read_containers(const json::value& object, Pod& pod) {
  for (const json::value& container : items_at(object, {"spec", "containers"})) {
    ++pod.containers;
    pod.images.emplace_back(kube::text_at(container, {"image"}));
  }
  pod.images.shrink_to_fit();
  for (const std::string_view list : {"initContainerStatuses", "containerStatuses"})
    for (const json::value& status : items_at(object, {"status", list})) {
      pod.restarts += static_cast<std::int32_t>(kube::number_at(status, {"restartCount"}));
      if (list == "containerStatuses" && is_true(status, "ready", false)) ++pod.ready_containers;
      read_reason(status, pod);
    }
  if (!pod.reason.empty()) return;
  pod.reason = Word(kube::text_at(object, {"status", "reason"}));
  pod.message = kube::text_at(object, {"status", "message"});
}

Endpoint read_endpoint(const json::value& from) {
  Endpoint to;
  if (const json::value* conditions = kube::find_at(from, {"conditions"})) {
    to.ready = is_true(*conditions, "ready", true);
    to.serving = is_true(*conditions, "serving", to.ready);
    to.terminating = is_true(*conditions, "terminating", false);
  }
  if (kube::text_at(from, {"targetRef", "kind"}) == "Pod") to.pod = kube::text_at(from, {"targetRef", "name"});
  for (const json::value& address : items_at(from, {"addresses"}))
    if (to.address.empty() && address.is_string()) to.address = std::string_view(address.get_string());
  return to;
}

}  // namespace

std::shared_ptr<const ReplicaSet> decode_replica_set(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<ReplicaSet>(object, mistakes);
}

std::shared_ptr<const ReplicaSet> decode_compared_replica_set(const json::value& object, kube::Mistakes& mistakes,
                                                              const ReplicaSet* before) {
  auto set = std::make_shared<ReplicaSet>();
  WithoutTemplate rest{set->meta, {set->spec}, set->status};
  kube::Convert<WithoutTemplate>::read(object, rest, mistakes, kube::JsonPath{});
  drop_unused(set->meta);
  if (before && has_same_spec(set->meta, before->meta))
    set->spec.pod_template = before->spec.pod_template;
  else if (const json::value* pod_template = kube::find_at(object, {"spec", "template"}))
    set->spec.pod_template = meaning_of_template(*pod_template, set->meta);
  return set;
}

std::shared_ptr<const Deployment> decode_deployment(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<Deployment>(object, mistakes);
}

std::shared_ptr<const Service> decode_service(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<Service>(object, mistakes);
}

std::shared_ptr<const Job> decode_job(const json::value& object, kube::Mistakes& mistakes) {
  return read_object<Job>(object, mistakes);
}

std::shared_ptr<const Pod> decode_pod(const json::value& object, kube::Mistakes& mistakes) {
  auto pod = std::make_shared<Pod>();
  pod->meta = read_object<OnlyMetadata>(object, mistakes)->meta;
  pod->phase = Word(kube::text_at(object, {"status", "phase"}));
  pod->node = Word(kube::text_at(object, {"spec", "nodeName"}));
  read_ready(object, *pod);
  read_containers(object, *pod);
  return pod;
}

std::shared_ptr<const EndpointSlice> decode_endpoint_slice(const json::value& object, kube::Mistakes& mistakes) {
  auto slice = std::make_shared<EndpointSlice>();
  slice->meta = read_object<OnlyMetadata>(object, mistakes)->meta;
  slice->service = slice->meta.labels.get("kubernetes.io/service-name");
  for (const json::value& endpoint : items_at(object, {"endpoints"}))
    slice->endpoints.push_back(read_endpoint(endpoint));
  slice->endpoints.shrink_to_fit();
  return slice;
}

json::value encode(const ReplicaSet& replica_set) {
  return with_kind("apps/v1", "ReplicaSet", kube::encode(replica_set));
}

}  // namespace sluice::crds
