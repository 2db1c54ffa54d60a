// status.alb and status.albs: which load balancers and target groups stand behind the Ingresses of a Rollout.
#include "controller/load_balancer_status.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::controller {
namespace {

// What follows the given number of slashes: "shop/50dc6c" of "arn:...:loadbalancer/app/shop/50dc6c" after two.
std::string after_slashes(const std::string& arn, int count) {
  std::size_t at = 0;
  for (; count > 0; --count) {
    at = arn.find('/', at);
    if (at == std::string::npos) return {};
    ++at;
  }
  return arn.substr(at);
}

// "arn:...:targetgroup/k8s-web-shop/73e2d6" names the group itself.
crds::AwsResource target_group(const std::string& arn) {
  const std::string full = after_slashes(arn, 1);
  return {full.substr(0, full.find('/')), arn, full};
}

crds::AlbStatus status_of(const traffic::ObservedRoute& route) {
  const traffic::ObservedBalancer& seen = *route.balancer;
  return {route.key.name,
          {seen.name, seen.arn, after_slashes(seen.arn, 2)},
          target_group(seen.canary_group),
          target_group(seen.stable_group)};
}

const crds::AlbStatus* told_before(const Draft& draft, const std::string& ingress) {
  if (!draft.before.albs) return nullptr;
  const auto at = std::find_if(draft.before.albs->begin(), draft.before.albs->end(),
                               [&](const crds::AlbStatus& known) { return known.ingress == ingress; });
  return at == draft.before.albs->end() ? nullptr : &*at;
}

}  // namespace

void record_load_balancers(Draft& draft) {
  std::vector<crds::AlbStatus> all;
  bool has_ingress = false;
  for (const traffic::ObservedRoute& route : draft.seen.routes) {
    has_ingress |= route.kind == "Ingress";
    if (route.kind != "Ingress" || route.depth != traffic::Depth::confirmed) continue;
    if (route.balancer)
      all.push_back(status_of(route));
    else if (const crds::AlbStatus* known = told_before(draft, route.key.name); known && !route.is_answered)
      all.push_back(*known);
  }
  if (!has_ingress) return;
  draft.status.alb.reset();
  draft.status.albs.reset();
  if (all.empty()) return;
  draft.status.alb = all.back();
  draft.status.albs = std::move(all);
}

}  // namespace sluice::controller
