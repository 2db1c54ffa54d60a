// Series of one Experiment each.
#include "controller/experiment_metrics.h"

#include <array>
#include <string_view>

namespace sluice::controller {
namespace {

constexpr std::array<std::string_view, 6> phases{"Pending", "Running", "Successful", "Failed", "Error", "Inconclusive"};

}  // namespace

void add_experiment_metrics(MetricFamilies& families, const Stores& stores) {
  stores.experiments.for_each([&](const kube::ObjectKey& key, const crds::Experiment& experiment) {
    const std::string phase = experiment.status.phase.empty() ? "Pending" : experiment.status.phase.text();
    const MetricLabels labels{{"namespace", key.ns}, {"name", key.name}};
    MetricLabels info = labels;
    info.emplace_back("phase", phase);
    families.gauge("experiment_info", "Information about an experiment", info, 1);
    for (const std::string_view each : phases) {
      MetricLabels one = labels;
      one.emplace_back("phase", each);
      families.gauge("experiment_phase", "1 for the phase that an experiment is in", one, phase == each ? 1 : 0);
    }
  });
}

}  // namespace sluice::controller
