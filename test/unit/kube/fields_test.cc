// Structs <-> JSON: every mistake is reported with its path, and only what is set is written.
#include "kube/fields.h"

#include <boost/test/unit_test.hpp>

#include "kube/metadata.h"

namespace sluice::kube {
namespace {

struct Step {
  std::optional<int> weight;
  std::optional<IntOrString> pause;
  bool operator==(const Step&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("setWeight", self.weight);
    visit("pause", self.pause);
  }
};

struct Plan {
  std::string name;
  std::vector<Step> steps;
  bool paused = false;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("steps", self.steps);
    visit("paused", self.paused);
  }
};

BOOST_AUTO_TEST_CASE(reads_what_it_writes) {
  const json::value text =
      json::parse(R"({"name":"web","steps":[{"setWeight":20},{"pause":"1h"},{"pause":5}],"other":{"kept":"no"}})");
  Mistakes mistakes;
  const Plan plan = decode<Plan>(text, mistakes);
  BOOST_TEST(mistakes.empty());
  BOOST_TEST(plan.steps.size() == 3u);
  BOOST_TEST(json::serialize(encode(plan)) ==
             R"({"name":"web","steps":[{"setWeight":20},{"pause":"1h"},{"pause":5}]})");
}

BOOST_AUTO_TEST_CASE(reports_all_mistakes_with_their_paths) {
  const json::value text = json::parse(R"({"steps":[{"setWeight":"x"},7,{"setWeight":1.5}],"paused":"yes"})");
  Mistakes mistakes;
  decode<Plan>(text, mistakes, "spec");
  BOOST_REQUIRE(mistakes.size() == 5u);
  BOOST_TEST(mistakes[0].path == "spec.name");
  BOOST_TEST(mistakes[0].message == "is required");
  BOOST_TEST(mistakes[1].path == "spec.steps[0].setWeight");
  BOOST_TEST(mistakes[2].path == "spec.steps[1]");
  BOOST_TEST(mistakes[3].path == "spec.steps[2].setWeight");
  BOOST_TEST(mistakes[4].path == "spec.paused");
}

BOOST_AUTO_TEST_CASE(metadata_round_trips) {
  const char* text = R"({"name":"a","namespace":"b","uid":"u","resourceVersion":"7","generation":2,)"
                     R"("creationTimestamp":"2026-01-02T03:04:05Z","labels":{"k":"v"},)"
                     R"("ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"x","controller":true}]})";
  Mistakes mistakes;
  const ObjectMeta meta = decode<ObjectMeta>(json::parse(text), mistakes);
  BOOST_TEST(mistakes.empty());
  BOOST_TEST(meta.labels.get("k") == "v");
  BOOST_REQUIRE(meta.controller());
  BOOST_TEST(meta.controller()->uid == "x");
  BOOST_TEST(json::serialize(encode(meta)) == text);
}

}  // namespace
}  // namespace sluice::kube
