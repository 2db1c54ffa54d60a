// The table of traffic routers.
#include "traffic/router.h"

#include <algorithm>
#include <array>

#include "traffic/alb.h"
#include "traffic/gateway_api.h"
#include "traffic/istio.h"

namespace sluice::traffic {
namespace {

constexpr std::array table{istio_router, alb_router, gateway_api_router};

std::shared_ptr<const RoutingPart> part_of(const crds::Rollout& rollout, const crds::CanaryStrategy& strategy) {
  auto part = std::make_shared<RoutingPart>();
  part->rollout = rollout.meta.name;
  part->ns = rollout.meta.ns;
  part->backends = backends_of(rollout);
  part->max_weight = std::max(1, strategy.traffic_routing->max_traffic_weight.value_or(100));
  part->managed_names = managed_names(strategy);
  part->declared = declared_routes(strategy, rollout.status.current_step_index.value_or(0));
  part->declarable = declarable_routes(strategy);
  if (rollout.status.canary.weights)
    for (const crds::WeightDestination& destination : rollout.status.canary.weights->additional)
      part->additional.push_back(destination.service_name);
  return part;
}

}  // namespace

std::span<const Router> routers() { return table; }

NamedRoutes routes_of(const crds::Rollout& rollout, const FindByLabels& find) {
  NamedRoutes named;
  if (!rollout.spec || !rollout.spec->strategy.canary || !rollout.spec->strategy.canary->traffic_routing) return named;
  const crds::CanaryStrategy& strategy = *rollout.spec->strategy.canary;
  const auto part = part_of(rollout, strategy);
  for (const Router& router : routers())
    if (router.is_configured(*strategy.traffic_routing))
      router.name_routes({*strategy.traffic_routing, part, find}, named);
  return named;
}

}  // namespace sluice::traffic
