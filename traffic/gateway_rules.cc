// The rules of a Gateway API route and their weights.
#include "traffic/gateway_rules.h"

#include <algorithm>

#include "kube/json.h"
#include "kube/patch.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;

const json::array* array_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(value, path);
  return found && found->is_array() ? &found->get_array() : nullptr;
}

bool is_service(const json::value& backend, std::string_view name, const std::string& ns, std::string_view route_ns) {
  if (name.empty() || kube::text_at(backend, {"name"}) != name) return false;
  const std::string_view kind = kube::text_at(backend, {"kind"});
  const std::string_view own = kube::text_at(backend, {"namespace"});
  const std::string_view target = own.empty() ? route_ns : own;
  return (kind.empty() || kind == "Service") && kube::text_at(backend, {"group"}).empty() &&
         (target.empty() || target == ns);
}

std::optional<std::int64_t> weight_of(const json::value& backend) {
  const json::value* weight = kube::find_at(backend, {"weight"});
  if (!weight || !weight->is_number()) return std::nullopt;
  return kube::number_at(backend, {"weight"});
}

std::string_view namespace_of(const json::value& route) { return kube::text_at(route, {"metadata", "namespace"}); }

std::optional<RuleBackends> backends_in(const json::value& rule, std::size_t index, const json::value& route,
                                        const RoutingPart& part) {
  const json::array* refs = array_at(rule, {"backendRefs"});
  if (!refs) return std::nullopt;
  RuleBackends found;
  found.rule = index;
  std::optional<std::size_t> canary;
  std::optional<std::size_t> stable;
  for (std::size_t i = 0; i < refs->size(); ++i) {
    const json::value& backend = (*refs)[i];
    const auto is = [&](const std::string& name) { return is_service(backend, name, part.ns, namespace_of(route)); };
    if (!canary && is(part.backends.canary_service)) {
      canary = i;
      found.canary_weight = weight_of(backend);
    } else if (!stable && is(part.backends.stable_service)) {
      stable = i;
      found.stable_weight = weight_of(backend);
    } else if (std::any_of(part.additional.begin(), part.additional.end(), is)) {
      found.additional.push_back(
          {std::string(kube::text_at(backend, {"name"})), "", static_cast<int>(weight_of(backend).value_or(1))});
    }
  }
  if (!canary || !stable) return std::nullopt;
  found.canary = *canary;
  found.stable = *stable;
  return found;
}

const Destination* find(const std::vector<Destination>& list, std::string_view service) {
  for (const Destination& destination : list)
    if (destination.service == service) return &destination;
  return nullptr;
}

void set_weight(json::value& backend, int weight) {
  if (weight_of(backend) != weight) backend.get_object()["weight"] = weight;
}

void set_weights_in(json::array& refs, const RuleBackends& ours, const json::value& route, const RoutingPart& part,
                    const Split& split) {
  set_weight(refs[ours.canary], split.canary);
  set_weight(refs[ours.stable], split.stable);
  for (const Destination& wanted : split.additional) {
    if (wanted.service.empty() || find(ours.additional, wanted.service)) continue;
    json::object added{{"group", ""}, {"kind", "Service"}, {"name", wanted.service}};
    if (part.ns != namespace_of(route)) added["namespace"] = part.ns;
    if (const json::value* port = kube::find_at(refs[ours.canary], {"port"})) added["port"] = *port;
    added["weight"] = wanted.weight;
    refs.push_back(std::move(added));
  }
  for (std::size_t i = refs.size(); i-- > 0;) {
    const std::string name(kube::text_at(refs[i], {"name"}));
    if (!find(ours.additional, name) || !is_service(refs[i], name, part.ns, namespace_of(route))) continue;
    if (const Destination* wanted = find(split.additional, name))
      set_weight(refs[i], wanted->weight);
    else
      refs.erase(refs.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool is_name_of(std::string_view rule, std::string_view managed) {
  if (!rule.starts_with(managed)) return false;
  rule.remove_prefix(managed.size());
  if (rule.empty()) return true;
  return rule.size() > 1 && rule[0] == '-' &&
         std::all_of(rule.begin() + 1, rule.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A rule without a name that copies requests to the canary although no user's rule of that shape is likely.
bool is_unnamed_mirror(const json::value& rule, const json::value& route, const RoutingPart& part) {
  const auto is_mirror = [](const ManagedRoute& declarable) { return declarable.is_mirror(); };
  const json::array* filters = array_at(rule, {"filters"});
  if (!filters || std::none_of(part.declarable.begin(), part.declarable.end(), is_mirror)) return false;
  return std::any_of(filters->begin(), filters->end(), [&](const json::value& filter) {
    const json::value* backend = kube::find_at(filter, {"requestMirror", "backendRef"});
    return backend && is_service(*backend, part.backends.canary_service, part.ns, namespace_of(route));
  });
}

// What API servers add by themselves to a match, a header or a backend.
bool is_default(std::string_view name, const json::value& value) {
  if (name == "weight") return value.is_number() && kube::number_at(json::object{{"n", value}}, {"n"}) == 1;
  if (name == "path") return kube::same_json(value, json::object{{"type", "PathPrefix"}, {"value", "/"}});
  if (!value.is_string()) return false;
  const std::string_view text = value.get_string();
  return (name == "group" && text.empty()) || (name == "kind" && text == "Service") ||
         (name == "type" && (text == "Exact" || text == "PathPrefix")) || (name == "value" && text == "/");
}

bool is_covered(const json::value& made, const json::value& stored) {
  if (made.is_object() && stored.is_object()) {
    for (const auto& member : made.get_object()) {
      const json::value* kept = stored.get_object().if_contains(member.key());
      if (!kept || !is_covered(member.value(), *kept)) return false;
    }
    for (const auto& member : stored.get_object())
      if (!made.get_object().contains(member.key()) && !is_default(member.key(), member.value())) return false;
    return true;
  }
  if (made.is_array() && stored.is_array())
    return std::equal(made.get_array().begin(), made.get_array().end(), stored.get_array().begin(),
                      stored.get_array().end(), is_covered);
  return kube::same_json(made, stored);
}

// Some of the rules that `declarable` stands for, without its name and weights.
bool is_made_rule(const json::value& rule, const json::value& route, const RoutingPart& part,
                  const ManagedRoute& declarable) {
  const kube::Result<json::array> made = managed_rules(route, part, declarable);
  if (!made) return false;
  return std::any_of(made->begin(), made->end(),
                     [&](const json::value& candidate) { return is_stored_form(rule, candidate); });
}

}  // namespace

int RuleBackends::canary_of(int max) const {
  const std::int64_t share = std::max<std::int64_t>(canary_weight.value_or(1), 0);
  std::int64_t all = share + std::max<std::int64_t>(stable_weight.value_or(1), 0);
  for (const Destination& other : additional) all += std::max(other.weight, 0);
  return all <= 0 ? 0 : static_cast<int>((share * max + all - 1) / all);
}

bool is_stored_form(const json::value& stored, const json::value& made) {
  if (is_covered(made, stored)) return true;
  json::value unnamed = made;
  if (unnamed.is_object()) unnamed.get_object().erase("name");
  return is_covered(unnamed, stored);
}

bool is_managed_rule(const json::value& rule, const json::value& route, const RoutingPart& part) {
  const std::string_view name = kube::text_at(rule, {"name"});
  if (!name.empty())
    return std::any_of(part.managed_names.begin(), part.managed_names.end(),
                       [&](const std::string& managed) { return is_name_of(name, managed); });
  if (is_unnamed_mirror(rule, route, part)) return true;
  const json::array* refs = array_at(rule, {"backendRefs"});
  const bool may_be_header_rule = refs && refs->size() == 1;
  return may_be_header_rule &&
         std::any_of(part.declarable.begin(), part.declarable.end(), [&](const ManagedRoute& declarable) {
           return !declarable.is_mirror() && is_made_rule(rule, route, part, declarable);
         });
}

bool has_managed_rule(const json::value& route, const RoutingPart& part) {
  const json::array* rules = array_at(route, {"spec", "rules"});
  return rules && std::any_of(rules->begin(), rules->end(),
                              [&](const json::value& rule) { return is_managed_rule(rule, route, part); });
}

std::vector<RuleBackends> our_rules(const json::value& route, const RoutingPart& part) {
  std::vector<RuleBackends> found;
  const json::array* rules = array_at(route, {"spec", "rules"});
  if (!rules) return found;
  for (std::size_t i = 0; i < rules->size(); ++i) {
    const json::value& rule = (*rules)[i];
    const auto ours = backends_in(rule, i, route, part);
    if (!ours) continue;
    // An unnamed header rule has one backend only and is none of them anyway.
    const bool is_unnamed = kube::text_at(rule, {"name"}).empty();
    const bool is_made = is_unnamed ? is_unnamed_mirror(rule, route, part) : is_managed_rule(rule, route, part);
    if (!is_made) found.push_back(*ours);
  }
  return found;
}

void set_weights(json::value& route, const RoutingPart& part, const Split& split) {
  const std::vector<RuleBackends> rules = our_rules(route, part);
  for (const RuleBackends& ours : rules)
    set_weights_in(route.at_pointer("/spec/rules").get_array()[ours.rule].get_object()["backendRefs"].get_array(), ours,
                   route, part, split);
}

void remove_managed_rules(json::value& route, const RoutingPart& part) {
  if (!array_at(route, {"spec", "rules"})) return;
  const json::value before = route;
  json::array& rules = route.at_pointer("/spec/rules").get_array();
  for (std::size_t i = rules.size(); i-- > 0;)
    if (is_managed_rule(rules[i], before, part)) rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(i));
}

}  // namespace sluice::traffic
