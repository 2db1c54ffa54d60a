// docs/rollout-fields.md names every field of the Rollout's definition, and for each a test that exists.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/refused_fields.h"
#include "crds/unknown_fields.h"
#include "kube/json.h"

namespace sluice::crds {
namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

const std::filesystem::path source = SLUICE_SOURCE_DIR;

// The paths of all members that have no members of their own, except what every object has.
void collect(const json::value& schema, const std::string& path, std::set<std::string>& leaves) {
  const json::value* properties = kube::find_at(schema, {"properties"});
  const json::value* items = kube::find_at(schema, {"items"});
  const json::value* values = kube::find_at(schema, {"additionalProperties"});
  if (properties)
    for (const auto& member : properties->as_object()) {
      const std::string name(member.key());
      const bool is_common = path.empty() && (name == "apiVersion" || name == "kind" || name == "metadata");
      if (!is_common) collect(member.value(), path.empty() ? name : path + "." + name, leaves);
    }
  else if (items)
    collect(*items, path + "[]", leaves);
  else if (values && values->is_object() && kube::find_at(*values, {"properties"}))
    collect(*values, path + "{}", leaves);
  else
    leaves.insert(path.ends_with("[]") ? path.substr(0, path.size() - 2) : path);
}

struct Row {
  std::string state;
  std::string test;
};

std::string between_ticks(const std::string& cell) {
  const std::size_t from = cell.find('`'), to = cell.rfind('`');
  return from == std::string::npos || to <= from ? "" : cell.substr(from + 1, to - from - 1);
}

std::map<std::string, Row> table() {
  std::map<std::string, Row> rows;
  std::ifstream in(source / "docs/rollout-fields.md");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    for (std::size_t at = 1; at < line.size();) {
      const std::size_t end = line.find('|', at);
      if (end == std::string::npos) break;
      cells.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    BOOST_REQUIRE_MESSAGE(cells.size() == 4, line);
    const std::string state = cells[1].substr(1, cells[1].size() - 2);
    BOOST_TEST(rows.emplace(between_ticks(cells[0]), Row{state, between_ticks(cells[3])}).second, line);
  }
  return rows;
}

// The row of the field itself, or the longest one that stands for all below it.
const Row* row_of(const std::map<std::string, Row>& rows, const std::string& field) {
  if (const auto own = rows.find(field); own != rows.end()) return &own->second;
  for (std::size_t end = field.rfind('.'); end != std::string::npos && end > 0; end = field.rfind('.', end - 1)) {
    const std::string parent = field.substr(0, end);
    for (const std::string& name :
         {parent + ".*", parent.ends_with("[]") ? parent.substr(0, parent.size() - 2) + ".*" : std::string()})
      if (const auto found = rows.find(name); found != rows.end()) return &found->second;
  }
  const auto whole = rows.find(field + ".*");
  return whole == rows.end() ? nullptr : &whole->second;
}

std::string all_tests() {
  std::string text;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source / "test"))
    if (entry.path().extension() == ".cc") text += content_of(entry.path());
  return text;
}

BOOST_AUTO_TEST_SUITE(fields_table)

BOOST_AUTO_TEST_CASE(every_field_has_a_row) {
  std::set<std::string> leaves;
  collect(*schema_of("Rollout"), "", leaves);
  BOOST_TEST(leaves.size() > 250U);
  const std::map<std::string, Row> rows = table();
  for (const std::string& leaf : leaves) BOOST_TEST(row_of(rows, leaf) != nullptr, leaf << " has no row");
}

BOOST_AUTO_TEST_CASE(every_row_names_a_field_and_a_test) {
  const json::value& schema = *schema_of("Rollout");
  std::set<std::string> leaves;
  collect(schema, "", leaves);
  const std::string tests = all_tests();
  for (const auto& [field, row] : table()) {
    const std::string start = field.ends_with(".*") ? field.substr(0, field.size() - 2) : field;
    const bool is_known =
        std::any_of(leaves.begin(), leaves.end(), [&](const std::string& leaf) { return leaf.starts_with(start); });
    BOOST_TEST(is_known, field << " is no field");
    const bool has_test = tests.find("TEST_CASE(" + row.test + ")") != std::string::npos ||
                          tests.find("TEST_CASE(" + row.test + ",") != std::string::npos;
    BOOST_TEST(has_test, field << " names a test that does not exist: " << row.test);
  }
}

BOOST_AUTO_TEST_CASE(a_row_says_what_becomes_of_the_field) {
  const std::map<std::string, Row> rows = table();
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
