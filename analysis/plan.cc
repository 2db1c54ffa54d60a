// The spec of a run made ready for measuring: arguments filled in, mistakes found.
#include "analysis/plan.h"

#include <fmt/format.h>

#include "analysis/compare/settings.h"
#include "analysis/validate.h"

namespace sluice::analysis {
namespace {

// The mistake with the name of the metric that it is about: people know their metrics by name, not by place.
std::string with_name(const std::string& mistake, const std::vector<crds::Metric>& metrics) {
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const std::string place = fmt::format("metrics[{}]", i);
    if (!mistake.starts_with(place)) continue;
    return fmt::format("{} (metric '{}')", mistake, metrics[i].name);
  }
  return mistake;
}

}  // namespace

RunPlan plan_run(std::shared_ptr<const crds::AnalysisRunSpec> source) {
  RunPlan plan;
  plan.source = std::move(source);
  plan.spec = *plan.source;
  kube::Result<Arguments> arguments = read_arguments(plan.spec.args);
  const kube::Result<std::vector<crds::Metric>> metrics =
      arguments ? fill_in(plan.spec.metrics, *arguments) : kube::Result<std::vector<crds::Metric>>(arguments.error());
  if (!metrics) {
    plan.problem = "Unable to resolve metric arguments: " + metrics.error().message;
    return plan;
  }
  plan.arguments = std::move(*arguments);
  plan.spec.metrics = *metrics;
  plan.alpha = compare::alpha_of_each(plan.spec);
  for (const std::string& mistake : validate_run(plan.spec))
    plan.problem += (plan.problem.empty() ? "Analysis spec invalid: " : "; ") + with_name(mistake, plan.spec.metrics);
  return plan;
}

}  // namespace sluice::analysis
