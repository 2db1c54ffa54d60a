// The example canary-compare as it stands, released well and badly.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "manifests.h"
#include "story.h"
#include "world.h"

namespace sluice::simulation {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::string example_of(const std::string& version) {
  std::string yaml;
  for (const char* file : {"rollout", "services", "route", "analysis-template"})
    yaml += example("canary-compare/" + std::string(file) + ".yaml") + "\n---\n";
  return replaced(with_graceful_pods(yaml), "example/shop:v1", "example/shop:" + version);
}

// Prometheus counts what ten requests a second make of each version; `bad` of the canary's are errors.
struct Shop {
  World world;
  double bad = 0;
  std::string stable;

  Shop() {
    world.prometheus = [this](const kube::HttpRequest& request) {
      const bool is_canary = request.body.find(stable) == std::string::npos;
      const bool is_good = request.body.find("code") != std::string::npos;
      const double requests = is_canary ? 900 : 8100;
      const double errors = std::round(requests * (is_canary ? bad : 0.002));
      return prometheus_says(std::to_string(is_good ? requests - errors : requests));
    };
    world.apply(example_of("v1"));
    world.start();
    BOOST_REQUIRE_MESSAGE(world.until([this] { return world.is("shop", "Healthy"); }),
                          world.phase("shop") << ": " << world.message("shop"));
    stable = world.stable("shop");
    world.apply(example_of("v2"));
    BOOST_REQUIRE(world.until([this] { return world.weight("shop", "shop-canary") == 10; }));
  }
  std::vector<std::string> runs() const {
    std::vector<std::string> phases;
    for (const json::value& run : world.list(kube::resources::analysis_runs))
      phases.emplace_back(kube::text_at(run, {"status", "phase"}));
    return phases;
  }
};

BOOST_AUTO_TEST_SUITE(compare_example)

BOOST_AUTO_TEST_CASE(a_canary_that_is_no_worse_is_promoted) {
  Shop shop;
  shop.bad = 0.002;
  BOOST_TEST(shop.world.until([&] { return shop.world.is("shop", "Healthy"); }, hours(1)));
  BOOST_TEST(shop.world.stable("shop") != shop.stable);
  BOOST_TEST(shop.runs() == std::vector<std::string>{"Successful"});
  shop.world.come_to_rest();
}

BOOST_AUTO_TEST_CASE(a_canary_that_is_worse_goes_back_by_itself) {
  Shop shop;
  shop.bad = 0.05;
  BOOST_TEST(shop.world.until([&] { return shop.world.is("shop", "Degraded"); }, minutes(10)));
  BOOST_TEST(shop.world.stable("shop") == shop.stable);
  BOOST_TEST(shop.world.weight("shop", "shop-canary") == 0);
  BOOST_TEST(shop.runs() == std::vector<std::string>{"Failed"});
  BOOST_TEST(shop.world.message("shop").find("errors") != std::string::npos, shop.world.message("shop"));
  shop.world.come_to_rest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
