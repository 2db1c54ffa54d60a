// The arguments of a run: their values, and where {{args.name}} stands in its metrics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/analysis.h"
#include "kube/result.h"
#include "kube/string_map.h"

namespace sluice::analysis {

// A value that is read from a Secret of the run's namespace each time a measurement needs it.
struct SecretArgument {
  std::string name;
  crds::SecretKeyReference source;
};

struct Arguments {
  kube::StringMap values;  // of the arguments that have one
  std::vector<SecretArgument> secrets;
};

// Sorts the arguments of a run. A value wins over a Secret, so that a caller can replace a template's default.
// Error: every argument that has neither, and every value that refers to another argument.
kube::Result<Arguments> read_arguments(const std::vector<crds::Argument>& arguments);

// Stands in for secrets while a run is only planned.
inline constexpr std::string_view secret_placeholder = "temp-for-secret";
// All values, secrets replaced by the placeholder.
kube::StringMap planning_values(const Arguments& arguments);

// True when the metric mentions one of these arguments.
bool uses_argument(const crds::Metric& metric, std::string_view name);

// One text with {{args.name}} replaced in it, as fill_in does for every text of a metric.
kube::Result<std::string> fill_in(std::string_view text, const kube::StringMap& values);

// The metric with {{args.name}} replaced in every text and key of it, once: a value is never looked into again.
// Error: what could not be resolved, or what the metric would become is not a metric.
kube::Result<crds::Metric> fill_in(const crds::Metric& metric, const kube::StringMap& values);
// The same for all metrics of a run; a secret in the name of a metric is refused. The error names each metric.
kube::Result<std::vector<crds::Metric>> fill_in(const std::vector<crds::Metric>& metrics, const Arguments& arguments);

// The text with every secret value replaced by *****. Values shorter than four bytes are only replaced when they are
// the whole text, because they would tear ordinary words apart.
std::string redact(std::string text, const std::vector<std::string>& secrets);

}  // namespace sluice::analysis
