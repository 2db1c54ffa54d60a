// The layout that users of Argo Rollouts know.
#include "kubectl/rollout_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sluice::kubectl {
namespace {

std::string line(std::string_view label, std::string_view value) { return fmt::format("{:<17}{}\n", label, value); }

std::string with_sign(const Paint& paint, std::string_view sign, std::string_view text) {
  return sign.empty() ? std::string(text) : paint.by_sign(sign, sign) + " " + std::string(text);
}

std::string tag_list(const Paint& paint, const std::vector<std::string>& tags) {
  std::string text;
  for (const std::string& tag : tags) text += (text.empty() ? "" : ", ") + paint.by_tag(tag);
  return text;
}

std::string header(const view::RolloutView& rollout, const Paint& paint) {
  std::string text = line("Name:", rollout.name) + line("Namespace:", rollout.ns) +
                     line("Status:", with_sign(paint, view::rollout_icon(rollout.phase.phase), rollout.phase.phase));
  if (!rollout.phase.message.empty()) text += line("Message:", rollout.phase.message);
  text += line("Strategy:", rollout.strategy);
  if (rollout.strategy == "Canary") {
    text += line("  Step:", rollout.step);
    text += line("  SetWeight:", std::to_string(rollout.set_weight.value_or(0)));
    text += line("  ActualWeight:", std::to_string(rollout.actual_weight.value_or(0)));
  }
  std::string label = "Images:";
  for (const view::ImageView& image : rollout.images) {
    const std::string tags = image.tags.empty() ? "" : " (" + tag_list(paint, image.tags) + ")";
    text += line(std::exchange(label, ""), image.image + tags);
  }
  text += "Replicas:\n";
  text += line("  Desired:", std::to_string(rollout.desired)) + line("  Current:", std::to_string(rollout.current)) +
          line("  Updated:", std::to_string(rollout.updated)) + line("  Ready:", std::to_string(rollout.ready)) +
          line("  Available:", std::to_string(rollout.available));
  return text;
}

// Rows of the tree. A branch is what stands before the name of a child; its stem before the names below that child.
class Tree {
 public:
  Tree(const Paint& paint, bool wide) : paint_(paint), wide_(wide) {
    table_.add({"NAME", "KIND", "STATUS", "AGE", "INFO"});
  }

  void add(const view::RolloutView& rollout) {
    const std::string_view sign = view::rollout_icon(rollout.phase.phase);
    table_.add({"⟳ " + rollout.name, "Rollout", with_sign(paint_, sign, rollout.phase.phase), rollout.age, ""});
    for (std::size_t i = 0; i < rollout.revisions.size(); ++i)
      add(rollout.revisions[i], Stem("", i + 1 == rollout.revisions.size()));
  }

  std::string text() const { return table_.text(); }

 private:
  struct Stem {
    Stem(const std::string& before, bool last)
        : branch(before + (last ? "└──" : "├──")), below(before + (last ? "   " : "│  ")) {}
    std::string branch;
    std::string below;
  };

  void add(const view::RevisionView& revision, const Stem& stem) {
    table_.add({fmt::format("{}# revision:{}", stem.branch, revision.number)});
    const std::size_t children = revision.replica_sets.size() + revision.analysis_runs.size();
    std::size_t child = 0;
    for (const view::ReplicaSetView& set : revision.replica_sets) add(set, Stem(stem.below, ++child == children));
    for (const view::AnalysisRunView& run : revision.analysis_runs) add(run, Stem(stem.below, ++child == children));
  }

  void add(const view::ReplicaSetView& set, const Stem& stem) {
    std::string info;
    for (const std::string& tag : set.tags) info += (info.empty() ? "" : ",") + paint_.by_tag(tag);
    if (set.delay) info += (info.empty() ? "" : ",") + ("delay:" + *set.delay);
    const std::string_view sign = view::replica_set_icon(set.status);
    table_.add({stem.branch + "⧉ " + set.name, "ReplicaSet", with_sign(paint_, sign, set.status), set.age, info});
    for (std::size_t i = 0; i < set.pods.size(); ++i) add(set.pods[i], Stem(stem.below, i + 1 == set.pods.size()));
  }

  void add(const view::PodView& pod, const Stem& stem) {
    std::string info = fmt::format("ready:{}/{}", pod.ready_containers, pod.containers);
    if (pod.restarts > 0) info += fmt::format(",restarts:{}", pod.restarts);
    const std::string_view sign = view::pod_icon(pod.status);
    table_.add({stem.branch + "□ " + pod.name, "Pod", with_sign(paint_, sign, pod.status), pod.age, info});
  }

  void add(const view::AnalysisRunView& run, const Stem& stem) {
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

  void add(const view::JobView& job, const Stem& stem) {
    const std::string_view sign = view::analysis_icon(job.status);
    table_.add({stem.branch + "⊞ " + job.name, "Job", with_sign(paint_, sign, job.status), job.age, ""});
  }

  const Paint& paint_;
  bool wide_;
  Table table_;
};

std::string or_dash(std::string text) { return text.empty() ? "-" : text; }

// Cells are padded before they are aligned, so that rows of a watch line up although each is printed by itself.
std::vector<std::string> padded(std::vector<std::string> cells, bool with_namespace) {
  std::vector<std::size_t> widths{10, 9, 12, 4, 10, 5, 7, 10, 9};
  if (with_namespace) widths.insert(widths.begin(), 9);
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (width_of(cells[i]) < widths[i]) cells[i].append(widths[i] - width_of(cells[i]), ' ');
  return cells;
}

}  // namespace

std::string rollout_text(const view::RolloutView& rollout, const Paint& paint, bool wide) {
  Tree tree(paint, wide);
  tree.add(rollout);
  return header(rollout, paint) + "\n" + tree.text();
}

std::vector<std::string> list_header(bool with_namespace) {
  std::vector<std::string> cells{"NAME",  "STRATEGY", "STATUS",     "STEP",     "SET-WEIGHT",
                                 "READY", "DESIRED",  "UP-TO-DATE", "AVAILABLE"};
  if (with_namespace) cells.insert(cells.begin(), "NAMESPACE");
  return padded(std::move(cells), with_namespace);
}

std::vector<std::string> list_row(const crds::Rollout& rollout, bool with_namespace) {
  const crds::RolloutStatus& status = rollout.status;
  const std::optional<int> weight = view::set_weight_of(rollout);
  const std::string strategy = view::strategy_of(rollout);
  std::vector<std::string> cells{rollout.meta.name,
                                 strategy.empty() ? "unknown" : strategy,
                                 view::phase_of(rollout).phase,
                                 or_dash(view::step_of(rollout)),
                                 weight ? std::to_string(*weight) : "-",
                                 fmt::format("{}/{}", status.ready_replicas, status.replicas),
                                 std::to_string(rollout.spec->replicas.value_or(1)),
                                 std::to_string(status.updated_replicas),
                                 std::to_string(status.available_replicas)};
  if (with_namespace) cells.insert(cells.begin(), rollout.meta.ns);
  return padded(std::move(cells), with_namespace);
}

}  // namespace sluice::kubectl
