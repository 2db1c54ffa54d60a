// HTTPRoutes: which backendRefs are ours, what they weigh, and whether the gateways have taken it.
#include "traffic/gateway_api.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

const json::array* array_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(value, path);
  return found && found->is_array() ? &found->get_array() : nullptr;
}

// Our two backendRefs within one rule.
struct RuleBackends {
  std::size_t rule = 0;
  std::size_t canary = 0;  // indices into backendRefs
  std::size_t stable = 0;
  std::optional<std::int64_t> canary_weight;  // as written; absent counts as 1
  std::optional<std::int64_t> stable_weight;

  int canary_percent() const {
    const std::int64_t canary_share = canary_weight.value_or(1);
    const std::int64_t both = canary_share + stable_weight.value_or(1);
    // Rounded up: a canary that gets a little of the traffic never counts as one that gets none.
    return both == 0 ? 0 : static_cast<int>((canary_share * 100 + both - 1) / both);
  }
  bool is(const Split& split) const { return canary_weight == split.canary && stable_weight == split.stable; }
};

bool is_service(const json::value& backend, std::string_view name) {
  const std::string_view kind = kube::text_at(backend, {"kind"});
  return kube::text_at(backend, {"name"}) == name && (kind.empty() || kind == "Service") &&
         kube::text_at(backend, {"group"}).empty();
}

std::optional<std::int64_t> weight_of(const json::value& backend) {
  const json::value* weight = kube::find_at(backend, {"weight"});
  if (!weight || !weight->is_number()) return std::nullopt;
  return kube::number_at(backend, {"weight"});
}

std::optional<RuleBackends> backends_in(const json::value& rule, std::size_t index, const Backends& backends) {
  const json::array* refs = array_at(rule, {"backendRefs"});
  if (!refs) return std::nullopt;
  RuleBackends found;
  found.rule = index;
  bool has_canary = false;
  bool has_stable = false;
  for (std::size_t i = 0; i < refs->size(); ++i) {
    const json::value& backend = (*refs)[i];
    if (!has_canary && is_service(backend, backends.canary_service)) {
      has_canary = true;
      found.canary = i;
      found.canary_weight = weight_of(backend);
    } else if (!has_stable && is_service(backend, backends.stable_service)) {
      has_stable = true;
      found.stable = i;
      found.stable_weight = weight_of(backend);
    }
  }
  if (!has_canary || !has_stable) return std::nullopt;
  return found;
}

// Rules with one of our backends only are somebody's choice (a header rule, a mirror) and stay as they are.
std::vector<RuleBackends> our_rules(const json::value& route, const Backends& backends) {
  std::vector<RuleBackends> found;
  if (const json::array* rules = array_at(route, {"spec", "rules"}))
    for (std::size_t i = 0; i < rules->size(); ++i)
      if (const auto ours = backends_in((*rules)[i], i, backends)) found.push_back(*ours);
  return found;
}

std::string no_rule_error(const std::string& name, const Backends& backends) {
  return fmt::format(
      "HTTPRoute \"{}\" has no rule whose backendRefs name both {} and {}; add both Services to the rules whose "
      "traffic "
      "is to be split",
      name, backends.stable_service, backends.canary_service);
}

// Which condition of one parent is missing; "" when the parent has taken this generation.
std::string missing_in(const json::value& parent, std::int64_t generation) {
  const json::array* conditions = array_at(parent, {"conditions"});
  for (const std::string_view type : {"Accepted", "ResolvedRefs"}) {
    const json::value* found = nullptr;
    if (conditions)
      for (const json::value& condition : *conditions)
        if (kube::text_at(condition, {"type"}) == type) found = &condition;
    const std::string name = std::string(kube::text_at(parent, {"parentRef", "name"}));
    // A gateway that never says which generation it means can only be taken at its word.
    const bool is_old = found && kube::find_at(*found, {"observedGeneration"}) &&
                        kube::number_at(*found, {"observedGeneration"}) < generation;
    if (!found || is_old)
      return fmt::format("gateway {} has not reported {} for generation {} yet", name, type, generation);
    if (kube::text_at(*found, {"status"}) != "True")
      return fmt::format("gateway {} reports {}={}: {}", name, type, kube::text_at(*found, {"status"}),
                         kube::text_at(*found, {"message"}));
  }
  return {};
}

// Two parentRefs of one route that mean the same parent; a namespace that is left out is the route's.
bool is_same_parent(const json::value& left, const json::value& right, std::string_view ns) {
  const auto namespace_of = [&](const json::value& parent) {
    const std::string_view given = kube::text_at(parent, {"namespace"});
    return given.empty() ? ns : given;
  };
  const auto kind_of = [](const json::value& parent) {
    const std::string_view given = kube::text_at(parent, {"kind"});
    return given.empty() ? std::string_view("Gateway") : given;
  };
  return kube::text_at(left, {"name"}) == kube::text_at(right, {"name"}) && namespace_of(left) == namespace_of(right) &&
         kind_of(left) == kind_of(right) &&
         kube::text_at(left, {"sectionName"}) == kube::text_at(right, {"sectionName"}) &&
         kube::number_at(left, {"port"}) == kube::number_at(right, {"port"});
}

// What is missing in the reports about one parent of the route; "" when all controllers that report on it have taken
// this generation.
std::string missing_for(const json::value& parent, const json::array& reports, std::string_view ns,
                        std::int64_t generation) {
  bool is_reported = false;
  for (const json::value& report : reports) {
    const json::value* about = kube::find_at(report, {"parentRef"});
    if (!about || !is_same_parent(*about, parent, ns)) continue;
    is_reported = true;
    if (std::string missing = missing_in(report, generation); !missing.empty()) return missing;
  }
  return is_reported ? std::string() : fmt::format("gateway {} has not reported yet", kube::text_at(parent, {"name"}));
}

void observe_status(const json::value& route, ObservedRoute& seen) {
  const json::array* parents = array_at(route, {"status", "parents"});
  if (!parents || parents->empty()) {
    // No gateway controller reports on this route, so what is written is all that can be known.
    seen.depth = Depth::written;
    seen.is_accepted = true;
    return;
  }
  seen.depth = Depth::reported;
  const std::int64_t generation = kube::number_at(route, {"metadata", "generation"});
  const std::string_view ns = kube::text_at(route, {"metadata", "namespace"});
  // Reports about parents that the route no longer has may stay behind and do not count.
  if (const json::array* wanted = array_at(route, {"spec", "parentRefs"}); wanted && !wanted->empty()) {
    for (const json::value& parent : *wanted)
      if (seen.waits_for.empty()) seen.waits_for = missing_for(parent, *parents, ns, generation);
  } else {
    for (const json::value& report : *parents)
      if (seen.waits_for.empty()) seen.waits_for = missing_in(report, generation);
  }
  seen.is_accepted = seen.waits_for.empty();
}

}  // namespace

Result<std::vector<RouteReference>> routes_named_by(const std::string& plugin_configuration, const std::string& ns) {
  const Result<json::value> parsed = kube::parse_json(plugin_configuration);
  if (!parsed) return parsed.error();
  const json::value& configuration = *parsed;
  const std::string at = "spec.strategy.canary.trafficRouting.plugins.argoproj-labs/gatewayAPI";
  if (!configuration.is_object()) return Error{Fault::invalid, at + ": must be an object"};

  std::string wrong;
  const auto add_wrong = [&](const std::string& text) { wrong += (wrong.empty() ? "" : "; ") + text; };
  for (const std::string_view field :
       {"grpcRoute", "grpcRoutes", "tcpRoute", "tcpRoutes", "tlsRoute", "tlsRoutes", "httpRouteSelector",
        "grpcRouteSelector", "tcpRouteSelector", "tlsRouteSelector"})
    if (kube::find_at(configuration, {field}))
      add_wrong(fmt::format("{}.{}: this version routes by httpRoute and httpRoutes only", at, field));

  std::string target_ns(kube::text_at(configuration, {"namespace"}));
  if (target_ns.empty()) target_ns = ns;
  std::vector<RouteReference> routes;
  const auto add_route = [&](std::string_view name) {
    RouteReference route{"HTTPRoute", {target_ns, std::string(name)}};
    if (std::find(routes.begin(), routes.end(), route) == routes.end()) routes.push_back(std::move(route));
  };
  if (const std::string_view name = kube::text_at(configuration, {"httpRoute"}); !name.empty()) add_route(name);
  if (const json::array* list = array_at(configuration, {"httpRoutes"}))
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string_view name = kube::text_at((*list)[i], {"name"});
      if (name.empty())
        add_wrong(fmt::format("{}.httpRoutes[{}].name: is required", at, i));
      else
        add_route(name);
    }
  if (routes.empty() && wrong.empty()) add_wrong(at + ": name a route in httpRoute, or several in httpRoutes");
  if (!wrong.empty()) return Error{Fault::invalid, wrong};
  return routes;
}

ObservedRoute observe_route(const RouteReference& reference, const json::value* route, const Backends& backends) {
  ObservedRoute seen;
  seen.kind = reference.kind;
  seen.key = reference.key;
  if (!route) {
    seen.error = fmt::format("{} \"{}\" not found", reference.kind, reference.key.name);
    return seen;
  }
  seen.resource_version = kube::text_at(*route, {"metadata", "resourceVersion"});
  const std::vector<RuleBackends> rules = our_rules(*route, backends);
  if (rules.empty()) {
    seen.error = no_rule_error(reference.key.name, backends);
    return seen;
  }
  seen.largest_canary = seen.smallest_canary = rules.front().canary_percent();
  seen.is_uniform = true;
  for (const RuleBackends& rule : rules) {
    seen.largest_canary = std::max(seen.largest_canary, rule.canary_percent());
    seen.smallest_canary = std::min(seen.smallest_canary, rule.canary_percent());
    seen.is_uniform = seen.is_uniform && rule.is(Split::of_canary(rules.front().canary_percent()));
  }
  observe_status(*route, seen);
  return seen;
}

Result<std::string> plan_weights(const json::value& route, const Backends& backends, const Split& split) {
  const std::vector<RuleBackends> rules = our_rules(route, backends);
  if (rules.empty())
    return Error{Fault::invalid, no_rule_error(std::string(kube::text_at(route, {"metadata", "name"})), backends)};
  json::array operations;
  const auto set_weight = [&](const RuleBackends& rule, std::size_t backend, const std::string& name, int weight) {
    const std::string path = fmt::format("/spec/rules/{}/backendRefs/{}", rule.rule, backend);
    operations.push_back(json::object{{"op", "test"}, {"path", path + "/name"}, {"value", name}});
    operations.push_back(json::object{{"op", "add"}, {"path", path + "/weight"}, {"value", weight}});
  };
  for (const RuleBackends& rule : rules) {
    if (rule.canary_weight != split.canary) set_weight(rule, rule.canary, backends.canary_service, split.canary);
    if (rule.stable_weight != split.stable) set_weight(rule, rule.stable, backends.stable_service, split.stable);
  }
  if (operations.empty()) return std::string();
  json::array patch;
  patch.push_back(json::object{{"op", "replace"},
                               {"path", "/metadata/resourceVersion"},
                               {"value", kube::text_at(route, {"metadata", "resourceVersion"})}});
  for (json::value& operation : operations) patch.push_back(std::move(operation));
  return kube::print_json(patch);
}

}  // namespace sluice::traffic
