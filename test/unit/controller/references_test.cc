// From a named object to the Rollouts that name it.
#include "controller/references.h"

#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

const kube::ObjectKey shop{"default", "shop"};
const kube::ObjectKey web{"default", "web"};
const References::Name service = References::name("Service", {"default", "front"});
const References::Name route = References::name("HTTPRoute", {"default", "front"});

BOOST_AUTO_TEST_CASE(an_object_leads_to_all_that_name_it) {
  References references;
  references.set(shop, {service, route});
  references.set(web, {service});
  BOOST_TEST(references.of(service).size() == 2u);
  BOOST_TEST(references.of(route).size() == 1u);
}

BOOST_AUTO_TEST_CASE(names_are_replaced_as_a_whole) {
  References references;
  references.set(shop, {service, service});
  references.set(shop, {route});
  BOOST_TEST(references.of(service).empty());
  BOOST_TEST((references.of(route) == std::vector<kube::ObjectKey>{shop}));
}

BOOST_AUTO_TEST_CASE(what_has_gone_is_not_found) {
  References references;
  references.set(shop, {service});
  references.erase(shop);
  references.erase(web);
  BOOST_TEST(references.of(service).empty());
}

}  // namespace
}  // namespace sluice::controller
