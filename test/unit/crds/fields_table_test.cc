// docs/rollout-fields.md names every field of the Rollout's definition, and for each a test that exists.
#include "test/unit/crds/fields_table.h"

#include "crds/refused_fields.h"
#include "crds/unknown_fields.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(fields_table)

BOOST_AUTO_TEST_CASE(every_field_has_a_row) {
  std::set<std::string> leaves;
  collect(*schema_of("Rollout"), "", leaves);
  BOOST_TEST(leaves.size() > 250U);
  const std::map<std::string, Row> rows = table("rollout-fields.md");
  for (const std::string& leaf : leaves) BOOST_TEST(row_of(rows, leaf) != nullptr, leaf << " has no row");
}

BOOST_AUTO_TEST_CASE(every_row_names_a_field_and_a_test) {
  const json::value& schema = *schema_of("Rollout");
  std::set<std::string> leaves;
  collect(schema, "", leaves);
  const std::string tests = all_tests();
  for (const auto& [field, row] : table("rollout-fields.md")) {
    const std::string start = field.ends_with(".*") ? field.substr(0, field.size() - 2) : field;
    const bool is_known =
        std::any_of(leaves.begin(), leaves.end(), [&](const std::string& leaf) { return leaf.starts_with(start); });
    BOOST_TEST(is_known, field << " is no field");
    BOOST_TEST(is_test(tests, row.test), field << " names a test that does not exist: " << row.test);
  }
}

BOOST_AUTO_TEST_CASE(a_row_says_what_becomes_of_the_field) {
  const std::map<std::string, Row> rows = table("rollout-fields.md");
  for (const auto& [field, row] : rows)
    BOOST_TEST((row.state == "works" || row.state == "refused" || row.state == "not written"), field);
  for (const Refusal& refusal : refusals_of_rollouts()) {
    std::string field(refusal.field);
    if (field.ends_with("{}")) continue;  // some of its values are acted on
    const Row* row = row_of(rows, field);
    BOOST_REQUIRE_MESSAGE(row, field);
    BOOST_TEST(row->state == "refused", field);
  }
  for (const auto& [field, row] : rows) {
    if (row.state != "refused") continue;
    const std::string start = field.ends_with(".*") ? field.substr(0, field.size() - 2) : field;
    const auto refusals = refusals_of_rollouts();
    BOOST_TEST(std::any_of(refusals.begin(), refusals.end(), [&](const Refusal& one) { return one.field == start; }),
               field << " is not refused");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
