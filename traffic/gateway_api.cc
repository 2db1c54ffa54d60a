// The routes that the Gateway API plugin's configuration names, and how each is read and written.
#include "traffic/gateway_api.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/fields.h"
#include "kube/json.h"
#include "traffic/gateway_rules.h"
#include "traffic/gateway_status.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::string_view configuration_path = "spec.strategy.canary.trafficRouting.plugins.argoproj-labs/gatewayAPI";

class GatewayRoute final : public Route {
 public:
  GatewayRoute(std::string kind, kube::ObjectKey key, std::shared_ptr<const RoutingPart> part,
               GatewayRouteOptions options)
      : Route(std::move(kind), std::move(key), std::move(part)), options_(std::move(options)) {}

  Result<json::value> changed(const json::value& object, const Intent& intent) const override {
    json::value after = object;
    if (makes_rules()) remove_managed_rules(after, part());
    if (our_rules(after, part()).empty()) return Error{Fault::invalid, no_rule()};
    set_weights(after, part(), intent.split);
    if (makes_rules()) {
      const json::value source = after;
      json::array& rules = after.at_pointer("/spec/rules").get_array();
      for (const ManagedRoute& managed : intent.managed) {
        Result<json::array> made = managed_rules(source, part(), managed);
        if (!made) return made.error();
        for (json::value& rule : *made) rules.push_back(std::move(rule));
      }
      keep_stored_forms(object, after);
    }
    mark(after, intent.split.canary > 0);
    return after;
  }

 protected:
  void read(const json::value& object, ObservedRoute& seen) const override {
    const std::vector<RuleBackends> rules = our_rules(object, part());
    if (rules.empty()) {
      seen.error = no_rule();
      return;
    }
    const int max = part().max_weight;
    const Split first{rules.front().canary_of(max), max - rules.front().canary_of(max), rules.front().additional};
    seen.largest_canary = seen.smallest_canary = first.canary;
    seen.additional = first.additional;
    const Split whole = Split::of_canary(first.canary, max, first.additional);
    seen.is_uniform = true;
    for (const RuleBackends& rule : rules) {
      seen.largest_canary = std::max(seen.largest_canary, rule.canary_of(max));
      seen.smallest_canary = std::min(seen.smallest_canary, rule.canary_of(max));
      seen.is_uniform = seen.is_uniform && rule.canary_weight == whole.canary && rule.stable_weight == whole.stable &&
                        rule.additional == whole.additional;
    }
    observe_parents(object, seen);
  }

  bool has_managed(const json::value& object) const override {
    return makes_rules() && has_managed_rule(object, part());
  }

 private:
  bool makes_rules() const { return options_.use_header_routes && (kind() == "HTTPRoute" || kind() == "GRPCRoute"); }

  std::string no_rule() const {
    return fmt::format(
        "{} \"{}\" has no rule whose backendRefs name both {} and {}; add both Services to the rules whose traffic is "
        "to be split",
        kind(), key().name, part().backends.stable_service, part().backends.canary_service);
  }

  // What an API server has made of our rules (defaults added, names dropped) is no reason to write them again.
  static void keep_stored_forms(const json::value& before, json::value& after) {
    const json::value* known = kube::find_at(before, {"spec", "rules"});
    json::array& rules = after.at_pointer("/spec/rules").get_array();
    if (!known || !known->is_array()) return;
    const json::array& stored = known->get_array();
    for (std::size_t i = 0; i < rules.size() && i < stored.size(); ++i)
      if (is_stored_form(stored[i], rules[i])) rules[i] = stored[i];
  }

  // Another Rollout's canary on the same route is seen by a rule that still divides its traffic.
  bool is_divided_by_others(const json::value& object) const {
    const json::value* rules = kube::find_at(object, {"spec", "rules"});
    if (!rules || !rules->is_array()) return false;
    const std::vector<RuleBackends> ours = our_rules(object, part());
    for (std::size_t i = 0; i < rules->get_array().size(); ++i) {
      if (std::any_of(ours.begin(), ours.end(), [&](const RuleBackends& rule) { return rule.rule == i; })) continue;
      const json::value* refs = kube::find_at(rules->get_array()[i], {"backendRefs"});
      if (!refs || !refs->is_array()) continue;
      const auto has_weight = [](const json::value& backend) { return kube::number_at(backend, {"weight"}, 1) > 0; };
      if (std::count_if(refs->get_array().begin(), refs->get_array().end(), has_weight) > 1) return true;
    }
    return false;
  }

  void mark(json::value& object, bool in_progress) const {
    if (options_.in_progress_key.empty() || !object.is_object()) return;
    const json::value* labels = kube::find_at(object, {"metadata", "labels"});
    const bool is_marked = labels && labels->is_object() && labels->get_object().contains(options_.in_progress_key);
    if (in_progress) {
      json::value& kept = object.get_object()["metadata"].get_object()["labels"];
      if (!kept.is_object()) kept = json::object();
      kept.get_object()[options_.in_progress_key] = options_.in_progress_value;
    } else if (is_marked && !is_divided_by_others(object)) {
      object.at_pointer("/metadata/labels").get_object().erase(options_.in_progress_key);
    }
  }

  GatewayRouteOptions options_;
};

struct KindFields {
  std::string_view kind;
  std::string_view single;
  std::string_view list;
  std::string_view selector;
};

constexpr KindFields kinds[] = {{"HTTPRoute", "httpRoute", "httpRoutes", "httpRouteSelector"},
                                {"GRPCRoute", "grpcRoute", "grpcRoutes", "grpcRouteSelector"},
                                {"TCPRoute", "tcpRoute", "tcpRoutes", "tcpRouteSelector"},
                                {"TLSRoute", "tlsRoute", "tlsRoutes", "tlsRouteSelector"}};

class Naming {
 public:
  Naming(const RoutingInput& input, const json::value& configuration, NamedRoutes& named)
      : input_(input), configuration_(configuration), named_(named) {
    ns_ = kube::text_at(configuration, {"namespace"});
    if (ns_.empty()) ns_ = input.part->ns;
    if (const std::string_view key = kube::text_at(configuration, {"inProgressLabelKey"}); !key.empty())
      options_.in_progress_key = key;
    if (const std::string_view value = kube::text_at(configuration, {"inProgressLabelValue"}); !value.empty())
      options_.in_progress_value = value;
    const json::value* disabled = kube::find_at(configuration, {"disableInProgressLabel"});
    if (disabled && disabled->is_bool() && disabled->get_bool()) options_.in_progress_key.clear();
  }

  void run() {
    bool is_configured = false;
    for (const KindFields& fields : kinds) {
      // The list comes first, so that a route in both keeps what its entry says.
      is_configured |= name_list(fields);
      if (const std::string_view name = kube::text_at(configuration_, {fields.single}); !name.empty()) {
        add(fields.kind, std::string(name), true);
        is_configured = true;
      }
      is_configured |= name_selected(fields);
    }
    if (!is_configured)
      wrong("",
            "Required value: No routes configured. At least one of 'httpRoutes', 'grpcRoutes', 'tcpRoutes', "
            "'tlsRoutes', their single forms or selectors must be set");
  }

 private:
  void wrong(std::string_view field, std::string message) {
    named_.mistakes.push_back(
        {std::string(configuration_path) + (field.empty() ? "" : ".") + std::string(field), std::move(message)});
  }

  void add(std::string_view kind, std::string name, bool use_header_routes) {
    const auto is_known = [&](const RoutePointer& route) {
      return route->kind() == kind && route->key() == kube::ObjectKey{ns_, name};
    };
    if (std::any_of(named_.routes.begin(), named_.routes.end(), is_known)) return;
    GatewayRouteOptions options = options_;
    options.use_header_routes = use_header_routes;
    named_.routes.push_back(
        make_gateway_route(std::string(kind), {ns_, std::move(name)}, input_.part, std::move(options)));
  }

  bool name_list(const KindFields& fields) {
    const json::value* list = kube::find_at(configuration_, {fields.list});
    if (!list || !list->is_array()) return false;
    const json::array& entries = list->get_array();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string_view name = kube::text_at(entries[i], {"name"});
      const json::value* use = kube::find_at(entries[i], {"useHeaderRoutes"});
      if (name.empty())
        wrong(fmt::format("{}[{}].name", fields.list, i), "Required value");
      else
        add(fields.kind, std::string(name), use && use->is_bool() && use->get_bool());
    }
    return !entries.empty();
  }

  bool name_selected(const KindFields& fields) {
    const json::value* given = kube::find_at(configuration_, {fields.selector});
    if (!given || !given->is_object()) return false;
    kube::Mistakes mistakes;
    const auto selector = kube::decode<kube::LabelSelector>(
        *given, mistakes, std::string(configuration_path) + "." + std::string(fields.selector));
    named_.mistakes.insert(named_.mistakes.end(), mistakes.begin(), mistakes.end());
    if (!mistakes.empty()) return true;
    named_.selected.emplace_back(fields.kind, ns_);
    if (input_.find)
      for (std::string& name : input_.find(fields.kind, ns_, selector)) add(fields.kind, std::move(name), false);
    return true;
  }

  const RoutingInput& input_;
  const json::value& configuration_;
  NamedRoutes& named_;
  std::string ns_;
  GatewayRouteOptions options_;
};

}  // namespace

bool has_gateway_api(const crds::TrafficRouting& routing) {
  return routing.plugins.contains(std::string(crds::gateway_api_plugin));
}

void name_gateway_routes(const RoutingInput& input, NamedRoutes& named) {
  const auto& text = input.routing.plugins.at(std::string(crds::gateway_api_plugin)).text;
  const Result<json::value> configuration = kube::parse_json(text);
  if (!configuration || !configuration->is_object()) {
    named.mistakes.push_back({std::string(configuration_path), "Invalid value: must be an object"});
    return;
  }
  Naming(input, *configuration, named).run();
}

RoutePointer make_gateway_route(std::string kind, kube::ObjectKey key, std::shared_ptr<const RoutingPart> part,
                                GatewayRouteOptions options) {
  return std::make_shared<GatewayRoute>(std::move(kind), std::move(key), std::move(part), std::move(options));
}

}  // namespace sluice::traffic
