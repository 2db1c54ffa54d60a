// Definitions made from objects.
#include "rehearsal/router_kinds.h"

#include <algorithm>
#include <array>
#include <string>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::rehearsal {
namespace {

namespace json = boost::json;

struct Known {
  std::string_view group, kind, plural;
};

constexpr std::array<Known, 5> known{{{"networking.istio.io", "VirtualService", "virtualservices"},
                                      {"networking.istio.io", "DestinationRule", "destinationrules"},
                                      {"gateway.networking.k8s.io", "GRPCRoute", "grpcroutes"},
                                      {"gateway.networking.k8s.io", "TCPRoute", "tcproutes"},
                                      {"gateway.networking.k8s.io", "TLSRoute", "tlsroutes"}}};

json::object anything() { return {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}; }

json::value definition(const Known& kind, std::string_view version) {
  json::object schema{{"type", "object"}};
  schema["properties"] = json::object{{"spec", anything()}, {"status", anything()}};
  json::object served{{"name", version}, {"served", true}, {"storage", true}};
  served["subresources"] = json::object{{"status", json::object()}};
  served["schema"] = json::object{{"openAPIV3Schema", std::move(schema)}};
  const std::string singular(kind.plural.substr(0, kind.plural.size() - 1));
  json::object spec{{"group", kind.group}, {"scope", "Namespaced"}};
  spec["names"] = json::object{{"kind", kind.kind},
                               {"listKind", std::string(kind.kind) + "List"},
                               {"plural", kind.plural},
                               {"singular", singular}};
  spec["versions"] = json::array{std::move(served)};
  json::object whole{{"apiVersion", "apiextensions.k8s.io/v1"}, {"kind", "CustomResourceDefinition"}};
  whole["metadata"] = json::object{{"name", fmt::format("{}.{}", kind.plural, kind.group)}};
  whole["spec"] = std::move(spec);
  return whole;
}

}  // namespace

std::optional<json::value> router_kind_of(const json::value& object) {
  const std::string_view api = kube::text_at(object, {"apiVersion"});
  const std::size_t slash = api.find('/');
  if (slash == api.npos) return std::nullopt;
  const auto at = std::ranges::find_if(known, [&](const Known& one) {
    return one.group == api.substr(0, slash) && one.kind == kube::text_at(object, {"kind"});
  });
  if (at == known.end()) return std::nullopt;
  return definition(*at, api.substr(slash + 1));
}

}  // namespace sluice::rehearsal
