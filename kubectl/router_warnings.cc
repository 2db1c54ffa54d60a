// Warns of routers that nobody can watch.
#include "kubectl/router_warnings.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/decode.h"
#include "kube/json.h"
#include "traffic/alb.h"
#include "traffic/istio.h"
#include "traffic/router.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

struct Silent {
  std::string_view router;
  kube::Duration propagation;
  std::string_view remedy;  // how somebody comes to tell
};
constexpr Silent silent_routers[] = {
    {"ALB", traffic::alb_propagation,
     "the controller runs with --aws-verify-target-group and so asks the load balancer"},
    {"Istio", traffic::istio_propagation, "the mesh writes the condition Reconciled into its objects"}};

}  // namespace

std::vector<Finding> warn_of_silent_routers(const std::vector<json::value>& manifests) {
  std::vector<Finding> warnings;
  for (const json::value& object : manifests) {
    if (kube::text_at(object, {"kind"}) != "Rollout") continue;
    kube::Mistakes ignored;
    const auto rollout = crds::decode_rollout(object, ignored);
    if (!rollout->spec || !rollout->spec->strategy.canary || !rollout->spec->strategy.canary->traffic_routing) continue;
    for (const traffic::Router& router : traffic::routers()) {
      if (!router.is_configured(*rollout->spec->strategy.canary->traffic_routing)) continue;
      for (const Silent& silent : silent_routers)
        if (silent.router == router.name)
          warnings.push_back(
              {"Rollout " + std::string(kube::text_at(object, {"metadata", "name"})),
               "spec.strategy.canary.trafficRouting." + std::string(router.field),
               fmt::format("{} does not tell which weights are in force; they are taken to be so {} after "
                           "they are written, unless {}",
                           router.name, kube::format_duration(silent.propagation), silent.remedy)});
    }
  }
  return warnings;
}

}  // namespace sluice::kubectl
