// Quantities are compared by value.
#include "kube/quantity.h"

#include <string>

#include <boost/test/unit_test.hpp>

using sluice::kube::parse_quantity;

BOOST_AUTO_TEST_SUITE(quantity)

BOOST_AUTO_TEST_CASE(spellings_of_one_value_are_equal) {
  const struct {
    const char* left;
    const char* right;
  } rows[] = {
      {"100m", "0.1"},  {"1Gi", "1024Mi"}, {"1e3", "1k"},   {"1.5", "1500m"},   {"2", "2000m"},
      {"0", "0m"},      {"1E", "1000P"},   {"1E3", "1000"}, {"0.5Gi", "512Mi"}, {"+1", "1"},
      {"-1", "-1000m"}, {"1e-3", "1m"},    {".5", "500m"},  {"1.", "1"},        {"0.0000000001", "1n"},
  };
  for (const auto& row : rows)
    BOOST_TEST((parse_quantity(row.left) == parse_quantity(row.right)), row.left << " = " << row.right);
}

BOOST_AUTO_TEST_CASE(values_are_ordered) {
  BOOST_TEST((parse_quantity("100m") < parse_quantity("0.2")));
  BOOST_TEST((parse_quantity("1G") < parse_quantity("1Gi")));
  BOOST_TEST((parse_quantity("-1") < parse_quantity("0")));
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_quantities) {
  for (const char* text : {"", "m", "1x", "1 Gi", "1e", "1e1000", "--1", "1.2.3", "99999999999999999999999999999999E"})
    BOOST_TEST(!parse_quantity(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
