// JSONPath templates as Kubernetes reads them.
#include "analysis/json_path.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/json.h"

namespace sluice::analysis {
namespace {

BOOST_AUTO_TEST_SUITE(json_path_tests)

const char* const document = R"({
  "data": {"ok": true, "successPercent": 95.5, "none": null, "a.b": "dotted", "with space": 7, "text": "hello"},
  "items": [{"name": "a", "value": 1, "tags": ["x", "y"]}, {"name": "b", "value": 2.5}, {"name": "c", "value": 3}],
  "empty": [],
  "numbers": [10, 20, 30, 40]
})";

std::string found(const char* path) {
  const auto tree = read_json_path(path);
  if (!tree) return tree.error().message;
  const auto hit = find_first(*tree, *kube::parse_json(document));
  if (!hit) return hit.error().message;
  return *hit ? kube::print_json(**hit) : "nothing";
}

BOOST_AUTO_TEST_CASE(the_first_hit_is_the_value) {
  const struct {
    const char *path, *value;
  } rows[] = {
      {"{$.data.ok}", "true"},
      {"{.data.successPercent}", "95.5"},
      {"{ .data.successPercent }", "95.5"},
      {"{data.text}", "\"hello\""},
      {"{.data.none}", "null"},
      {"{.data.a\\.b}", "\"dotted\""},
      {"{.data['a.b']}", "\"dotted\""},
      {"{.data[\"with space\"]}", "7"},
      {"{.items[0].name}", "\"a\""},
      {"{.items[-1].name}", "\"c\""},
      {"{.items[*].value}", "1"},
      {"{.items[1:].name}", "\"b\""},
      {"{.numbers[1:3]}", "20"},
      {"{.numbers[::2]}", "10"},
      {"{.numbers[-2:]}", "30"},
      {"{.numbers[2,0]}", "30"},
      {"{.numbers[1:1]}", "nothing"},
      {"{.data['ok','text']}", "true"},
      {"{.items[?(@.name==\"b\")].value}", "2.5"},
      {"{.items[?(@.value>1)].name}", "\"b\""},
      {"{.items[?(@.value>=3)].name}", "\"c\""},
      {"{.items[?(@.value!=1)].name}", "\"b\""},
      {"{.items[?(@.name=~\"^[bc]\")].name}", "\"b\""},
      {"{.items[?(@.tags)].name}", "\"a\""},
      {"{.items[?(@.name==\"z\")]}", "nothing"},
      {"{.empty[*]}", "nothing"},
      {"{..value}", "1"},
      {"{.items..name}", "\"a\""},
      {"{range .items[*]}{.name}{\"\\n\"}{end}", "\"a\""},
      {"{range .empty[*]}{.name}{end}", "nothing"},
      {"plain", "\"plain\""},
      {"v={.data.ok}", "\"v=\""},
      {"{$.data}", R"({"ok":true,"successPercent":95.5,"none":null,"a.b":"dotted","with space":7,"text":"hello"})"},
      {"", "nothing"},
  };
  for (const auto& row : rows) BOOST_TEST(found(row.path) == row.value, row.path << " gave " << found(row.path));
  BOOST_TEST(found("{$}") == kube::print_json(*kube::parse_json(document)));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_found_or_read_is_told) {
  const struct {
    const char *path, *message;
  } rows[] = {
      {"{.data.missing}", "missing is not found"},
      {"{.data.none.deeper}", "deeper is not found"},
      {"{.items[7]}", "array index out of bounds: index 7, length 3"},
      {"{.items[-4]}", "array index out of bounds: index -1, length 3"},
      {"{.numbers[3:1]}", "starting index 3 is greater than ending index 1"},
      {"{.data[0]}", "an index is used on what is not an array"},
      {"{.data[?(@.x)]}", "what is not an array cannot be filtered"},
      {"{.items[?(@.name>1)]}", "incompatible types for comparison"},
      {"{.items[?(@.gone==1)]}", "gone is not found"},
      {"{.a", "jsonPath: '}' is missing (column 4)"},
      {"{.items[}", "jsonPath: an index, a name in quotes, * or ?() is expected in [] (column 9)"},
      {"{.items[0}", "jsonPath: ']' is missing (column 10)"},
      {"{.items['a]}", "jsonPath: the closing quote is missing (column 13)"},
      {"{.items[::0]}", "jsonPath: step must be > 0 (column 12)"},
      {"{range .items[*]}{.name}", "jsonPath: {end} is missing (column 25)"},
      {"{end}", "jsonPath: {end} without {range} (column 6)"},
      {"{.items[?(@.name=~\"(?!x)\")]}", "jsonPath: invalid pattern: invalid perl operator: (?! (column 28)"},
  };
  for (const auto& row : rows) BOOST_TEST(found(row.path) == row.message, row.path << " gave " << found(row.path));
}

BOOST_AUTO_TEST_CASE(paths_are_bounded) {
  BOOST_TEST(found(("{." + std::string(1100, 'a') + "}").c_str()).starts_with("jsonPath: too long"));
  std::string steps = "{";
  for (int i = 0; i < 100; ++i) steps += ".a";
  BOOST_TEST(found((steps + "}").c_str()).starts_with("jsonPath: too many steps"));
  std::string nested = "{.x";
  for (int i = 0; i < 40; ++i) nested += "[?(@.y";
  BOOST_TEST(found(nested.c_str()).starts_with("jsonPath: brackets stand too deep"));
  boost::json::array many;
  for (int i = 0; i < 200; ++i) many.push_back(boost::json::array(200, 1));
  const auto slow = find_first(*read_json_path("{..[*]}"), boost::json::value(std::move(many)));
  BOOST_REQUIRE(!slow);
  BOOST_TEST(slow.error().message == "jsonPath: too many nodes (limit 10000)");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
