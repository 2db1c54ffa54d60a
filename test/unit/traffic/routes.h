// Routes as tests make them: one Rollout "shop" in namespace "web" with the Services shop-canary and shop-stable.
#pragma once

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "kube/patch.h"
#include "traffic/route.h"

namespace sluice::traffic {

namespace json = boost::json;

inline RoutingPart shop_part() {
  RoutingPart part;
  part.rollout = "shop";
  part.ns = "web";
  part.backends = {"shop-canary", "shop-stable"};
  return part;
}

// A header route "beta" for requests with X-Beta: 1.
inline ManagedRoute beta(const std::string& value = "1") {
  ManagedRoute route;
  route.name = "beta";
  route.headers = {{"X-Beta", crds::StringMatch{value, "", ""}}};
  return route;
}

// A mirror route "copy" for a tenth of the requests with method GET and a path below /api.
inline ManagedRoute copy() {
  ManagedRoute route;
  route.name = "copy";
  route.mirrors = {{crds::StringMatch{"GET", "", ""}, crds::StringMatch{"", "/api", ""}, {}}};
  route.percentage = 10;
  return route;
}

inline Intent at(int weight, std::vector<ManagedRoute> managed = {}) {
  return {Split::of_canary(weight), std::move(managed)};
}

// The object after the change; fails the test when it is refused. The patch leads there too, and a second change is
// none.
inline json::value after(const Route& route, const json::value& object, const Intent& intent) {
  const auto changed = route.changed(object, intent);
  BOOST_REQUIRE_MESSAGE(changed.has_value(), (changed ? "" : changed.error().message));
  const auto patch = plan_route(route, object, intent);
  BOOST_REQUIRE(patch.has_value());
  if (!patch->empty()) {
    const auto patched = kube::apply_json_patch(object, json::parse(*patch));
    BOOST_REQUIRE(patched.has_value());
    BOOST_TEST(kube::same_json(*patched, *changed));
  }
  const auto again = plan_route(route, *changed, intent);
  BOOST_REQUIRE(again.has_value());
  BOOST_TEST(again->empty(), *again);
  return *changed;
}

}  // namespace sluice::traffic
