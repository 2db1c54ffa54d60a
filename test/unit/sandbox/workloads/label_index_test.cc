// Labels find objects and selectors without a scan.
#include "sandbox/workloads/label_index.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

namespace sluice::sandbox {
namespace {

const json::object web_one{{"app", "web"}, {"hash", "1"}};
const json::object web_two{{"app", "web"}, {"hash", "2"}};

BOOST_AUTO_TEST_CASE(the_rarest_label_names_the_candidates) {
  LabelIndex index;
  index.add({"shop", "a"}, web_one);
  index.add({"shop", "b"}, web_two);
  index.add({"other", "c"}, web_two);
  BOOST_TEST((index.candidates("shop", web_two) == std::set<std::string>{"b"}));
  BOOST_TEST((index.candidates("shop", {{"app", "web"}}) == std::set<std::string>{"a", "b"}));
  BOOST_TEST((index.candidates("shop", {}) == std::set<std::string>{"a", "b"}));
  BOOST_TEST(index.candidates("shop", {{"app", "api"}}).empty());
}

BOOST_AUTO_TEST_CASE(what_is_removed_is_not_found) {
  LabelIndex index;
  index.add({"shop", "a"}, web_one);
  index.remove({"shop", "a"}, web_one);
  BOOST_TEST(index.candidates("shop", {{"app", "web"}}).empty());
  BOOST_TEST(index.candidates("shop", {}).empty());
}

BOOST_AUTO_TEST_CASE(selectors_are_found_by_any_label_they_demand) {
  SelectorIndex index;
  index.set({"shop", "one"}, web_one);
  index.set({"shop", "two"}, web_two);
  index.set({"shop", "all"}, {});
  const std::vector<kube::ObjectKey> expected{{"shop", "all"}, {"shop", "two"}};
  std::vector<kube::ObjectKey> found = index.candidates("shop", {{"hash", "2"}, {"app", "web"}, {"zone", "x"}});
  // The one whose first label is shared may be named as well: candidates are a superset.
  std::erase(found, kube::ObjectKey{"shop", "one"});
  BOOST_TEST((found == expected));
  BOOST_TEST((index.candidates("other", web_one).empty()));
}

BOOST_AUTO_TEST_CASE(a_changed_selector_is_found_by_its_new_labels_only) {
  SelectorIndex index;
  index.set({"shop", "svc"}, {{"hash", "1"}});
  index.set({"shop", "svc"}, {{"hash", "2"}});
  BOOST_TEST(index.candidates("shop", {{"hash", "1"}}).empty());
  BOOST_TEST(index.candidates("shop", {{"hash", "2"}}).size() == 1u);
  index.erase({"shop", "svc"});
  BOOST_TEST(index.candidates("shop", {{"hash", "2"}}).empty());
}

}  // namespace
}  // namespace sluice::sandbox
