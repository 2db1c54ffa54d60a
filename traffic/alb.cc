// Ingresses of the AWS load balancer controller: the forward action of a Rollout and its header routes.
#include "traffic/alb.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "traffic/alb_actions.h"
#include "traffic/load_balancer.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::string_view default_prefix = "alb.ingress.kubernetes.io";
constexpr std::string_view record_key = "rollouts.argoproj.io/managed-alb-annotations";

json::array* paths_of(json::value& rule) {
  json::value* http = rule.is_object() ? rule.get_object().if_contains("http") : nullptr;
  json::value* paths = http && http->is_object() ? http->get_object().if_contains("paths") : nullptr;
  return paths && paths->is_array() ? &paths->get_array() : nullptr;
}

json::array* rules_of(json::value& ingress) {
  json::value* spec = ingress.is_object() ? ingress.get_object().if_contains("spec") : nullptr;
  json::value* rules = spec && spec->is_object() ? spec->get_object().if_contains("rules") : nullptr;
  return rules && rules->is_array() ? &rules->get_array() : nullptr;
}

std::string_view service_of(const json::value& path) { return kube::text_at(path, {"backend", "service", "name"}); }

class AlbIngress final : public Route {
 public:
  AlbIngress(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part, crds::AlbRouting routing)
      : Route("Ingress", std::move(key), std::move(part)), routing_(std::move(routing)) {
    prefix_ = routing_.annotation_prefix.empty() ? default_prefix : routing_.annotation_prefix;
  }

  Result<json::value> changed(const json::value& object, const Intent& intent) const override {
    if (std::string wrong = error_in(object); !wrong.empty()) return Error{Fault::invalid, std::move(wrong)};
    json::value after = object;
    json::value& kept = after.at("metadata").get_object()["annotations"];
    if (!kept.is_object()) kept = json::object();
    json::object& annotations = kept.get_object();
    std::vector<std::string> keys{action_key(root())};
    write(annotations, action_key(root()),
          forward_action(targets_of(intent.split), port(), routing_.stickiness_config));
    for (const std::string& name : part().managed_names) {
      const auto wanted = std::find_if(intent.managed.begin(), intent.managed.end(),
                                       [&](const ManagedRoute& route) { return route.name == name; });
      if (wanted == intent.managed.end() || wanted->headers.empty()) {
        annotations.erase(action_key(name));
        annotations.erase(condition_key(name));
        continue;
      }
      write(annotations, action_key(name),
            forward_action({{part().backends.canary_service, 100}}, port(), routing_.stickiness_config));
      write(annotations, condition_key(name), header_conditions(wanted->headers));
      keys.push_back(action_key(name));
      keys.push_back(condition_key(name));
    }
    const std::string before(kube::text_at(object, {"metadata", "annotations", record_key}));
    write(annotations, std::string(record_key), with_record(before, part().rollout, keys));
    arrange_paths(after, intent);
    return after;
  }

  void confirm(const json::value& object, const LoadBalancerState& state, ObservedRoute& seen) const override {
    seen.waits_for = difference_from(state, key(), part().backends,
                                     Split::of_canary(seen.largest_canary, 100, seen.additional), port());
    if (seen.waits_for.empty()) seen.waits_for = difference_of_headers(object, state);
    seen.is_accepted = seen.waits_for.empty();
    if (state.balancers.empty()) return;
    seen.balancer = ObservedBalancer{state.balancers.front().name, state.balancers.front().arn,
                                     group_arn(state, tag_of(part().backends.canary_service)),
                                     group_arn(state, tag_of(part().backends.stable_service))};
  }

 protected:
  void read(const json::value& object, ObservedRoute& seen) const override {
    seen.error = error_in(object);
    if (!seen.error.empty()) return;
    seen.depth = Depth::written;
    seen.is_accepted = true;
    seen.propagation = alb_propagation;
    const auto targets = targets_in(kube::text_at(object, {"metadata", "annotations", action_key(root())}));
    if (!targets) return;  // nothing is forwarded by our action yet
    int all = 0;
    int canary = 0;
    int stable = 0;
    for (const ForwardTarget& target : *targets) {
      all += target.weight;
      if (target.service == part().backends.canary_service)
        canary += target.weight;
      else if (target.service == part().backends.stable_service)
        stable += target.weight;
      else
        seen.additional.push_back({target.service, "", target.weight});
    }
    const int share = all <= 0 ? 0 : (canary * 100 + all - 1) / all;
    seen.largest_canary = seen.smallest_canary = share;
    const Split whole = Split::of_canary(share, 100, seen.additional);
    seen.is_uniform = canary == whole.canary && stable == whole.stable && targets->size() >= 2;
  }

  bool has_managed(const json::value& object) const override {
    return std::any_of(part().managed_names.begin(), part().managed_names.end(), [&](const std::string& name) {
      return !kube::text_at(object, {"metadata", "annotations", action_key(name)}).empty();
    });
  }

 private:
  int port() const { return routing_.service_port; }
  const std::string& root() const {
    return routing_.root_service.empty() ? part().backends.stable_service : routing_.root_service;
  }
  std::string tag_of(const std::string& service) const { return target_group_tag(key(), service, port()); }

  // Header routes that are written and not served yet, or taken away and still served.
  std::string difference_of_headers(const json::value& object, const LoadBalancerState& state) const {
    const std::string canary = tag_of(part().backends.canary_service);
    for (const std::string& name : part().managed_names) {
      const std::string_view written = kube::text_at(object, {"metadata", "annotations", condition_key(name)});
      if (!written.empty()) {
        if (!has_header_rule(state, canary, conditions_in(written)))
          return fmt::format("the load balancer has no rule yet for header route {}", name);
        continue;
      }
      for (const ManagedRoute& route : part().declarable)
        if (route.name == name && !route.headers.empty() &&
            has_header_rule(state, canary, conditions_in(header_conditions(route.headers))))
          return fmt::format("the load balancer still has the rule of header route {}", name);
    }
    return {};
  }

  std::string action_key(const std::string& name) const { return prefix_ + "/actions." + name; }
  std::string condition_key(const std::string& name) const { return prefix_ + "/conditions." + name; }

  std::vector<ForwardTarget> targets_of(const Split& split) const {
    std::vector<ForwardTarget> targets{{part().backends.canary_service, split.canary}};
    for (const Destination& other : split.additional)
      if (!other.service.empty()) targets.push_back({other.service, other.weight});
    targets.push_back({part().backends.stable_service, split.stable});
    return targets;
  }

  // A text that means the same stays as it is.
  static void write(json::object& annotations, const std::string& key, const std::string& text) {
    const json::value* known = annotations.if_contains(key);
    if (known && known->is_string() && is_same_text(known->get_string(), text)) return;
    annotations[key] = text;
  }

  std::string error_in(const json::value& object) const {
    const auto& stickiness = routing_.stickiness_config;
    if (stickiness && stickiness->enabled &&
        (stickiness->duration_seconds < 1 || stickiness->duration_seconds > 604800))
      return fmt::format("stickinessConfig.durationSeconds is {} and must be between 1 and 604800 seconds",
                         stickiness->duration_seconds);
    json::value copy = object;
    const json::array* rules = rules_of(copy);
    if (rules)
      for (json::value rule : *rules)
        if (const json::array* paths = paths_of(rule))
          if (std::any_of(paths->begin(), paths->end(),
                          [&](const json::value& path) { return service_of(path) == root(); }))
            return {};
    return fmt::format("ingress `{}` has no rules using service {} backend", key().name, root());
  }

  // The paths of header routes stand first in every rule, in their order.
  void arrange_paths(json::value& ingress, const Intent& intent) const {
    json::array* rules = rules_of(ingress);
    if (!rules || part().managed_names.empty()) return;
    for (json::value& rule : *rules) {
      json::array* paths = paths_of(rule);
      if (!paths) continue;
      json::array arranged;
      for (const ManagedRoute& managed : intent.managed)
        if (!managed.headers.empty()) arranged.push_back(path_to(managed.name));
      for (json::value& path : *paths)
        if (!is_ours(path)) arranged.push_back(std::move(path));
      *paths = std::move(arranged);
    }
  }

  bool is_ours(const json::value& path) const {
    const std::vector<std::string>& names = part().managed_names;
    return std::find(names.begin(), names.end(), service_of(path)) != names.end() &&
           kube::text_at(path, {"backend", "service", "port", "name"}) == "use-annotation";
  }

  static json::object path_to(const std::string& route) {
    json::object service{{"name", route}, {"port", json::object{{"name", "use-annotation"}}}};
    return {{"path", "/*"},
            {"pathType", "ImplementationSpecific"},
            {"backend", json::object{{"service", std::move(service)}}}};
  }

  crds::AlbRouting routing_;
  std::string prefix_;
};

}  // namespace

bool has_alb(const crds::TrafficRouting& routing) { return static_cast<bool>(routing.alb); }

void name_alb_routes(const RoutingInput& input, NamedRoutes& named) {
  const crds::AlbRouting& alb = *input.routing.alb;
  const std::string path = "spec.strategy.canary.trafficRouting.alb.ingress";
  if (!alb.ingress.empty() && !alb.ingresses.empty())
    named.mistakes.push_back(
        {path, "Invalid value: Either Ingress or Ingresses must be configured. Both are configured."});
  else if (alb.ingress.empty() && alb.ingresses.empty())
    named.mistakes.push_back(
        {path, "Required value: Either Ingress or Ingresses must be configured. Neither are configured."});
  if (alb.ingress.empty() == alb.ingresses.empty()) return;
  std::vector<std::string> names = alb.ingresses;
  if (!alb.ingress.empty()) names = {alb.ingress};
  for (std::string& name : names)
    named.routes.push_back(make_alb_ingress({input.part->ns, std::move(name)}, input.part, alb));
}

RoutePointer make_alb_ingress(kube::ObjectKey key, std::shared_ptr<const RoutingPart> part, crds::AlbRouting routing) {
  return std::make_shared<AlbIngress>(std::move(key), std::move(part), std::move(routing));
}

std::string target_group_tag(const kube::ObjectKey& ingress, const std::string& service, int port) {
  return fmt::format("{}/{}-{}:{}", ingress.ns, ingress.name, service, port);
}

}  // namespace sluice::traffic
