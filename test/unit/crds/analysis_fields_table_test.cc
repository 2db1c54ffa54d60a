// docs/analysis-fields.md names every field of templates, runs and experiments, and for each a test that exists.
#include "crds/refused_fields.h"
#include "crds/unknown_fields.h"
#include "test/unit/crds/fields_table.h"

namespace sluice::crds {
namespace {

constexpr const char* page = "analysis-fields.md";

struct Kind {
  const char* name;
  std::size_t least;  // leaves
};
constexpr Kind kinds[] = {{"AnalysisTemplate", 140}, {"AnalysisRun", 170}, {"Experiment", 50}};

BOOST_AUTO_TEST_SUITE(analysis_fields_table)

BOOST_AUTO_TEST_CASE(every_field_of_an_analysis_has_a_row) {
  for (const Kind& kind : kinds) {
    std::set<std::string> leaves;
    collect(*schema_of(kind.name), "", leaves);
    BOOST_TEST(leaves.size() > kind.least, kind.name << " has " << leaves.size());
    const std::map<std::string, Row> rows = table(page, kind.name);
    for (const std::string& leaf : leaves)
      BOOST_TEST(row_of(rows, leaf) != nullptr, kind.name << " " << leaf << " has no row");
  }
}

BOOST_AUTO_TEST_CASE(every_row_of_an_analysis_names_a_field_and_a_test) {
  const std::string tests = all_tests();
  for (const Kind& kind : kinds) {
    std::set<std::string> leaves;
    collect(*schema_of(kind.name), "", leaves);
    for (const auto& [field, row] : table(page, kind.name)) {
      const std::string start = field.ends_with(".*") ? field.substr(0, field.size() - 2) : field;
      BOOST_TEST(
          std::any_of(leaves.begin(), leaves.end(), [&](const std::string& leaf) { return leaf.starts_with(start); }),
          kind.name << " " << field << " is no field");
      BOOST_TEST(is_test(tests, row.test), field << " names a test that does not exist: " << row.test);
      BOOST_TEST((row.state == "works" || row.state == "refused"), field << " is " << row.state);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cluster_template_has_the_fields_of_a_template) {
  std::set<std::string> own, cluster;
  collect(*schema_of("AnalysisTemplate"), "", own);
  collect(*schema_of("ClusterAnalysisTemplate"), "", cluster);
  BOOST_TEST(own == cluster, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
