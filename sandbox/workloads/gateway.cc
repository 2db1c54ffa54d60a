// Simulated routers.
#include "sandbox/workloads/gateway.h"

#include <algorithm>

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

namespace resources = kube::resources;

constexpr std::string_view controller_name = "sluice.dev/sandbox-gateway";

bool is_service(const json::value& reference) {
  const std::string_view kind = kube::text_at(reference, {"kind"});
  return kube::text_at(reference, {"group"}).empty() && (kind.empty() || kind == "Service");
}

kube::ObjectKey service_of(const json::value& reference, std::string_view route_ns) {
  const std::string_view ns = kube::text_at(reference, {"namespace"});
  return {std::string(ns.empty() ? route_ns : ns), std::string(kube::text_at(reference, {"name"}))};
}

template <class Visit>
void for_each_backend(const json::value& route, const Visit& visit) {
  for (const json::value& rule : array_at(route, {"spec", "rules"}))
    for (const json::value& reference : array_at(rule, {"backendRefs"})) visit(reference);
}

// HTTPRoutes go by their names, other kinds by "<plural>/<name>".
kube::ObjectKey name_of(const RouteKind& kind, const kube::ObjectKey& route) {
  if (kind.resource.plural == resources::http_routes.plural) return route;
  return {route.ns, std::string(kind.resource.plural) + "/" + route.name};
}

struct NamedRoute {
  const RouteKind* kind = nullptr;
  kube::ObjectKey key;
};

NamedRoute route_named(const kube::ObjectKey& name) {
  const std::size_t slash = name.name.find('/');
  if (slash == std::string::npos)
    return {find_route_kind(resources::http_routes.group, resources::http_routes.plural), name};
  for (const RouteKind& kind : route_kinds())
    if (name.name.compare(0, slash, kind.resource.plural) == 0) return {&kind, {name.ns, name.name.substr(slash + 1)}};
  return {};
}

struct Verdict {
  std::string_view type;
  bool holds = true;
  std::string_view reason;
  std::string message;
};

// `before` is the list of conditions of the same parent as it was, or nullptr.
json::object condition(const Verdict& verdict, const json::array* before, std::int64_t generation, kube::Time now) {
  const std::string_view status = verdict.holds ? "True" : "False";
  std::string since = kube::format_time(now);
  if (before)
    for (const json::value& old : *before)
      if (kube::text_at(old, {"type"}) == verdict.type && kube::text_at(old, {"status"}) == status)
        since = kube::text_at(old, {"lastTransitionTime"});
  return {{"type", verdict.type},        {"status", status},
          {"reason", verdict.reason},    {"message", verdict.message},
          {"lastTransitionTime", since}, {"observedGeneration", generation}};
}

}  // namespace

Gateway::Gateway(World& world) : world_(world), requests_(world.api, world.log, "sandbox-gateway") {
  proxies_.push_back({world.options.route_serving_delay});
  for (const kube::Duration more : world.options.slower_proxies)
    proxies_.push_back({world.options.route_serving_delay + more});
}

void Gateway::look_at(const kube::ObjectKey& route) {
  const kube::Duration delay = world_.options.route_status_delay;
  unread_.try_emplace(route, world_.now() + delay);
  world_.agenda.within(delay, *this, route);
}

std::string Gateway::entry_of(const kube::ObjectKey& served) {
  const NamedRoute route = route_named(served);
  return std::string(route.kind->entry) + "/" + route.key.name;
}

void Gateway::noted(const Change& change) {
  if (change.group.empty() && change.plural == "services") {
    if (change.type == kube::WatchType::modified) return;
    const auto named = routes_of_.find(change.key);
    if (named == routes_of_.end()) return;
    for (const kube::ObjectKey& route : named->second) look_at(route);
  } else if (change.plural == "destinationrules") {
    for (const kube::ObjectKey& service : virtual_services_) look_at(service);
  } else if (const RouteKind* kind = find_route_kind(change.group, change.plural)) {
    note_route(*kind, change);
  }
}

void Gateway::note_route(const RouteKind& kind, const Change& change) {
  const kube::ObjectKey name = name_of(kind, change.key);
  const bool is_gone = change.type == kube::WatchType::deleted;
  if (change.before)
    for_each_backend(*change.before, [&](const json::value& reference) {
      const auto named = routes_of_.find(service_of(reference, change.key.ns));
      if (named == routes_of_.end()) return;
      named->second.erase(name);
      if (named->second.empty()) routes_of_.erase(named);
    });
  if (is_gone) {
    for (Proxy& proxy : proxies_) {
      proxy.served.erase(name);
      proxy.coming.erase(name);
    }
    unread_.erase(name);
    unreported_.erase(name);
    virtual_services_.erase(name);
    return;
  }
  if (change.plural == "virtualservices") virtual_services_.insert(name);
  for_each_backend(*change.after, [&](const json::value& reference) {
    if (is_service(reference)) routes_of_[service_of(reference, change.key.ns)].insert(name);
  });
  // What an Ingress does stands in its annotations, which have no generation.
  const bool is_new = !change.before || change.plural == "ingresses" ||
                      kube::number_at(*change.before, {"metadata", "generation"}) !=
                          kube::number_at(*change.after, {"metadata", "generation"});
  if (is_new) look_at(name);
}

std::string Gateway::subset_hash(const kube::ObjectKey& service, std::string_view subset) const {
  std::string hash;
  const kube::Resource rules{"networking.istio.io", "v1", "DestinationRule", "destinationrules"};
  world_.api.for_each(rules, "", [&](const kube::ObjectKey& key, const std::shared_ptr<const json::value>& rule) {
    if (service_at_host(kube::text_at(*rule, {"spec", "host"}), key.ns) != service) return;
    for (const json::value& one : array_at(*rule, {"spec", "subsets"}))
      if (kube::text_at(one, {"name"}) == subset) hash = kube::text_at(one, {"labels", "rollouts-pod-template-hash"});
  });
  return hash;
}

bool Gateway::reconcile(const kube::ObjectKey& name) {
  const NamedRoute named = route_named(name);
  const std::shared_ptr<const json::value> route = world_.api.find(named.kind->resource, named.key);
  if (!route) return true;
  for (Proxy& proxy : proxies_) serve_what_is_due(proxy, name);
  const auto unread = unread_.find(name);
  if (unread != unread_.end() && unread->second <= world_.now()) {
    unread_.erase(unread);
    accept(name, *named.kind, *route);
    if (named.kind->is_reported) unreported_.insert(name);
  }
  if (!unreported_.contains(name)) return true;
  // What is said is said about the newest generation, so that has to be read and, if so wanted, served.
  if (world_.options.reports_when_served && (unread_.contains(name) || !is_served_by_all(name))) return true;
  if (!report(named.key, *named.kind, *route)) return false;
  unreported_.erase(name);
  return true;
}

bool Gateway::is_served_by_all(const kube::ObjectKey& key) const {
  return std::ranges::none_of(proxies_, [&](const Proxy& proxy) { return proxy.coming.contains(key); });
}

void Gateway::serve_what_is_due(Proxy& proxy, const kube::ObjectKey& key) {
  const auto coming = proxy.coming.find(key);
  if (coming == proxy.coming.end()) return;
  std::deque<Coming>& routes = coming->second;
  for (; !routes.empty() && routes.front().due <= world_.now(); routes.pop_front())
    proxy.served[key] = std::move(routes.front().route);
  if (routes.empty()) proxy.coming.erase(coming);
}

// What was accepted before is served when its time has come, also when something newer is accepted meanwhile.
void Gateway::accept(const kube::ObjectKey& key, const RouteKind& kind, const json::value& route) {
  const ServedRoute wanted = kind.read(
      route, [this](const kube::ObjectKey& service, std::string_view subset) { return subset_hash(service, subset); });
  for (Proxy& proxy : proxies_) {
    const auto coming = proxy.coming.find(key);
    const auto present = proxy.served.find(key);
    const ServedRoute* newest = coming != proxy.coming.end()    ? &coming->second.back().route
                                : present != proxy.served.end() ? &present->second
                                                                : nullptr;
    if (newest && *newest == wanted) continue;
    const kube::Time due = world_.now() + proxy.delay;
    proxy.coming[key].push_back({due, wanted});
    if (due > world_.now())
      world_.agenda.at(due, *this, key);
    else
      serve_what_is_due(proxy, key);
  }
}

bool Gateway::report(const kube::ObjectKey& key, const RouteKind& kind, const json::value& route) {
  std::string missing;
  for_each_backend(route, [&](const json::value& reference) {
    const kube::ObjectKey service = service_of(reference, key.ns);
    if (is_service(reference) && world_.api.find(resources::services, service)) return;
    missing += (missing.empty() ? "" : ", ") + service.text();
  });
  const std::int64_t generation = kube::number_at(route, {"metadata", "generation"});
  const Verdict accepted{"Accepted", true, "Accepted", "Route is accepted"};
  const Verdict resolved = missing.empty()
                               ? Verdict{"ResolvedRefs", true, "ResolvedRefs", "All references are resolved"}
                               : Verdict{"ResolvedRefs", false, "BackendNotFound", "Service not found: " + missing};
  json::array parents;
  for (const json::value& reference : array_at(route, {"spec", "parentRefs"})) {
    const json::array* before = nullptr;
    for (const json::value& parent : array_at(route, {"status", "parents"})) {
      const json::value* named = kube::find_at(parent, {"parentRef"});
      if (named && *named == reference) before = &array_at(parent, {"conditions"});
    }
    json::object parent{{"controllerName", controller_name}};
    parent["parentRef"] = reference;
    json::array conditions;
    conditions.push_back(condition(accepted, before, generation, world_.now()));
    conditions.push_back(condition(resolved, before, generation, world_.now()));
    parent["conditions"] = std::move(conditions);
    parents.push_back(std::move(parent));
  }
  if (array_at(route, {"status", "parents"}) == parents) return true;
  json::object status;
  status["parents"] = std::move(parents);
  return requests_.patch_status(kind.resource, key, std::move(status));
}

}  // namespace sluice::sandbox
