// Each kind of provider has an example that a run could be made of as it stands.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/arguments.h"
#include "analysis/providers/kinds.h"
#include "analysis/validate.h"
#include "crds/decode.h"
#include "crds/unknown_fields.h"
#include "crds/validate_analysis.h"
#include "kube/yaml.h"

namespace sluice::analysis {
namespace {

BOOST_AUTO_TEST_CASE(every_provider_has_an_example_without_mistakes) {
  std::set<std::string_view> shown;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(SLUICE_SOURCE_DIR) + "/examples/analysis")) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto documents = kube::parse_yaml_documents(text);
    BOOST_REQUIRE_MESSAGE(documents.has_value(), entry.path());
    BOOST_TEST(text.starts_with("# "), entry.path() << " does not say what it shows");
    for (const kube::json::value& document : *documents) {
      if (kube::text_at(document, {"kind"}) != "AnalysisTemplate") continue;
      kube::Mistakes mistakes = crds::find_unknown_fields(document);
      const auto analysis_template = crds::decode_analysis_template(document, mistakes);
      for (const kube::Mistake& mistake : crds::validate_analysis_template(*analysis_template))
        mistakes.push_back(mistake);
      BOOST_TEST(mistakes.empty(), entry.path() << ": " << kube::describe(mistakes));
      std::vector<crds::Argument> given = analysis_template->spec->args;
      for (crds::Argument& argument : given)
        if (!argument.value && !argument.value_from) argument.value = "given";
      const auto arguments = read_arguments(given);
      BOOST_REQUIRE(arguments.has_value());
      const auto metrics = fill_in(analysis_template->spec->metrics, *arguments);
      BOOST_REQUIRE_MESSAGE(metrics.has_value(), entry.path());
      for (const std::string& mistake : validate_metrics(*metrics)) BOOST_ERROR(entry.path() << ": " << mistake);
      for (const crds::Metric& metric : *metrics)
        if (const ProviderKind* kind = kind_of(metric.provider)) shown.insert(kind->field);
    }
  }
  for (const ProviderKind* kind : provider_kinds())
    BOOST_TEST(shown.contains(kind->field), kind->field << " has no example");
}

}  // namespace
}  // namespace sluice::analysis
