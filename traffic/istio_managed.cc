// Header and mirror routes of a VirtualService.
#include "traffic/istio_managed.h"

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;

json::object string_match(const crds::StringMatch& match) {
  if (!match.exact.empty()) return {{"exact", match.exact}};
  if (!match.prefix.empty()) return {{"prefix", match.prefix}};
  return {{"regex", match.regex}};
}

// A request matches the route when it matches one of the elements.
json::array header_matches(const ManagedRoute& managed) {
  json::array matches;
  for (const crds::HeaderRouteMatch& header : managed.headers) {
    json::object headers;
    headers[header.header_name] = string_match(header.header_value.value_or(crds::StringMatch{}));
    matches.push_back(json::object{{"headers", std::move(headers)}});
  }
  return matches;
}

json::array mirror_matches(const ManagedRoute& managed) {
  json::array matches;
  for (const crds::MirrorRouteMatch& mirror : managed.mirrors) {
    json::object match;
    if (mirror.method) match["method"] = string_match(*mirror.method);
    if (mirror.path) match["uri"] = string_match(*mirror.path);
    if (!mirror.headers.empty()) {
      json::object headers;
      for (const auto& [name, value] : mirror.headers) headers[name] = string_match(value);
      match["headers"] = std::move(headers);
    }
    matches.push_back(std::move(match));
  }
  return matches;
}

}  // namespace

json::object make_istio_route(const ManagedRoute& managed, const json::value& source, const json::value& canary) {
  json::object route{{"name", managed.name}};
  if (managed.is_mirror()) {
    route["match"] = mirror_matches(managed);
    route["route"] = source.at("route");
    route["mirror"] = canary.at("destination");
    route["mirrorPercentage"] = json::object{{"value", managed.percentage}};
  } else {
    route["match"] = header_matches(managed);
    json::array to;
    to.push_back(json::object{{"destination", canary.at("destination")}, {"weight", 100}});
    route["route"] = std::move(to);
  }
  return route;
}

}  // namespace sluice::traffic
