// The question of `sluice vectors` about routing objects: how they should be at a weight.
#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "controller/vectors/operations.h"
#include "crds/decode.h"
#include "crds/rollout.h"
#include "kube/fields.h"
#include "kube/json.h"
#include "kube/selector.h"
#include "traffic/router.h"

namespace sluice::controller::vectors {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;

Answer invalid(std::string message) { return Error{Fault::invalid, std::move(message)}; }

std::string namespace_of(const json::value& object, const std::string& otherwise) {
  const std::string_view ns = kube::text_at(object, {"metadata", "namespace"});
  return ns.empty() ? otherwise : std::string(ns);
}

std::vector<traffic::ManagedRoute> managed_in(const json::value& in, kube::Mistakes& mistakes) {
  std::vector<traffic::ManagedRoute> managed;
  if (const json::value* header = kube::find_at(in, {"header"}); header && header->is_object()) {
    const auto step = kube::decode<crds::SetHeaderRoute>(*header, mistakes, "header");
    if (!step.match.empty()) managed.push_back({step.name, step.match, {}, 100});
  }
  if (const json::value* mirror = kube::find_at(in, {"mirror"}); mirror && mirror->is_object()) {
    const auto step = kube::decode<crds::SetMirrorRoute>(*mirror, mistakes, "mirror");
    if (!step.match.empty()) managed.push_back({step.name, {}, step.match, step.percentage.value_or(100)});
  }
  return managed;
}

// The Rollout with the destinations among those that its routes may already carry.
std::shared_ptr<const crds::Rollout> with_destinations(const crds::Rollout& rollout,
                                                       const std::vector<traffic::Destination>& destinations) {
  auto known = std::make_shared<crds::Rollout>(rollout);
  if (destinations.empty()) return known;
  crds::TrafficWeights& weights = known->status.canary.weights.obtain();
  for (const traffic::Destination& destination : destinations)
    weights.additional.push_back({destination.weight, destination.service, destination.hash});
  return known;
}

}  // namespace

Answer route(const json::value& in) {
  const json::value* text = kube::find_at(in, {"rollout"});
  const json::value* list = kube::find_at(in, {"objects"});
  if (!text || !text->is_object()) return invalid("rollout must be a Rollout");
  if (!list || !list->is_array()) return invalid("objects must be a list");
  kube::Mistakes mistakes;
  const auto read = crds::decode_rollout(*text, mistakes);
  traffic::Intent intent;
  intent.managed = managed_in(in, mistakes);
  std::vector<traffic::Destination> additional;
  if (const json::value* others = kube::find_at(in, {"additional"}); others && others->is_array())
    for (const json::value& other : others->get_array())
      additional.push_back({std::string(kube::text_at(other, {"service"})), std::string(kube::text_at(other, {"hash"})),
                            static_cast<int>(kube::number_at(other, {"weight"}))});
  if (!mistakes.empty()) return invalid(kube::describe(mistakes));
  const auto rollout = with_destinations(*read, additional);
  const auto& canary = rollout->spec->strategy.canary;
  if (!canary || !canary->traffic_routing) return invalid("the Rollout has no trafficRouting");
  const int max = std::max(1, canary->traffic_routing->max_traffic_weight.value_or(100));
  const std::int64_t weight = kube::number_at(in, {"weight"}, -1);
  if (weight < 0 || weight > max) return invalid("weight must be between 0 and " + std::to_string(max));
  intent.split = traffic::Split::of_canary(static_cast<int>(weight), max, std::move(additional));
  intent.canary_hash = kube::text_at(in, {"canaryHash"});
  intent.stable_hash = kube::text_at(in, {"stableHash"});

  json::array objects = list->get_array();
  const auto find = [&](std::string_view kind, const std::string& ns, const kube::LabelSelector& selector) {
    std::vector<std::string> names;
    for (const json::value& object : objects) {
      kube::StringMap labels;
      if (const json::value* given = kube::find_at(object, {"metadata", "labels"}))
        labels = kube::decode<kube::StringMap>(*given, mistakes);
      if (kube::text_at(object, {"kind"}) == kind && namespace_of(object, rollout->meta.ns) == ns &&
          kube::matches(selector, labels))
        names.emplace_back(kube::text_at(object, {"metadata", "name"}));
    }
    return names;
  };
  const traffic::NamedRoutes named = traffic::routes_of(*rollout, find);
  if (!named.mistakes.empty()) return invalid(kube::describe(named.mistakes));
  for (const traffic::RoutePointer& one : named.routes) {
    const auto at = std::find_if(objects.begin(), objects.end(), [&](const json::value& object) {
      return kube::text_at(object, {"kind"}) == one->kind() &&
             kube::text_at(object, {"metadata", "name"}) == one->key().name &&
             namespace_of(object, rollout->meta.ns) == one->key().ns;
    });
    if (at == objects.end()) return invalid(one->kind() + " " + one->key().text() + " is not among the objects");
    kube::Result<json::value> changed = one->changed(*at, intent);
    if (!changed) return changed.error();
    *at = std::move(*changed);
  }
  return json::value(std::move(objects));
}

}  // namespace sluice::controller::vectors
