// Merge patches and JSON patches, by tables; and the smallest difference, by trying many pairs.
#include "kube/patch.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace sluice::kube {
namespace {

BOOST_AUTO_TEST_CASE(merge_patches_replace_remove_and_recurse) {
  struct Row {
    const char* target;
    const char* patch;
    const char* result;
  };
  const Row rows[] = {
      {R"({"a":1})", R"({"a":2})", R"({"a":2})"},
      {R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
      {R"({"a":1})", R"({"a":null})", R"({})"},
      {R"({"a":1,"b":2})", R"({"a":null})", R"({"b":2})"},
      {R"({"a":[1,2]})", R"({"a":[3]})", R"({"a":[3]})"},
      {R"({"a":[1]})", R"({"a":"x"})", R"({"a":"x"})"},
      {R"({"a":"x"})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"({"a":{"b":1,"c":2}})", R"({"a":{"b":3,"c":null}})", R"({"a":{"b":3}})"},
      {R"({"a":5})", R"({"a":{"b":1,"c":null}})", R"({"a":{"b":1}})"},
      {R"({"a":[{"b":1}]})", R"({"a":[{"c":null}]})", R"({"a":[{"c":null}]})"},
      {R"({})", R"({"a":{"b":{"c":null}}})", R"({"a":{"b":{}}})"},
      {R"([1,2])", R"({"a":1,"b":null})", R"({"a":1})"},
      {R"({"a":1})", R"([1])", R"([1])"},
      {R"({"a":1})", R"(null)", R"(null)"},
      {R"({"a":1})", R"({})", R"({"a":1})"},
      {R"({"a":null})", R"({"b":1})", R"({"a":null,"b":1})"},
  };
  for (const Row& row : rows)
    BOOST_TEST(print_json(apply_merge_patch(json::parse(row.target), json::parse(row.patch))) == row.result);
}

BOOST_AUTO_TEST_CASE(the_difference_is_the_smallest_merge_patch) {
  struct Row {
    const char* before;
    const char* after;
    const char* patch;  // "" for none
  };
  const Row rows[] = {
      {R"({"a":1,"b":{"c":2,"d":3}})", R"({"b":{"d":3,"c":2},"a":1})", ""},
      {R"({"a":1})", R"({"a":1.0})", ""},
      {R"({"a":1})", R"({"a":1,"b":null})", ""},
      {R"({"a":1,"b":null})", R"({"a":1})", ""},
      {R"({"a":1,"b":2})", R"({"a":1,"b":3})", R"({"b":3})"},
      {R"({"a":1,"b":2})", R"({"b":2})", R"({"a":null})"},
      {R"({"a":1})", R"({"a":1,"b":{"c":1,"d":null}})", R"({"b":{"c":1}})"},
      {R"({"a":{"b":1,"c":{"d":1,"e":2}}})", R"({"a":{"b":1,"c":{"d":1,"e":3}}})", R"({"a":{"c":{"e":3}}})"},
      {R"({"a":{"b":1}})", R"({"a":{}})", R"({"a":{"b":null}})"},
      {R"({"a":{"b":1}})", R"({})", R"({"a":null})"},
      {R"({"a":[1,2,3]})", R"({"a":[1,3]})", R"({"a":[1,3]})"},
      {R"({"a":[{"b":1}]})", R"({"a":[{"b":1,"c":null}]})", R"({"a":[{"b":1,"c":null}]})"},
      {R"({"a":5})", R"({"a":{}})", R"({"a":{}})"},
      {R"({"a":{"b":1}})", R"({"a":[]})", R"({"a":[]})"},
      {R"({"a":null})", R"({"a":false})", R"({"a":false})"},
      {R"([1])", R"([2])", R"([2])"},
      {R"([1])", R"([1])", ""},
      {R"(5)", R"({})", R"({})"},
  };
  for (const Row& row : rows) {
    const std::optional<json::value> patch = merge_difference(json::parse(row.before), json::parse(row.after));
    BOOST_TEST((patch ? print_json(*patch) : std::string()) == row.patch, row.before << " -> " << row.after);
  }
}

// All values of a small grammar: leaves, lists and objects of up to two members.
std::vector<json::value> small_values() {
  std::vector<json::value> leaves{json::value(1), json::value("x"), json::value(json::array{1}),
                                  json::value(json::object{})};
  std::vector<json::value> inner = leaves;
  for (const json::value& leaf : leaves) inner.push_back(json::value(json::object{{"p", leaf}}));
  std::vector<json::value> values = inner;
  for (const json::value& a : inner)
    for (const json::value& b : inner) values.push_back(json::value(json::object{{"a", a}, {"b", b}}));
  return values;
}

BOOST_AUTO_TEST_CASE(applying_the_difference_gives_the_second_value) {
  const std::vector<json::value> values = small_values();
  for (const json::value& before : values)
    for (const json::value& after : values) {
      const std::optional<json::value> patch = merge_difference(before, after);
      const json::value result = patch ? apply_merge_patch(before, *patch) : before;
      BOOST_TEST(same_json(result, after), print_json(before) << " -> " << print_json(after));
      BOOST_TEST(patch.has_value() != same_json(before, after));
    }
}

std::string patched(const char* target, const char* patch) {
  const Result<json::value> result = apply_json_patch(json::parse(target), json::parse(patch));
  return result ? print_json(*result) : result.error().message;
}

BOOST_AUTO_TEST_CASE(json_patches_carry_out_their_operations_in_order) {
  struct Row {
    const char* target;
    const char* patch;
    const char* result;
  };
  const Row rows[] = {
      {R"({"a":1})", R"([{"op":"add","path":"/b","value":2}])", R"({"a":1,"b":2})"},
      {R"({"a":1})", R"([{"op":"add","path":"/a","value":[2]}])", R"({"a":[2]})"},
      {R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2}])", R"({"a":[1,2,3]})"},
      {R"({"a":[1]})", R"([{"op":"add","path":"/a/-","value":2}])", R"({"a":[1,2]})"},
      {R"({"a":[1]})", R"([{"op":"add","path":"/a/1","value":2}])", R"({"a":[1,2]})"},
      {R"({"a":1})", R"([{"op":"add","path":"","value":[]}])", R"([])"},
      {R"({"a":1,"b":2})", R"([{"op":"remove","path":"/a"}])", R"({"b":2})"},
      {R"({"a":[1,2,3]})", R"([{"op":"remove","path":"/a/1"}])", R"({"a":[1,3]})"},
      {R"({"a":{"b":1}})", R"([{"op":"replace","path":"/a/b","value":null}])", R"({"a":{"b":null}})"},
      {R"({"a":{"b":1},"c":{}})", R"([{"op":"move","from":"/a/b","path":"/c/d"}])", R"({"a":{},"c":{"d":1}})"},
      {R"({"a":[1,2,3]})", R"([{"op":"move","from":"/a/0","path":"/a/2"}])", R"({"a":[2,3,1]})"},
      {R"({"a":1})", R"([{"op":"move","from":"/a","path":"/a"}])", R"({"a":1})"},
      {R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/a/c"}])", R"({"a":{"b":1,"c":{"b":1}}})"},
      {R"({"a/b":1,"c~d":2})", R"([{"op":"test","path":"/a~1b","value":1},{"op":"remove","path":"/c~0d"}])",
       R"({"a/b":1})"},
      {R"({"a":{"x":1,"y":[1.0]}})", R"([{"op":"test","path":"/a","value":{"y":[1],"x":1}}])",
       R"({"a":{"x":1,"y":[1]}})"},
      {R"({"a":1})", R"([{"op":"test","path":"/b","value":null}])", R"({"a":1})"},
      {R"({"":1})", R"([{"op":"replace","path":"/","value":2}])", R"({"":2})"},
      {R"({"a":1})", R"([])", R"({"a":1})"},
      {R"({"spec":{"paused":false}})",
       R"([{"op":"test","path":"/spec/paused","value":false},{"op":"replace","path":"/spec/paused","value":true}])",
       R"({"spec":{"paused":true}})"},
  };
  for (const Row& row : rows) BOOST_TEST(patched(row.target, row.patch) == row.result);
}

BOOST_AUTO_TEST_CASE(a_json_patch_that_fails_says_where_and_why) {
  struct Row {
    const char* target;
    const char* patch;
    const char* message;
  };
  const Row rows[] = {
      {R"({"a":1})", R"([{"op":"test","path":"/a","value":1},{"op":"test","path":"/a","value":2}])",
       "operation 1 (test /a): the value is 1 instead of 2"},
      {R"({"a":1})", R"([{"op":"test","path":"/b","value":2}])", "operation 0 (test /b): /b does not exist"},
      {R"({"a":1})", R"([{"op":"remove","path":"/b/c"}])", "operation 0 (remove /b/c): /b does not exist"},
      {R"({"a":1})", R"([{"op":"replace","path":"/b","value":2}])", "operation 0 (replace /b): /b does not exist"},
      {R"({"a":1})", R"([{"op":"add","path":"/a/b","value":2}])",
       "operation 0 (add /a/b): /a is neither an object nor a list"},
      {R"({"a":[]})", R"([{"op":"add","path":"/a/1","value":2}])", "operation 0 (add /a/1): the list has no place 1"},
      {R"({"a":[1]})", R"([{"op":"remove","path":"/a/-"}])", "operation 0 (remove /a/-): \"-\" is no index of a list"},
      {R"({"a":[1]})", R"([{"op":"remove","path":"/a/00"}])",
       "operation 0 (remove /a/00): \"00\" is no index of a list"},
      {R"({"a":1})", R"([{"op":"add","path":"a","value":2}])", "operation 0 (add a): \"a\" does not begin with /"},
      {R"({"a":1})", R"([{"op":"add","path":"/~2","value":2}])",
       "operation 0 (add /~2): \"/~2\" has a ~ that is followed by neither 0 nor 1"},
      {R"({"a":1})", R"([{"op":"add","path":"/b"}])", "operation 0 (add /b): it has no \"value\""},
      {R"({"a":1})", R"([{"op":"move","path":"/b"}])", "operation 0 (move /b): it has no text \"from\""},
      {R"({"a":{}})", R"([{"op":"move","from":"/a","path":"/a/b"}])",
       "operation 0 (move /a/b): a value cannot be moved into itself"},
      {R"({"a":1})", R"([{"op":"increase","path":"/a"}])",
       "operation 0 (increase /a): \"increase\" is none of add, remove, replace, move, copy and test"},
      {R"({"a":1})", R"([5])", "operation 0 ( ): it must be an object"},
      {R"({"a":1})", R"({"op":"add"})", "a JSON patch must be a list of operations"},
  };
  for (const Row& row : rows) BOOST_TEST(patched(row.target, row.patch) == row.message);
}

BOOST_AUTO_TEST_CASE(copies_that_double_without_end_are_refused) {
  std::string patch = "[";
  for (int i = 0; i < 40; ++i)
    patch += std::string(i ? "," : "") + R"({"op":"copy","from":"","path":"/a)" + std::to_string(i) + "\"}";
  const Result<json::value> result = apply_json_patch(json::parse(R"({"a":"some text"})"), json::parse(patch + "]"));
  BOOST_REQUIRE(!result);
  BOOST_TEST(result.error().message.ends_with("the copies of this patch are too large"));
}

}  // namespace
}  // namespace sluice::kube
