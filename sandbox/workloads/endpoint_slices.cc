// EndpointSlices follow the pods that Services select.
#include "sandbox/workloads/endpoint_slices.h"

#include <boost/json.hpp>

#include "sandbox/workloads/dice.h"
#include "sandbox/workloads/endpoint_plan.h"
#include "sandbox/workloads/pod_template.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

namespace resources = kube::resources;

constexpr std::string_view service_label = "kubernetes.io/service-name";
constexpr std::string_view manager_label = "endpointslice.kubernetes.io/managed-by";
constexpr std::string_view manager = "endpointslice-controller.k8s.io";

// Whether a change of a pod can change its endpoint.
bool matters(const Change& change) {
  if (change.type != kube::WatchType::modified || !change.before) return true;
  const json::value& before = *change.before;
  const json::value& after = *change.after;
  return is_ready(before) != is_ready(after) || is_terminating(before) != is_terminating(after) ||
         phase_of(before) != phase_of(after) || labels_of(before) != labels_of(after) ||
         kube::text_at(before, {"status", "podIP"}) != kube::text_at(after, {"status", "podIP"});
}

class EndpointSlices final : public Behaviour {
 public:
  explicit EndpointSlices(World& world) : world_(world), requests_(world.api, world.log, "kube-controller-manager") {}

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

 private:
  void look_at(kube::ObjectKey service) {
    world_.agenda.within(world_.options.endpoints_delay, *this, std::move(service));
  }
  std::vector<Pod> selected(std::string_view ns, const json::object& selector) const;
  std::vector<Pod> slices_of(const json::value& service) const;
  bool create(const json::value& service, SlicePlan slice);
  bool update(const Pod& present, SlicePlan slice);

  World& world_;
  Requests requests_;
  SelectorIndex selectors_;
  std::uint64_t created_ = 0;
};

void EndpointSlices::noted(const Change& change) {
  const bool is_gone = change.type == kube::WatchType::deleted;
  if (change.group.empty() && change.plural == "services") {
    if (is_gone) return selectors_.erase(change.key);
    selectors_.set(change.key, object_at(*change.after, {"spec", "selector"}));
    look_at(change.key);
  } else if (change.group.empty() && change.plural == "pods") {
    if (!matters(change)) return;
    for (const auto& pod : {change.before, change.after}) {
      if (!pod) continue;
      for (kube::ObjectKey& service : selectors_.candidates(change.key.ns, labels_of(*pod))) {
        const auto found = world_.api.find(resources::services, service);
        if (found && has_labels(labels_of(*pod), object_at(*found, {"spec", "selector"}))) look_at(std::move(service));
      }
    }
  } else if (change.plural == "endpointslices" && is_gone) {
    const std::string_view service = text_of(labels_of(change.after ? *change.after : *change.before), service_label);
    if (!service.empty()) look_at({change.key.ns, std::string(service)});
  }
}

bool EndpointSlices::reconcile(const kube::ObjectKey& key) {
  const std::shared_ptr<const json::value> service = world_.api.find(resources::services, key);
  if (!service || is_terminating(*service)) return true;
  const json::object& selector = object_at(*service, {"spec", "selector"});
  if (selector.empty() || kube::text_at(*service, {"spec", "type"}) == "ExternalName") return true;
  const std::vector<Pod> present = slices_of(*service);
  std::vector<SlicePlan> wanted = slices_for(*service, selected(key.ns, selector));
  bool done = true;
  for (std::size_t at = 0; at < wanted.size(); ++at)
    done &= at < present.size() ? update(present[at], std::move(wanted[at])) : create(*service, std::move(wanted[at]));
  for (std::size_t at = wanted.size(); at < present.size(); ++at)
    done &= requests_.remove(resources::endpoint_slices, present[at].key, uid_of(*present[at].object));
  return done;
}

std::vector<Pod> EndpointSlices::selected(std::string_view ns, const json::object& selector) const {
  std::vector<Pod> pods;
  for (const std::string& name : world_.index.pods().candidates(ns, selector)) {
    kube::ObjectKey key{std::string(ns), name};
    std::shared_ptr<const json::value> pod = world_.api.find(resources::pods, key);
    if (pod && has_labels(labels_of(*pod), selector)) pods.push_back({std::move(key), std::move(pod)});
  }
  return pods;
}

std::vector<Pod> EndpointSlices::slices_of(const json::value& service) const {
  std::vector<Pod> slices;
  for (const ObjectRef& dependent : world_.index.dependents(std::string(uid_of(service)))) {
    if (world_.index.resource(dependent.kind).plural != "endpointslices") continue;
    std::shared_ptr<const json::value> slice = world_.api.find(resources::endpoint_slices, dependent.key);
    if (slice && !is_terminating(*slice) && text_of(labels_of(*slice), manager_label) == manager)
      slices.push_back({dependent.key, std::move(slice)});
  }
  return slices;
}

bool EndpointSlices::create(const json::value& service, SlicePlan slice) {
  const std::string_view ns = kube::text_at(service, {"metadata", "namespace"});
  const std::string_view name = kube::text_at(service, {"metadata", "name"});
  json::object metadata{{"namespace", ns}, {"generateName", std::string(name) + "-"}};
  const std::string start = std::string(name) + "-";
  const std::uint64_t seed = roll(world_.options.seed, start + std::string(ns));
  std::string chosen = start + name_suffix(mix(seed + ++created_));
  while (world_.api.find(resources::endpoint_slices, {std::string(ns), chosen}))
    chosen = start + name_suffix(mix(seed + ++created_));
  metadata["name"] = chosen;
  metadata["labels"] = json::object{{service_label, name}, {manager_label, manager}};
  metadata["ownerReferences"] = json::array{controller_reference(resources::services, service)};
  json::object body{{"apiVersion", "discovery.k8s.io/v1"}, {"kind", "EndpointSlice"}, {"addressType", "IPv4"}};
  body["metadata"] = std::move(metadata);
  body["ports"] = std::move(slice.ports);
  body["endpoints"] = std::move(slice.endpoints);
  return requests_.create(resources::endpoint_slices, ns, body);
}

bool EndpointSlices::update(const Pod& present, SlicePlan slice) {
  json::object changes;
  if (array_at(*present.object, {"ports"}) != slice.ports) changes["ports"] = std::move(slice.ports);
  if (array_at(*present.object, {"endpoints"}) != slice.endpoints) changes["endpoints"] = std::move(slice.endpoints);
  return changes.empty() || requests_.patch(resources::endpoint_slices, present.key, changes);
}

}  // namespace

std::unique_ptr<Behaviour> make_endpoint_slices(World& world) { return std::make_unique<EndpointSlices>(world); }

}  // namespace sluice::sandbox
