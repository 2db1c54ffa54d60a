// The patch of `set image`.
#include "kubectl/image_change.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/patch.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

json::value two_containers() {
  return json::parse(R"({"spec":{"template":{"spec":{"initContainers":[{"name":"init","image":"i:1"}],
    "containers":[{"name":"web","image":"web:1"},{"name":"side","image":"side:1"}]}}}})");
}

std::string image_after(const std::string& container, const std::string& pointer) {
  const auto after =
      kube::apply_json_patch(two_containers(), json::parse(image_patch(two_containers(), container, "new:2")));
  return after ? std::string(after->at_pointer(pointer).as_string()) : after.error().message;
}

BOOST_AUTO_TEST_CASE(the_named_container_is_changed) {
  BOOST_TEST(image_after("side", "/spec/template/spec/containers/1/image") == "new:2");
  BOOST_TEST(image_after("side", "/spec/template/spec/containers/0/image") == "web:1");
}

BOOST_AUTO_TEST_CASE(init_containers_count) {
  BOOST_TEST(image_after("init", "/spec/template/spec/initContainers/0/image") == "new:2");
}

BOOST_AUTO_TEST_CASE(a_star_means_all) {
  BOOST_TEST(image_after("*", "/spec/template/spec/initContainers/0/image") == "new:2");
  BOOST_TEST(image_after("*", "/spec/template/spec/containers/1/image") == "new:2");
}

BOOST_AUTO_TEST_CASE(an_unknown_container_gives_no_patch) {
  BOOST_TEST(image_patch(two_containers(), "nobody", "new:2") == "");
}

}  // namespace
}  // namespace sluice::kubectl
