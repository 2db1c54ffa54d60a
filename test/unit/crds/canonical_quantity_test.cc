// Quantities as Kubernetes writes them after reading them.
#include "crds/canonical_quantity.h"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_CASE(quantities_have_one_spelling) {
  struct Row {
    std::string_view read;
    std::string_view written;
  };
  const Row rows[] = {
      {"0", "0"},
      {"0m", "0"},
      {"2000m", "2"},
      {"0.15", "150m"},
      {"1.5", "1500m"},
      {"1.500", "1.500"},
      {"0.5", "500m"},
      {"100m", "100m"},
      {"1000m", "1"},
      {"1500m", "1500m"},
      {"1000", "1k"},
      {"10", "10"},
      {"1200", "1200"},
      {"1e3", "1e3"},
      {"12e6", "12e6"},
      {"1E2", "100"},
      {"1e-3", "1e-3"},
      {"8192M", "8192M"},
      {"1024Mi", "1Gi"},
      {"1Gi", "1Gi"},
      {"8Gi", "8Gi"},
      {"1000Mi", "1000Mi"},
      {"1.5Gi", "1536Mi"},
      {"0.5Gi", "512Mi"},
      {"0.1Mi", "104857600m"},
      {"512", "512"},
      {"1024", "1024"},
      {"1024Ki", "1Mi"},
      {"1023Ki", "1023Ki"},
      {"3Ki", "3Ki"},
      {"-1", "-1"},
      {"-1500m", "-1500m"},
      {"+5", "+5"},
      {"007", "007"},
      {"00.5", "500m"},
      {"0.1n", "1n"},
      {"1n", "1n"},
      {"1500n", "1500n"},
      {"123456789012345678", "123456789012345678"},
      {"1234567890123456789", "1234567890123456789"},
      {"16Ei", "9223372036854775807"},
      {"9Ei", "9223372036854775807"},
      {"0.5Ki", "512"},
      {"100k", "100k"},
      {"1000k", "1M"},
      {"1.25G", "1250M"},
      {"5.", "5."},
      {"1T", "1T"},
      {"0.000001", "1u"},
      {"1e10", "10e9"},
      {"20e9", "20e9"},
      {"64Ki", "64Ki"},
      {"1.0", "1"},
      {"10.50", "10500m"},
  };
  for (const Row& row : rows) BOOST_TEST(canonical_quantity(row.read) == row.written, std::string(row.read));
}

}  // namespace
}  // namespace sluice::crds
