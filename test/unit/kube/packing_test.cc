// Whatever is packed comes back as it was, and takes little room.
#include "kube/packing.h"

#include <limits>
#include <map>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/packing_fields.h"

namespace sluice::kube {
namespace {

struct Inner {
  bool flag = true;  // a default that is not the empty value
  std::string name;
  bool operator==(const Inner&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("flag", self.flag);
    visit("name", self.name);
  }
};

struct Everything {
  ObjectMeta meta;
  std::int32_t small = 0;
  std::int64_t large = 0;
  double ratio = 0;
  std::string text;
  Time time{};
  IntOrString amount;
  json::value any;
  std::optional<std::int32_t> maybe;
  Inner inner;
  std::shared_ptr<const Inner> shared;
  std::vector<Inner> list;
  std::map<std::string, Inner> map;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("small", self.small);
    visit("large", self.large);
    visit("ratio", self.ratio);
    visit.always("text", self.text);
    visit("time", self.time);
    visit("amount", self.amount);
    visit("any", self.any);
    visit("maybe", self.maybe);
    visit.required("inner", self.inner);
    visit("shared", self.shared);
    visit("list", self.list);
    visit("map", self.map);
  }
};

Everything filled() {
  Everything value;
  value.meta.uid = "3a09a37e-d14d-4dc5-9019-46bdd85b0001";
  value.meta.resource_version = "15738";
  value.meta.generation = 3;
  value.meta.creation_time = Time(std::chrono::seconds(1767225600));
  value.meta.labels = {{"app", "web"}, {"a/long/key/that/is/longer/than/any/word/may/be", ""}};
  value.meta.annotations = {{"revision", "4"}};
  value.meta.owners = {{"argoproj.io/v1alpha1", "Rollout", "web", "3a09a37e-d14d-4dc5-9019-46bdd85b0002", true, true}};
  value.meta.finalizers = {"keep"};
  value.small = -1;
  value.large = std::numeric_limits<std::int64_t>::min();
  value.ratio = -0.95;
  value.text = "007";
  value.time = Time(std::chrono::microseconds(1767225600000001));
  value.amount.value = std::string("25%");
  value.any = json::parse(R"({"a":[1,2.5,null]})");
  value.maybe = 0;
  value.inner = {false, "inner"};
  value.shared = std::make_shared<const Inner>(Inner{true, ""});
  value.list = {{true, "1"}, {false, ""}};
  value.map["key"] = {false, "in a map"};
  return value;
}

void check_same(const Everything& left, const Everything& right) {
  BOOST_TEST((left.meta == right.meta));
  BOOST_TEST(left.small == right.small);
  BOOST_TEST(left.large == right.large);
  BOOST_TEST(left.ratio == right.ratio);
  BOOST_TEST(left.text == right.text);
  BOOST_TEST((left.time == right.time));
  BOOST_TEST((left.amount == right.amount));
  BOOST_TEST((left.any == right.any));
  BOOST_TEST((left.maybe == right.maybe));
  BOOST_TEST((left.inner == right.inner));
  BOOST_TEST(!left.shared == !right.shared);
  if (left.shared && right.shared) BOOST_TEST((*left.shared == *right.shared));
  BOOST_TEST((left.list == right.list));
  BOOST_TEST((left.map == right.map));
}

Everything round_trip(const Everything& value) {
  Everything again;
  unpack(packed(value), again);
  return again;
}

BOOST_AUTO_TEST_CASE(everything_comes_back) { check_same(round_trip(filled()), filled()); }

BOOST_AUTO_TEST_CASE(what_is_empty_comes_back_empty) {
  Everything value;
  value.inner.flag = false;
  check_same(round_trip(value), value);
  check_same(round_trip(Everything{}), Everything{});
}

BOOST_AUTO_TEST_CASE(an_unpacked_value_keeps_nothing_of_what_was_there) {
  Everything over = filled();
  unpack(packed(Everything{}), over);
  check_same(over, Everything{});
}

BOOST_AUTO_TEST_CASE(name_and_namespace_are_left_out) {
  Everything value = filled();
  value.meta.name = "web";
  value.meta.ns = "shop";
  check_same(round_trip(value), filled());
}

BOOST_AUTO_TEST_CASE(every_text_comes_back) {
  for (const std::string text :
       {"", "0", "00", "7", "-7", "007", "123456789012345678", "1234567890123456789", "1.0", "true", "null",
        "3a09a37e-d14d-4dc5-9019-46bdd85b0001", "3A09A37E-D14D-4DC5-9019-46BDD85B0001",
        "3a09a37e-d14d-4dc5-9019-46bdd85b000x", "3a09a37ead14d-4dc5-9019-46bdd85b0001", "\xff\0\x80"}) {
    PackedWriter to;
    to.text(text);
    to.word(text);
    to.text(text);
    const std::string bytes = std::move(to).take();
    PackedReader from(bytes);
    BOOST_TEST(from.text() == text);
    BOOST_TEST(from.text() == text);
    BOOST_TEST(from.text() == text);
  }
}

BOOST_AUTO_TEST_CASE(every_number_comes_back) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{63}, std::int64_t{-64}, std::int64_t{64},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    PackedWriter to;
    to.signed_number(number);
    to.number(static_cast<std::uint64_t>(number));
    const std::string bytes = std::move(to).take();
    PackedReader from(bytes);
    BOOST_TEST(from.signed_number() == number);
    BOOST_TEST(from.number() == static_cast<std::uint64_t>(number));
  }
}

BOOST_AUTO_TEST_CASE(uids_numbers_and_known_words_are_short) {
  const auto size = [](std::string_view text) {
    PackedWriter to;
    to.text(text);
    return to.size();
  };
  BOOST_TEST(size("3a09a37e-d14d-4dc5-9019-46bdd85b0001") == 17u);
  BOOST_TEST(size("1573812") == 4u);
  PackedWriter to;
  to.word("a-word-of-this-test");
  BOOST_TEST(size("a-word-of-this-test") <= 2u);
  BOOST_TEST(size("another-word-of-this-test") == 26u);
  BOOST_TEST(packed(Everything{}).size() <= 8u);
}

}  // namespace
}  // namespace sluice::kube
