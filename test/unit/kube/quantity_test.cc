// Quantities by tables; the canonical forms are those that kubectl prints.
#include "kube/quantity.h"

#include <boost/test/unit_test.hpp>

namespace sluice::kube {
namespace {

Quantity read(std::string_view text) {
  const Result<Quantity> quantity = Quantity::parse(text);
  BOOST_REQUIRE_MESSAGE(quantity.has_value(), text);
  return *quantity;
}

BOOST_AUTO_TEST_CASE(prints_the_canonical_form) {
  struct Row {
    const char* text;
    const char* canonical;
  };
  const Row rows[] = {
      {"0", "0"},
      {"0m", "0"},
      {"-0", "0"},
      {"00", "0"},
      {".", "0"},
      {"0.000Ki", "0"},
      {"0.15", "150m"},
      {"2000m", "2"},
      {"1024Mi", "1Gi"},
      {"8192M", "8192M"},
      {"1.5", "1500m"},
      {"1000", "1k"},
      {"1500", "1500"},
      {"1e3", "1e3"},
      {"1E3", "1e3"},
      {"12e6", "12e6"},
      {"1500e-3", "1500e-3"},
      {"1e-3", "1e-3"},
      {"1e+3", "1e3"},
      {"1e20", "100e18"},
      {"0.5Gi", "512Mi"},
      {"0.5Ki", "512"},
      {"1Ki", "1Ki"},
      {"1024", "1024"},
      {"1023Ki", "1023Ki"},
      {"1025Ki", "1025Ki"},
      {"1.5Gi", "1536Mi"},
      {"1.3Gi", "1395864371200m"},
      {"1.1Ki", "1126400m"},
      {"1n", "1n"},
      {"0.1n", "1n"},
      {"0.0000000001", "1n"},
      {"1e-10", "1e-9"},
      {"1000n", "1u"},
      {"1500u", "1500u"},
      {"5E", "5E"},
      {"10E", "10E"},
      {"1Ei", "1Ei"},
      {"8Ei", "9223372036854775807"},
      {"9223372036854775808", "9223372036854775808"},
      {"-9223372036854775809", "-9223372036854775809"},
      {"-1", "-1"},
      {"-1.5", "-1500m"},
      {"-0.1n", "-1n"},
      {"-1Gi", "-1Gi"},
      {"+5", "5"},
      {".5", "500m"},
      {"5.", "5"},
      {"007", "7"},
      {"1000M", "1G"},
      {"1000000k", "1G"},
      {"0.001", "1m"},
      {"0.0001", "100u"},
      {"100000000", "100M"},
      {"1048576Ki", "1Gi"},
      {"1.000", "1"},
      {"0.33333333333333333333333333333333333333333333", "333333334n"},
      {"1e-1000", "1e-9"},
  };
  for (const Row& row : rows) {
    BOOST_TEST(read(row.text).text() == row.canonical, row.text << " gave " << read(row.text).text());
    BOOST_TEST(read(row.canonical).text() == row.canonical);
  }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_no_quantity) {
  for (const char* text : {"",      " 1",    "1 ",   "abc",    "m",
                           "1K",    "1ki",   "5e",   "1e+",    "1e-",
                           "1e++3", "1e+-3", "1Kii", "12Mm",   "1.5.5",
                           "1_0",   "--1",   "0x10", "1e1000", "99999999999999999999999999999999999999999",
                           "1e40"}) {
    const Result<Quantity> quantity = Quantity::parse(text);
    BOOST_TEST(!quantity.has_value(), text);
    if (!quantity) BOOST_TEST(quantity.error().message.starts_with(std::string("\"") + text + "\" is no quantity"));
  }
}

BOOST_AUTO_TEST_CASE(compares_amounts_not_texts) {
  BOOST_TEST((read("1Gi") == read("1024Mi")));
  BOOST_TEST((read("1k") == read("1e3")));
  BOOST_TEST((read("1Gi") > read("1G")));
  BOOST_TEST((read("-1") < read("1m")));
  BOOST_TEST((read("0.0000000005") == read("1n")));
}

BOOST_AUTO_TEST_CASE(gives_whole_and_thousandth_parts_rounded_away_from_zero) {
  struct Row {
    const char* text;
    std::int64_t whole;
    std::int64_t milli;
  };
  const Row rows[] = {
      {"2", 2, 2000},        {"1500m", 2, 1500},      {"1u", 1, 1},
      {"-1500m", -2, -1500}, {"1Ki", 1024, 1024'000}, {"1e25", 9223372036854775807, 9223372036854775807}};
  for (const Row& row : rows) {
    BOOST_TEST(read(row.text).whole() == row.whole);
    BOOST_TEST(read(row.text).milli() == row.milli);
  }
  BOOST_TEST(read("250m").approximate() == 0.25);
  BOOST_TEST((read("1Gi") + read("512Mi")).text() == "1536Mi");
  BOOST_TEST((read("1") - read("250m")).text() == "750m");
  BOOST_TEST(Quantity(2000).text() == "2k");
}

}  // namespace
}  // namespace sluice::kube
