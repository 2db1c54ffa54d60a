// Rows of the tree.
#include "kubectl/object_tree.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "view/phase.h"

namespace sluice::kubectl {

std::string line(std::string_view label, std::string_view value) { return fmt::format("{:<17}{}\n", label, value); }

std::string with_sign(const Paint& paint, std::string_view sign, std::string_view text) {
  return sign.empty() ? std::string(text) : paint.by_sign(sign, sign) + " " + std::string(text);
}

std::string image_lines(const std::vector<view::ImageView>& images, const Paint& paint) {
  std::string text;
  std::string label = "Images:";
  for (const view::ImageView& image : images) {
    std::string tags;
    for (const std::string& tag : image.tags) tags += (tags.empty() ? "" : ", ") + paint.by_tag(tag);
    text += line(std::exchange(label, ""), image.image + (tags.empty() ? "" : " (" + tags + ")"));
  }
  return text;
}

ObjectTree::ObjectTree(const Paint& paint, bool wide) : paint_(paint), wide_(wide) {
  table_.add({"NAME", "KIND", "STATUS", "AGE", "INFO"});
}

void ObjectTree::add(const view::RolloutView& rollout) {
  const std::string_view sign = view::rollout_icon(rollout.phase.phase);
  table_.add({"⟳ " + rollout.name, "Rollout", with_sign(paint_, sign, rollout.phase.phase), rollout.age, ""});
  for (std::size_t i = 0; i < rollout.revisions.size(); ++i)
    add(rollout.revisions[i], Stem("", i + 1 == rollout.revisions.size()));
}

void ObjectTree::add(const view::ExperimentView& experiment) { add(experiment, Stem()); }
void ObjectTree::add(const view::AnalysisRunView& run) { add(run, Stem()); }

void ObjectTree::add(const view::RevisionView& revision, const Stem& stem) {
  table_.add({fmt::format("{}# revision:{}", stem.branch, revision.number)});
  const std::size_t children =
      revision.replica_sets.size() + revision.experiments.size() + revision.analysis_runs.size();
  std::size_t child = 0;
  for (const view::ReplicaSetView& set : revision.replica_sets) add(set, Stem(stem.below, ++child == children));
  for (const view::ExperimentView& experiment : revision.experiments)
    add(experiment, Stem(stem.below, ++child == children));
  for (const view::AnalysisRunView& run : revision.analysis_runs) add(run, Stem(stem.below, ++child == children));
}

void ObjectTree::add(const view::ReplicaSetView& set, const Stem& stem) {
  std::string info;
  for (const std::string& tag : set.tags) info += (info.empty() ? "" : ",") + paint_.by_tag(tag);
  if (set.delay) info += (info.empty() ? "" : ",") + ("delay:" + *set.delay);
  const std::string_view sign = view::replica_set_icon(set.status);
  table_.add({stem.branch + "⧉ " + set.name, "ReplicaSet", with_sign(paint_, sign, set.status), set.age, info});
  for (std::size_t i = 0; i < set.pods.size(); ++i) add(set.pods[i], Stem(stem.below, i + 1 == set.pods.size()));
}

void ObjectTree::add(const view::PodView& pod, const Stem& stem) {
  std::string info = fmt::format("ready:{}/{}", pod.ready_containers, pod.containers);
  if (pod.restarts > 0) info += fmt::format(",restarts:{}", pod.restarts);
  const std::string_view sign = view::pod_icon(pod.status);
  table_.add({stem.branch + "□ " + pod.name, "Pod", with_sign(paint_, sign, pod.status), pod.age, info});
}

void ObjectTree::add(const view::ExperimentView& experiment, const Stem& stem) {
  const std::string_view sign = view::analysis_icon(experiment.phase);
  table_.add({stem.branch + "Σ " + experiment.name, "Experiment", with_sign(paint_, sign, experiment.phase),
              experiment.age, wide_ ? experiment.message : std::string()});
  const std::size_t children = experiment.replica_sets.size() + experiment.analysis_runs.size();
  std::size_t child = 0;
  for (const view::ReplicaSetView& set : experiment.replica_sets) add(set, Stem(stem.below, ++child == children));
  for (const view::AnalysisRunView& run : experiment.analysis_runs) add(run, Stem(stem.below, ++child == children));
}

void ObjectTree::add(const view::AnalysisRunView& run, const Stem& stem) {
  std::vector<std::string> counts;
  const auto count = [&](std::string_view sign, int number) {
    if (number > 0) counts.push_back(fmt::format("{} {}", paint_.by_sign(sign, sign), number));
  };
  count("✔", run.successful);
  count("✖", run.failed);
  count("?", run.inconclusive);
  count("⚠", run.errors);
  std::string info = fmt::format("{}", fmt::join(counts, ","));
  if (wide_ && !run.message.empty()) info += (info.empty() ? "" : "  ") + run.message;
  const std::string_view sign = view::analysis_icon(run.phase);
  table_.add({stem.branch + "α " + run.name, "AnalysisRun", with_sign(paint_, sign, run.phase), run.age, info});
  for (std::size_t i = 0; i < run.jobs.size(); ++i) add(run.jobs[i], Stem(stem.below, i + 1 == run.jobs.size()));
}

void ObjectTree::add(const view::JobView& job, const Stem& stem) {
  const std::string_view sign = view::analysis_icon(job.status);
  table_.add({stem.branch + "⊞ " + job.name, "Job", with_sign(paint_, sign, job.status), job.age, ""});
}

}  // namespace sluice::kubectl
