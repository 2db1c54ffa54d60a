// From the stores to the plain values that a decision is made of.
#include "controller/observe.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/field_path.h"
#include "controller/load_balancer_view.h"
#include "controller/resolve_workload.h"
#include "controller/rollout_experiment.h"
#include "controller/template_walk.h"
#include "crds/decode.h"
#include "crds/validate_rollout.h"
#include "kube/selector.h"
#include "traffic/router.h"

namespace sluice::controller {
namespace {

namespace json = boost::json;
using kube::ObjectKey;

constexpr std::string_view hash_label = "rollouts-pod-template-hash";

bool is_adoptable(const crds::Rollout& rollout, const crds::ReplicaSet& set) {
  return !set.meta.controller() && !set.meta.deletion_time && rollout.spec->selector &&
         set.meta.labels.contains(hash_label) && kube::matches(*rollout.spec->selector, set.meta.labels);
}

bool holds(const std::vector<std::shared_ptr<const crds::ReplicaSet>>& sets, const crds::ReplicaSet& set) {
  return std::any_of(sets.begin(), sets.end(), [&](const auto& known) { return known->meta.name == set.meta.name; });
}

std::vector<std::shared_ptr<const crds::ReplicaSet>> replica_sets_of(const Stores& stores,
                                                                     const crds::Rollout& rollout) {
  auto sets = stores.replica_sets.owned_by(rollout.meta.uid);
  if (const std::string name = new_replica_set_name(rollout); !name.empty()) {
    const auto named = stores.replica_sets.find({rollout.meta.ns, name});
    if (named && !holds(sets, *named)) sets.push_back(named);
  }
  for (const auto& orphan : stores.orphans(rollout.meta.ns))
    if (is_adoptable(rollout, *orphan) && !holds(sets, *orphan)) sets.push_back(orphan);
  return sets;
}

traffic::NamedRoutes named_routes(const Stores& stores, const crds::Rollout& rollout) {
  const traffic::FindByLabels find = [&](std::string_view kind, const std::string& ns,
                                         const kube::LabelSelector& selector) {
    return stores.routes.matching(kind, ns, selector);
  };
  return traffic::routes_of(rollout, find);
}

// Weights of an Ingress count when the load balancer itself answers so.
void confirm(const Stores& stores, const json::value& ingress, const traffic::Route& route,
             traffic::ObservedRoute& seen) {
  if (!stores.load_balancers || route.kind() != "Ingress" || !seen.error.empty() || !seen.is_uniform) return;
  std::vector<std::string> host_names;
  if (const json::value* entries = kube::find_at(ingress, {"status", "loadBalancer", "ingress"});
      entries && entries->is_array())
    for (const json::value& entry : entries->get_array())
      if (const std::string_view name = kube::text_at(entry, {"hostname"}); !name.empty())
        host_names.emplace_back(name);
  // What is asked for, so that other changes of the Ingress begin nothing anew.
  std::string asked = fmt::format("{}{}", seen.largest_canary, seen.has_managed ? " with routes" : "");
  for (const traffic::Destination& other : seen.additional) asked += fmt::format(",{}={}", other.service, other.weight);
  for (const std::string& name : host_names) asked += " " + name;
  seen.depth = traffic::Depth::confirmed;
  seen.is_accepted = false;
  const SeenLoadBalancer* balancer = stores.load_balancers->find(route.key(), asked);
  if (balancer && balancer->is_answered) {
    route.confirm(ingress, balancer->state, seen);
    seen.confirmed_at = balancer->since;
    if (balancer->trouble.empty() && seen.is_accepted) return stores.load_balancers->settle(route.key());
  }
  if (!balancer || !balancer->trouble.empty()) {
    // What it said before is no evidence any more, but the person who waits wants to know it.
    seen.is_accepted = false;
    seen.is_answered = false;
    const std::string last = seen.waits_for.empty() ? "" : "; before, " + seen.waits_for;
    seen.waits_for = balancer ? "the load balancer cannot be asked: " + balancer->trouble + last
                              : std::string("the load balancer has not answered yet");
  }
  stores.load_balancers->want(route.key(), asked, std::move(host_names));
}

traffic::ObservedRoute observed_route(const Stores& stores, const traffic::RoutePointer& route) {
  const auto kept = stores.routes.of(route->kind()).find(route->key());
  const kube::Result<json::value> object = kept ? kube::parse_json(kept->text) : kube::Error{};
  traffic::ObservedRoute seen = route->observe(object ? &*object : nullptr);
  seen.route = route;
  if (object) confirm(stores, *object, *route, seen);
  seen.is_read = stores.routes.is_read(route->kind());
  if (!seen.is_read)
    seen.error = route->kind() + " " + route->key().name + " is not read yet";
  else if (!stores.routes.is_installed(route->kind()))
    seen.error += ": " + stores.routes.missing_kind_text(route->kind());
  return seen;
}

// The Services that subsets divide are looked at, although the Rollout does not name them.
void add_hosts(const Stores& stores, const std::string& ns, RolloutObservation& seen) {
  for (const traffic::ObservedRoute& route : seen.routes) {
    if (!route.subsets || route.subsets->host.empty()) continue;
    const std::string& host = route.subsets->host;
    if (std::any_of(seen.services.begin(), seen.services.end(),
                    [&](const ObservedService& service) { return service.name == host; }))
      continue;
    ObservedService service{host, stores.services.find({ns, host}), std::nullopt};
    if (service.service) service.ready_endpoints = stores.ready_endpoints({ns, host});
    seen.services.push_back(std::move(service));
  }
}

// Those of the strategy, and those of the Experiments.
std::vector<std::string> services_of(const crds::Rollout& rollout,
                                     const std::vector<std::shared_ptr<const crds::Experiment>>& experiments) {
  std::vector<std::string> names = services_named_by(rollout);
  for (std::string& name : experiment_services(experiments)) names.push_back(std::move(name));
  return names;
}

std::map<std::string, std::string> field_values_of(const crds::Rollout& rollout) {
  std::map<std::string, std::string> values;
  const std::vector<std::string> paths = field_paths_named_by(rollout);
  if (paths.empty()) return values;
  const json::value object = crds::encode(rollout);
  for (const std::string& path : paths)
    if (kube::Result<std::string> value = field_value(object, path)) values[path] = std::move(*value);
  return values;
}

}  // namespace

RolloutObservation observe(const Stores& stores, std::shared_ptr<const crds::Rollout> rollout, DecideOptions options) {
  RolloutObservation seen;
  const kube::Mistakes invalid = crds::validate_rollout(*rollout);
  resolve_workload(stores, rollout, seen);
  rollout = seen.rollout;
  seen.options = std::move(options);
  const std::string& ns = rollout->meta.ns;

  seen.mistakes.insert(seen.mistakes.begin(), invalid.begin(), invalid.end());
  const kube::Mistakes unread = stores.mistakes_of(rollout->meta.key());
  seen.mistakes.insert(seen.mistakes.begin(), unread.begin(), unread.end());

  seen.replica_sets = replica_sets_of(stores, *rollout);
  seen.experiments = stores.experiments.owned_by(rollout->meta.uid);
  for (const std::string& name : services_of(*rollout, seen.experiments)) {
    ObservedService service{name, stores.services.find({ns, name}), std::nullopt};
    if (service.service) service.ready_endpoints = stores.ready_endpoints({ns, name});
    seen.services.push_back(std::move(service));
  }
  const traffic::NamedRoutes routes = named_routes(stores, *rollout);
  seen.mistakes.insert(seen.mistakes.end(), routes.mistakes.begin(), routes.mistakes.end());
  for (const traffic::RoutePointer& route : routes.routes) seen.routes.push_back(observed_route(stores, route));
  add_hosts(stores, ns, seen);

  seen.analysis_runs = stores.analysis_runs.owned_by(rollout->meta.uid);
  TemplateWalk walk(stores, ns);
  walk.follow(templates_named_by(*rollout));
  seen.analysis_templates = std::move(walk.templates);
  seen.cluster_analysis_templates = std::move(walk.cluster_templates);
  seen.field_values = field_values_of(*rollout);
  return seen;
}

std::set<std::string> route_kinds_of(const Stores& stores, const crds::Rollout& rollout) {
  const traffic::NamedRoutes routes = named_routes(stores, rollout);
  std::set<std::string> kinds;
  for (const traffic::RoutePointer& route : routes.routes) kinds.insert(route->kind());
  for (const auto& [kind, in] : routes.selected) kinds.insert(kind);
  return kinds;
}

std::vector<References::Name> names_of(const Stores& stores, const crds::Rollout& rollout) {
  std::vector<References::Name> names;
  for (const std::string& service : services_of(rollout, stores.experiments.owned_by(rollout.meta.uid)))
    names.push_back(References::name("Service", {rollout.meta.ns, service}));
  if (const auto& reference = rollout.spec->workload_ref)
    if (const auto kind = crds::workload_kind(reference->api_version, reference->kind))
      names.push_back(References::name(crds::name_of(*kind), {rollout.meta.ns, reference->name}));
  const traffic::NamedRoutes routes = named_routes(stores, rollout);
  for (const traffic::RoutePointer& route : routes.routes) {
    names.push_back(References::name(route->kind(), route->key()));
    names.push_back(References::name(route->kind(), {}));
    if (route->kind() != "DestinationRule") continue;
    const traffic::ObservedRoute seen = observed_route(stores, route);
    if (seen.subsets) names.push_back(References::name("Service", {rollout.meta.ns, seen.subsets->host}));
  }
  for (const auto& [kind, in] : routes.selected) names.push_back(References::name(kind, {in, "*"}));
  TemplateWalk walk(stores, rollout.meta.ns);
  walk.follow(templates_named_by(rollout));
  for (const ObjectKey& key : walk.visited()) names.push_back(References::name("AnalysisTemplate", key));
  return names;
}

}  // namespace sluice::controller
