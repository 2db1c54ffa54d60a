// From objects to the tree of an experiment.
#include "view/experiment_view.h"

#include <algorithm>
#include <map>

namespace sluice::view {
namespace {

constexpr std::string_view template_annotation = "experiment.argoproj.io/template-name";

bool is_over(std::string_view phase) {
  return phase == "Successful" || phase == "Failed" || phase == "Error" || phase == "Inconclusive";
}

// Images of the sets that have pods, with the templates that run them.
std::vector<ImageView> images_of(const ExperimentObjects& objects) {
  std::map<std::string, std::vector<std::string>> tagged;
  for (const auto& set : objects.replica_sets) {
    if (!is_owned_by(set->meta, objects.experiment->meta.uid) || set->status.replicas == 0 || !set->spec.pod_template)
      continue;
    const std::string tag = "Σ:" + std::string(set->meta.annotations.get(template_annotation));
    for (const std::string& image : set->spec.pod_template->images) tagged[image].push_back(tag);
  }
  std::vector<ImageView> images;
  for (auto& [image, tags] : tagged) {
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    images.push_back({image, std::move(tags)});
  }
  return images;
}

}  // namespace

ExperimentView view_of(const ExperimentObjects& objects, kube::Time now) {
  const crds::Experiment& experiment = *objects.experiment;
  ExperimentView view;
  view.name = experiment.meta.name;
  view.ns = experiment.meta.ns;
  view.phase = experiment.status.phase.empty() ? "Pending" : experiment.status.phase.text();
  view.message = experiment.status.message;
  view.age = age_of(experiment.meta.creation_time, now);
  view.images = images_of(objects);
  for (const auto& set : objects.replica_sets)
    if (is_owned_by(set->meta, experiment.meta.uid)) view.replica_sets.push_back(set_view(*set, objects.pods, now));
  std::sort(view.replica_sets.begin(), view.replica_sets.end(),
            [](const ReplicaSetView& left, const ReplicaSetView& right) { return left.name < right.name; });
  view.analysis_runs = runs_of(objects.analysis_runs, experiment.meta.uid, now);
  return view;
}

std::string remaining_of(const crds::Experiment& experiment, kube::Time now) {
  if (is_over(experiment.status.phase) || !experiment.status.available_at || experiment.spec->duration.empty())
    return {};
  const kube::Result<kube::Duration> duration = kube::parse_duration(experiment.spec->duration);
  if (!duration) return {};
  const kube::Duration left = *experiment.status.available_at + *duration - now;
  return left > kube::Duration::zero() ? kube::format_age(left) : std::string();
}

}  // namespace sluice::view
