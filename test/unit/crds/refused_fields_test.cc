// Each row of the tables names a field that the definitions know, so that none can be misspelt.
#include "crds/refused_fields.h"

#include <set>
#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/unknown_fields.h"
#include "kube/json.h"

namespace sluice::crds {
namespace {

bool is_known(std::string_view kind, std::string_view field) {
  const json::value* at = schema_of(kind);
  std::string_view rest = field;
  while (at && !rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find_first_of(".[{"));
    rest.remove_prefix(name.size());
    at = kube::find_at(*at, {"properties", name});
    if (at && rest.starts_with("[]")) at = kube::find_at(*at, {"items"});
    if (at && rest.starts_with("{}")) return at->as_object().contains("x-kubernetes-preserve-unknown-fields");
    if (rest.starts_with("[]")) rest.remove_prefix(2);
    if (rest.starts_with(".")) rest.remove_prefix(1);
  }
  return at != nullptr;
}

BOOST_AUTO_TEST_CASE(refused_fields_exist) {
  for (const Refusal& row : refusals_of_rollouts()) BOOST_TEST(is_known("Rollout", row.field), std::string(row.field));
  for (const Refusal& row : refusals_of_analyses()) {
    BOOST_TEST(is_known("AnalysisTemplate", row.field), std::string(row.field));
    BOOST_TEST(is_known("AnalysisRun", row.field), std::string(row.field));
  }
  for (const Refusal& row : refusals_of_applications())
    BOOST_TEST(is_known("Application", row.field), std::string(row.field));
}

BOOST_AUTO_TEST_CASE(no_field_is_refused_twice) {
  std::set<std::string_view> fields;
  for (const Refusal& row : refusals_of_rollouts()) BOOST_TEST(fields.insert(row.field).second);
}

}  // namespace
}  // namespace sluice::crds
