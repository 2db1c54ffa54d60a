// The patch that moves a Service.
#include "traffic/service.h"

#include <boost/test/unit_test.hpp>

namespace sluice::traffic {
namespace {

BOOST_AUTO_TEST_CASE(only_the_hash_is_set_and_what_the_change_rests_on_is_named) {
  BOOST_TEST(
      service_patch("abc", "", "u1", "7") ==
      R"({"metadata":{"uid":"u1","resourceVersion":"7"},"spec":{"selector":{"rollouts-pod-template-hash":"abc"}}})");
}

BOOST_AUTO_TEST_CASE(adoption_names_the_rollout) {
  BOOST_TEST(service_patch("abc", "web", "", "") ==
             R"({"metadata":{"annotations":{"argo-rollouts.argoproj.io/managed-by-rollouts":"web"}},)"
             R"("spec":{"selector":{"rollouts-pod-template-hash":"abc"}}})");
}

}  // namespace
}  // namespace sluice::traffic
