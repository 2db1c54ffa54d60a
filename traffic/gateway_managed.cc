// Header and mirror rules of a Gateway API route, made from the rules whose traffic is split.
#include <fmt/format.h>

#include "kube/json.h"
#include "traffic/gateway_rules.h"
#include "traffic/pattern.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

// The Gateway API compares headers exactly or by a regular expression, so that a prefix becomes one.
json::object header_match(const std::string& name, const crds::StringMatch& match) {
  json::object made;
  made["type"] = match.exact.empty() ? "RegularExpression" : "Exact";
  made["name"] = name;
  made["value"] = !match.exact.empty()    ? match.exact
                  : !match.prefix.empty() ? quoted_pattern(match.prefix) + ".*"
                                          : match.regex;
  return made;
}

json::array matches_of(const json::value& rule) {
  const json::value* given = kube::find_at(rule, {"matches"});
  if (given && given->is_array() && !given->get_array().empty()) return given->get_array();
  json::array all;
  all.push_back(json::object());
  return all;
}

json::array& headers_in(json::object& match) {
  json::value& headers = match["headers"];
  if (!headers.is_array()) headers = json::array();
  return headers.get_array();
}

json::array with_headers(const json::value& rule, const std::vector<crds::HeaderRouteMatch>& wanted) {
  json::array matches = matches_of(rule);
  for (json::value& match : matches)
    for (const crds::HeaderRouteMatch& header : wanted)
      headers_in(match.get_object())
          .push_back(header_match(header.header_name, header.header_value.value_or(crds::StringMatch{})));
  return matches;
}

json::object path_match(const crds::StringMatch& match) {
  if (!match.exact.empty()) return {{"type", "Exact"}, {"value", match.exact}};
  if (!match.regex.empty()) return {{"type", "RegularExpression"}, {"value", match.regex}};
  return {{"type", "PathPrefix"}, {"value", match.prefix}};
}

// One match of the rule and one of the mirror route: a request has to satisfy both.
Result<json::object> narrowed(json::object match, const crds::MirrorRouteMatch& by, const std::string& route) {
  if (by.method) {
    if (by.method->exact.empty())
      return Error{Fault::invalid, fmt::format("mirror route {}: the Gateway API matches methods exactly only", route)};
    match["method"] = by.method->exact;
  }
  if (by.path) match["path"] = path_match(*by.path);
  for (const auto& [name, value] : by.headers) headers_in(match).push_back(header_match(name, value));
  return match;
}

Result<json::array> mirrored_matches(const json::value& rule, const ManagedRoute& managed) {
  json::array matches;
  for (const json::value& match : matches_of(rule))
    for (const crds::MirrorRouteMatch& by : managed.mirrors) {
      Result<json::object> both = narrowed(match.get_object(), by, managed.name);
      if (!both) return both.error();
      matches.push_back(std::move(*both));
    }
  return matches;
}

json::object without_weight(const json::value& backend) {
  json::object made = backend.get_object();
  made.erase("weight");
  made.erase("filters");
  return made;
}

void add_mirror(json::object& rule, const json::value& canary, int percentage) {
  json::object mirror{{"backendRef", without_weight(canary)}};
  if (percentage != 100) mirror["percent"] = percentage;
  json::value& filters = rule["filters"];
  if (!filters.is_array()) filters = json::array();
  filters.get_array().push_back(json::object{{"type", "RequestMirror"}, {"requestMirror", std::move(mirror)}});
}

}  // namespace

Result<json::array> managed_rules(const json::value& route, const RoutingPart& part, const ManagedRoute& managed) {
  json::array made;
  for (const RuleBackends& ours : our_rules(route, part)) {
    const json::value& source = route.at_pointer("/spec/rules").get_array()[ours.rule];
    const json::value canary = source.at("backendRefs").get_array()[ours.canary];
    json::object rule = source.get_object();
    rule["name"] = made.empty() ? managed.name : fmt::format("{}-{}", managed.name, made.size());
    if (managed.is_mirror()) {
      Result<json::array> matches = mirrored_matches(source, managed);
      if (!matches) return matches.error();
      rule["matches"] = std::move(*matches);
      add_mirror(rule, canary, managed.percentage);
    } else {
      rule["matches"] = with_headers(source, managed.headers);
      json::array backends;
      backends.push_back(without_weight(canary));
      rule["backendRefs"] = std::move(backends);
    }
    made.push_back(std::move(rule));
  }
  return made;
}

}  // namespace sluice::traffic
