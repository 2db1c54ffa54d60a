// Label selectors select, parse, print and refuse as those of Kubernetes do.
#include "kube/selector.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/fields.h"

namespace sluice::kube {
namespace {

LabelSelector parsed(std::string_view text) {
  const Result<LabelSelector> selector = parse_selector(text);
  BOOST_REQUIRE_MESSAGE(selector.has_value(), text);
  return *selector;
}

BOOST_AUTO_TEST_CASE(selects_by_labels) {
  const StringMap labels{{"app", "web"}, {"tier", "a"}, {"empty", ""}};
  struct Row {
    const char* selector;
    bool selects;
  };
  const Row rows[] = {
      {"", true},
      {"app=web", true},
      {"app==web", true},
      {"app=other", false},
      {"none=web", false},
      {"app!=web", false},
      {"app!=other", true},
      {"none!=web", true},
      {"tier in (a, b)", true},
      {"tier in (b)", false},
      {"none in (a)", false},
      {"tier notin (a,b)", false},
      {"tier notin (b)", true},
      {"none notin (a)", true},
      {"app", true},
      {"none", false},
      {"!none", true},
      {"!app", false},
      {"empty=", true},
      {"empty in (,x)", true},
      {"app=", false},
      {"app=web,tier in (a),!none", true},
      {"app=web,tier in (b),!none", false},
      {"app=web,app=other", false},
      {" app = web , tier in ( a , b ) , ! none ", true},
  };
  for (const Row& row : rows) BOOST_TEST(matches(parsed(row.selector), labels) == row.selects, row.selector);
}

BOOST_AUTO_TEST_CASE(prints_as_kubernetes_does) {
  struct Row {
    const char* text;
    const char* printed;
  };
  const Row rows[] = {
      {"", ""},
      {"app==web", "app=web"},
      {"b=1,a=2", "a=2,b=1"},
      {"tier in (b,a,b)", "tier in (a,b)"},
      {"tier notin (b,a)", "tier notin (a,b)"},
      {"!x,y", "!x,y"},
      {"app=web,app=other", "app in (other),app=web"},
      {"example.com/app=web", "example.com/app=web"},
      {"a!=b", "a notin (b)"},
  };
  for (const Row& row : rows) {
    BOOST_TEST(format_selector(parsed(row.text)) == row.printed);
    BOOST_TEST(format_selector(parsed(row.printed)) == row.printed);
  }
}

BOOST_AUTO_TEST_CASE(reads_the_object_form) {
  Mistakes mistakes;
  const LabelSelector selector = decode<LabelSelector>(
      json::parse(
          R"({"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"In","values":["b","a"]},)"
          R"({"key":"old","operator":"DoesNotExist"},{"key":"new","operator":"Exists"},)"
          R"({"key":"x","operator":"NotIn","values":["1"]}]})"),
      mistakes);
  BOOST_TEST(mistakes.empty());
  BOOST_TEST(format_selector(selector) == "app=web,new,!old,tier in (a,b),x notin (1)");
  BOOST_TEST(mistakes_in(selector, "spec.selector").empty());
  BOOST_TEST(matches(selector, {{"app", "web"}, {"tier", "b"}, {"new", ""}}));
  BOOST_TEST(!matches(selector, {{"app", "web"}, {"tier", "b"}, {"new", ""}, {"old", ""}}));
}

BOOST_AUTO_TEST_CASE(refuses_broken_text_and_says_why) {
  struct Row {
    const char* text;
    const char* why;
  };
  const Row rows[] = {
      {"a=b,", "a label's name is missing"},
      {",a=b", "a label's name is missing"},
      {"=b", "a label's name is missing"},
      {"a in b", "values in parentheses"},
      {"a in (b", "a closing parenthesis is missing"},
      {"a like b", "\"like\" is none of"},
      {"a=b c", "\"c\" is not expected here"},
      {"a b=c", "\"b\" is none of"},
      {"-a=b", "begin and end with a letter or digit"},
      {"Example.com/a=b", "must be a DNS name"},
      {"a/b/c=d", "must consist of letters"},
      {"a=b$", "a label's value must consist"},
      {"a>1", "must consist of letters"},
  };
  for (const Row& row : rows) {
    const Result<LabelSelector> selector = parse_selector(row.text);
    BOOST_REQUIRE_MESSAGE(!selector, row.text);
    BOOST_TEST(selector.error().message.find(row.why) != std::string::npos, selector.error().message);
  }
}

BOOST_AUTO_TEST_CASE(reports_every_mistake_of_the_object_form) {
  LabelSelector selector;
  selector.match_labels = {{"ok", "x y"}};
  selector.match_expressions = {{"a", "In", {}}, {"b", "Exists", {"1"}}, {"c", "Like", {"1"}}, {"", "Exists", {}}};
  const Mistakes mistakes = mistakes_in(selector, "spec.selector");
  BOOST_REQUIRE(mistakes.size() == 5u);
  BOOST_TEST(mistakes[0].path == "spec.selector.matchLabels.ok");
  BOOST_TEST(mistakes[1].path == "spec.selector.matchExpressions[0].values");
  BOOST_TEST(mistakes[2].path == "spec.selector.matchExpressions[1].values");
  BOOST_TEST(mistakes[3].path == "spec.selector.matchExpressions[2].operator");
  BOOST_TEST(mistakes[4].path == "spec.selector.matchExpressions[3].key");
}

BOOST_AUTO_TEST_CASE(a_services_selector_without_pairs_selects_nothing) {
  BOOST_TEST(!is_selected_by({}, {{"a", "1"}}));
  BOOST_TEST(is_selected_by({{"a", "1"}}, {{"a", "1"}, {"b", "2"}}));
  BOOST_TEST(!is_selected_by({{"a", "1"}, {"b", "3"}}, {{"a", "1"}, {"b", "2"}}));
}

}  // namespace
}  // namespace sluice::kube
