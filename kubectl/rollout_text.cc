// The layout that users of Argo Rollouts know.
#include "kubectl/rollout_text.h"

#include <fmt/format.h>

#include "kubectl/object_tree.h"

namespace sluice::kubectl {
namespace {

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
  text += image_lines(rollout.images, paint);
  text += "Replicas:\n";
  text += line("  Desired:", std::to_string(rollout.desired)) + line("  Current:", std::to_string(rollout.current)) +
          line("  Updated:", std::to_string(rollout.updated)) + line("  Ready:", std::to_string(rollout.ready)) +
          line("  Available:", std::to_string(rollout.available));
  return text;
}

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
  ObjectTree tree(paint, wide);
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
