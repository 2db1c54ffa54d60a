// Explanations of runs read as the recorded texts do.
#include "kubectl/run_explaining.h"

#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/decode.h"
#include "kube/json.h"
#include "kubectl/flips.h"

namespace sluice::kubectl {
namespace {

std::string content(const std::string& name) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/test/data/analysis/explain/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

BOOST_AUTO_TEST_SUITE(run_explaining)

// With SLUICE_WRITE_GOLDEN=1 the texts are written anew, to be read before they are committed.
BOOST_AUTO_TEST_CASE(runs_are_explained_as_recorded) {
  const kube::Time now = *kube::parse_time("2026-01-01T14:06:00Z");
  for (const char* name : {"failed", "running", "error", "inconclusive", "job", "comparing", "compared"}) {
    kube::Mistakes ignored;
    const auto run = crds::decode_analysis_run(kube::parse_json(content(std::string(name) + ".json")).value(), ignored);
    BOOST_TEST(kube::describe(ignored) == "");
    const std::string text = view::text_of(explain_run(*run, now), now);
    const std::string file = std::string(name) + ".txt";
    if (std::getenv("SLUICE_WRITE_GOLDEN"))
      std::ofstream(std::string(SLUICE_SOURCE_DIR) + "/test/data/analysis/explain/" + file) << text;
    BOOST_TEST(text == content(file), name << ":\n" << text);
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_nobody_has_looked_at_says_so) {
  crds::AnalysisRun run;
  run.meta.ns = "shop";
  run.meta.name = "new";
  const kube::Time now = *kube::parse_time("2026-01-01T14:06:00Z");
  const std::string text = view::text_of(explain_run(run, now), now);
  BOOST_TEST(text.starts_with("AnalysisRun shop/new has not begun.\n"));
  BOOST_TEST(text.find("the controller does not run") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_value_is_held_against_a_simple_condition) {
  const struct {
    const char *condition, *value, *expected;
  } rows[] = {
      {"result[0] >= 0.95", "[0.91]", "0.91 misses result[0] >= 0.95 by 0.04"},
      {"len(result) > 0 && result[0] >= 0.95", "[0.97]", "0.97 meets result[0] >= 0.95 by 0.02"},
      {"result < 5", "7", "7 misses result < 5 by 2"},
      {"result <= 5e2", "7", "7 meets result <= 5e2 by 493"},
      {"result[0] >= 0.95", "[0.91,0.2]", ""},
      {"result[0] >= 0.95", "[]", ""},
      {"result[0] >= 0.95", "[NaN]", ""},
      {"all(result, # > 1)", "[2]", ""},
      {"", "[2]", ""},
  };
  for (const auto& row : rows) BOOST_TEST(distance_text(row.condition, row.value) == row.expected);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kubectl
