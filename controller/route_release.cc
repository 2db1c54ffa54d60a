// Giving routes back that no Rollout uses any more.
#include "controller/route_release.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/keys.h"
#include "kube/json.h"
#include "traffic/istio.h"
#include "traffic/router.h"

namespace sluice::controller {
namespace {

using kube::Fault;
using kube::ObjectKey;
using kube::Result;
namespace json = boost::json;
namespace net = kube::net;

constexpr kube::Duration look_again_after = std::chrono::seconds(5);

ObjectKey name_of(const traffic::Route& route) { return {route.key().ns, route.kind() + "/" + route.key().name}; }

std::vector<traffic::RoutePointer> routes_named_by(const Stores& stores, const crds::Rollout& rollout) {
  const traffic::FindByLabels find = [&](std::string_view kind, const std::string& ns,
                                         const kube::LabelSelector& selector) {
    return stores.routes.matching(kind, ns, selector);
  };
  return traffic::routes_of(rollout, find).routes;
}

bool holds(const std::vector<traffic::RoutePointer>& routes, const traffic::Route& route) {
  return std::any_of(routes.begin(), routes.end(),
                     [&](const traffic::RoutePointer& one) { return name_of(*one) == name_of(route); });
}

// While a spec is wrong or not judged yet, the routes of the one before stay in use.
bool is_followed(const crds::Rollout& rollout) {
  const auto& conditions = rollout.status.conditions;
  return rollout.status.observed_generation == std::to_string(rollout.meta.generation) &&
         std::none_of(conditions.begin(), conditions.end(),
                      [](const crds::Condition& one) { return one.type == "InvalidSpec"; });
}

bool has_subset_of_ours(const traffic::ObservedRoute& seen) {
  return seen.subsets && (!seen.subsets->canary_hash.empty() || !seen.subsets->stable_hash.empty());
}

}  // namespace

RouteRelease::RouteRelease(kube::Client& client, Stores& stores, kube::EventRecorder& events, kube::Clock& clock,
                           const kube::Log& log)
    : client_(client), stores_(stores), events_(events), log_(log), clock_(clock), queue_(clock) {
  stores_.rollouts.listen([this](const ObjectKey&, const crds::Rollout* before, const crds::Rollout* after) {
    if (before) leave(*before, after);
  });
}

void RouteRelease::start(kube::Tasks& tasks) {
  is_started_ = true;
  tasks.start("release of routes", work());
}

// Notes the routes that a Rollout named and names no more.
void RouteRelease::leave(const crds::Rollout& before, const crds::Rollout* after) {
  if (!is_started_ || (after && after->meta.generation == before.meta.generation)) return;
  if (!before.spec || !before.spec->strategy.canary || !before.spec->strategy.canary->traffic_routing) return;
  const std::vector<traffic::RoutePointer> kept =
      after ? routes_named_by(stores_, *after) : std::vector<traffic::RoutePointer>();
  const traffic::Backends backends = traffic::backends_of(before);
  for (const traffic::RoutePointer& route : routes_named_by(stores_, before)) {
    if (holds(kept, *route)) continue;
    Left left;
    left.route = route;
    left.rollout = {"argoproj.io/v1alpha1", "Rollout", before.meta.ns, before.meta.name, before.meta.uid, ""};
    left.stable_service = backends.stable_service;
    left.canary_service = backends.canary_service;
    left.max_weight = before.spec->strategy.canary->traffic_routing->max_traffic_weight.value_or(100);
    left_[name_of(*route)] = std::move(left);
    queue_.add(name_of(*route));
  }
}

net::awaitable<void> RouteRelease::work() {
  for (;;) {
    const ObjectKey name = co_await queue_.next();
    const Result<Outcome> outcome = co_await look_at(name);
    if (!outcome && outcome.error().fault != Fault::not_found) {
      log_.debug("a route cannot be given back yet", {{"route", name.text()}, {"error", outcome.error().message}});
      queue_.failed(name);
    } else if (outcome && *outcome == Outcome::waits) {
      queue_.add_at(name, clock_.now() + look_again_after);
    } else {
      left_.erase(name);
      queue_.forget(name);
    }
    queue_.done(name);
  }
}

int RouteRelease::published(const std::string& ns, const std::string& service) const {
  int pods = 0;
  for (const auto& [set, count] : stores_.ready_endpoints({ns, service})) pods += count;
  return pods;
}

bool RouteRelease::is_named(const Left& left) const {
  bool found = false;
  stores_.rollouts.for_each([&](const ObjectKey& key, const crds::Rollout& rollout) {
    if (found || key.ns != left.rollout.ns || !rollout.spec || !rollout.spec->strategy.canary) return;
    const traffic::Backends backends = traffic::backends_of(rollout);
    found = backends.stable_service == left.stable_service && backends.canary_service == left.canary_service &&
            holds(routes_named_by(stores_, rollout), *left.route);
  });
  return found;
}

std::string RouteRelease::missing_capacity(const Left& left) const {
  const int stable = published(left.rollout.ns, left.stable_service);
  const auto rollout = stores_.rollouts.find({left.rollout.ns, left.rollout.name});
  // Of a Rollout that is gone nobody makes more pods: the stable side takes over as soon as it serves at all.
  const int needed = rollout && rollout->spec                              ? rollout->spec->replicas.value_or(1)
                     : published(left.rollout.ns, left.canary_service) > 0 ? 1
                                                                           : 0;
  if (stable >= needed) return {};
  return fmt::format("{} of the {} pods that all requests need are published for Service {}", stable, needed,
                     left.stable_service);
}

net::awaitable<Result<RouteRelease::Outcome>> RouteRelease::look_at(ObjectKey name) {
  const auto at = left_.find(name);
  if (at == left_.end()) co_return Outcome::done;
  const traffic::RoutePointer route = at->second.route;
  if (!stores_.routes.is_known(route->kind())) co_return Outcome::done;
  if (!stores_.routes.is_read(route->kind()) || !stores_.routes.of(route->kind()).is_current(route->key()))
    co_return Outcome::waits;
  const auto rollout = stores_.rollouts.find({at->second.rollout.ns, at->second.rollout.name});
  if (is_named(at->second)) co_return Outcome::done;
  if (rollout && !is_followed(*rollout)) co_return Outcome::waits;

  const auto kept = stores_.routes.of(route->kind()).find(route->key());
  if (!kept) co_return Outcome::done;
  const Result<json::value> object = kube::parse_json(kept->text);
  if (!object) co_return object.error();
  const traffic::ObservedRoute seen = route->observe(&*object);
  if (!seen.error.empty()) co_return Outcome::done;
  const bool is_back = seen.largest_canary == 0 && !seen.has_managed && seen.additional.empty();
  // Subsets keep selecting what serves while the Rollout lives; without it they select all pods again.
  if (is_back && (rollout || !has_subset_of_ours(seen))) co_return Outcome::done;
  if (const std::string missing = missing_capacity(at->second); seen.has_weights && !is_back && !missing.empty()) {
    if (at->second.told.empty())
      events_.record(at->second.rollout,
                     {true, "RouteNotReleased",
                      fmt::format("{} {} is not named any more but still gives the canary {} %: {}", route->kind(),
                                  route->key().name, seen.largest_canary * 100 / at->second.max_weight, missing)});
    at->second.told = missing;
    co_return Outcome::waits;
  }

  Result<std::string> patch = std::string();
  if (seen.subsets) {
    patch = traffic::destination_rule_release_patch(*object);
  } else {
    traffic::Intent intent;
    intent.split = traffic::Split::of_canary(0, at->second.max_weight);
    patch = traffic::plan_route(*route, *object, intent);
  }
  if (!patch) co_return patch.error();
  if (patch->empty()) co_return Outcome::done;
  kube::Patch change;
  change.type = kube::PatchType::json;
  change.body = std::move(*patch);
  const kube::Resource resource = stores_.routes.resource(route->kind());
  const Result<json::value> answer = co_await client_.patch(resource, route->key(), std::move(change));
  if (!answer) co_return answer.error();
  stores_.routes.of(route->kind())
      .note_own_write(route->key(), std::string(kube::text_at(*answer, {"metadata", "resourceVersion"})));
  log_.info("gave a route back", {{"route", name.text()}});
  if (const auto told = left_.find(name); told != left_.end())
    events_.record(
        told->second.rollout,
        {false, "RouteReleased",
         seen.subsets ? fmt::format("DestinationRule {} selects all pods again: the Rollout is gone", route->key().name)
                      : fmt::format("{} {} sends everything to {}: the Rollout does not name it any more",
                                    route->kind(), route->key().name, told->second.stable_service)});
  co_return Outcome::done;
}

}  // namespace sluice::controller
