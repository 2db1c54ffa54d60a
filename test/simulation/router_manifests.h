// The manifests of stories about routers other than HTTPRoutes: minimal definitions of their kinds, routes, strategies.
#pragma once

#include <string>

namespace sluice::simulation {

// One router: what has to exist beside the Rollout "web" and its Services, and the strategy that names it.
struct RouterManifests {
  std::string name;
  std::string definitions;  // CustomResourceDefinitions, as far as the sandbox does not know the kinds by itself
  std::string objects;      // routes, and Services other than web-stable and web-canary
  std::string strategy;     // of a Plan, without steps
};

RouterManifests istio_by_hosts();
RouterManifests istio_by_subsets();
RouterManifests istio_by_subsets_with_services();
RouterManifests alb();
RouterManifests alb_with_ping_pong();
RouterManifests grpc_route();
RouterManifests tcp_route();

// VirtualService and DestinationRule, served in this version.
std::string istio_definitions(const std::string& version = "v1");

}  // namespace sluice::simulation
