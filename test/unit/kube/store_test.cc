// A store finds objects by key and by property, tells of every change once, and knows its own writes.
#include "kube/store.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/fields.h"
#include "kube/packing_fields.h"

namespace sluice::kube {
namespace {

struct Thing {
  ObjectMeta meta;
  std::string colour;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("colour", self.colour);
  }
};

json::value thing(std::string_view name, int version, std::string_view owner, std::string_view colour = "") {
  return json::parse(fmt::format(
      R"({{"metadata":{{"name":"{}","namespace":"a","uid":"u-{}","resourceVersion":"{}","ownerReferences":[
      {{"apiVersion":"v1","kind":"Owner","name":"o","uid":"{}","controller":true}}]}},"colour":"{}"}})",
      name, name, version, owner, colour));
}

std::shared_ptr<const Thing> decode_thing(const json::value& value) {
  Mistakes mistakes;
  return std::make_shared<const Thing>(decode<Thing>(value, mistakes));
}

struct Fixture {
  Store<Thing> store{decode_thing};
  std::vector<std::string> told;
  Fixture() {
    store.listen([this](const ObjectKey& key, const Thing* before, const Thing* after) {
      told.push_back(fmt::format("{} {}->{}", key.text(), before ? before->meta.resource_version : "",
                                 after ? after->meta.resource_version : ""));
    });
  }
  std::vector<std::string> names(std::string_view owner) const {
    std::vector<std::string> found;
    for (const auto& object : store.owned_by(owner)) found.push_back(object->meta.name);
    std::sort(found.begin(), found.end());
    return found;
  }
};

BOOST_FIXTURE_TEST_SUITE(store, Fixture)

BOOST_AUTO_TEST_CASE(defect_31_an_object_is_found_as_it_was_last_told) {
  store.upsert(thing("x", 1, "o1", "red"));
  const auto first = store.find({"a", "x"});
  store.upsert(thing("x", 2, "o1", "blue"));
  BOOST_TEST(store.find({"a", "x"})->colour == "blue");
  BOOST_TEST(store.find({"a", "x"})->meta.name == "x");
  BOOST_TEST(store.find({"a", "x"})->meta.ns == "a");
  BOOST_TEST(first->colour == "red");  // a reader's copy stays
  BOOST_TEST(!store.find({"b", "x"}));
  BOOST_TEST(store.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_owner_is_followed) {
  store.upsert(thing("x", 1, "o1"));
  store.upsert(thing("y", 2, "o1"));
  store.upsert(thing("z", 3, "o2"));
  BOOST_TEST(names("o1") == (std::vector<std::string>{"x", "y"}), boost::test_tools::per_element());
  store.upsert(thing("y", 4, "o2"));
  BOOST_TEST(names("o1") == (std::vector<std::string>{"x"}), boost::test_tools::per_element());
  BOOST_TEST(names("o2") == (std::vector<std::string>{"y", "z"}), boost::test_tools::per_element());
  store.erase({"a", "z"});
  BOOST_TEST(names("o2") == (std::vector<std::string>{"y"}), boost::test_tools::per_element());
  BOOST_TEST(names("").empty());
}

BOOST_AUTO_TEST_CASE(a_property_of_its_own_takes_the_place_of_the_owner) {
  Store<Thing> by_colour(decode_thing, [](const Thing& object) { return object.colour; });
  by_colour.upsert(thing("x", 1, "o1", "red"));
  by_colour.upsert(thing("y", 2, "o1", "blue"));
  BOOST_REQUIRE(by_colour.having("red").size() == 1u);
  BOOST_TEST(by_colour.having("red").front()->meta.name == "x");
  BOOST_TEST(by_colour.having("o1").empty());
}

BOOST_AUTO_TEST_CASE(every_change_is_told_once) {
  store.upsert(thing("x", 1, "o1"));
  store.upsert(thing("x", 1, "o1"));  // the same version again
  store.upsert(thing("x", 2, "o1"));
  store.erase({"a", "x"});
  store.erase({"a", "x"});
  BOOST_TEST(told == (std::vector<std::string>{"a/x ->1", "a/x 1->2", "a/x 2->"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(defect_50_what_a_list_does_not_name_has_gone) {
  store.upsert(thing("x", 1, "o1"));
  store.upsert(thing("y", 2, "o1"));
  store.begin_list();
  store.upsert(thing("y", 2, "o1"));
  BOOST_TEST(store.size() == 2u);
  store.end_of_list();
  BOOST_TEST(store.size() == 1u);
  BOOST_TEST(!store.find({"a", "x"}));
  BOOST_TEST(told.back() == "a/x 1->");
}

BOOST_AUTO_TEST_CASE(edge_09_an_own_write_is_waited_for) {
  store.upsert(thing("x", 1, "o1"));
  store.note_own_write({"a", "x"}, "5");
  BOOST_TEST(!store.is_current({"a", "x"}));
  store.upsert(thing("x", 4, "o1"));
  BOOST_TEST(!store.is_current({"a", "x"}));
  store.upsert(thing("x", 6, "o1"));
  BOOST_TEST(store.is_current({"a", "x"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
