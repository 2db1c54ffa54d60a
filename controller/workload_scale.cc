// Taking the pods of the referenced workload away while those of the Rollout take over.
#include "controller/workload_scale.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "controller/conditions.h"
#include "controller/keys.h"

namespace sluice::controller {
namespace {

constexpr int most_scale_downs = 3;
constexpr std::string_view contested = "WorkloadScaledByOthers";

enum class Mode { never, on_success, progressively };

Mode mode_of(const crds::WorkloadReference& reference) {
  if (reference.scale_down == "onsuccess") return Mode::on_success;
  if (reference.scale_down == "progressively") return Mode::progressively;
  return Mode::never;
}

// How often the workload was scaled to 0 after a promotion; nullopt when this Rollout has not come so far.
std::optional<int> scale_downs(const Draft& draft) {
  const std::string_view text = draft.rollout.meta.annotations.get(keys::workload_scale_downs);
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return count;
}

void count_scale_down(Draft& draft, int count) {
  PatchRolloutMetadata patch;
  patch.precondition = precondition_of(draft.rollout.meta);
  patch.set_annotations.set(keys::workload_scale_downs, std::to_string(count));
  draft.write(std::move(patch));
}

void scale_to(Draft& draft, int replicas) {
  const ObservedWorkload& observed = *draft.seen.workload;
  const crds::Workload& workload = *observed.workload;
  const int now = workload.replicas.value_or(1);
  if (now == replicas) return;
  draft.write(
      ScaleWorkload{observed.kind, workload.meta.name, precondition_of(workload.meta), now, replicas},
      {{false, "ScalingWorkload",
        fmt::format("Scaled {} {} from {} to {}", crds::name_of(observed.kind), workload.meta.name, now, replicas)}});
}

int available_pods(const Draft& draft) {
  int pods = 0;
  for (const ReplicaSetPointer& set : draft.sets.all()) pods += available_of(set);
  return pods;
}

void finish_takeover(Draft& draft) {
  const crds::Workload& workload = *draft.seen.workload->workload;
  const int done = scale_downs(draft).value_or(0);
  if (workload.replicas.value_or(1) == 0) return remove_condition(draft.status.conditions, contested);
  if (done < most_scale_downs) {
    scale_to(draft, 0);
    count_scale_down(draft, done + 1);
    return;
  }
  const std::string why = fmt::format("{} {} has {} again; it was scaled to 0 {} times and is left alone now",
                                      crds::name_of(draft.seen.workload->kind), workload.meta.name,
                                      counted(workload.replicas.value_or(1), "pod"), done);
  if (set_condition(draft.status.conditions, contested, "True", contested, why, draft.stamp))
    draft.warn(std::string(contested), why);
}

}  // namespace

void plan_workload(Draft& draft) {
  const auto& reference = draft.spec.workload_ref;
  const auto& observed = draft.seen.workload;
  const Mode mode = reference ? mode_of(*reference) : Mode::never;
  const bool can_scale = observed && observed->workload && observed->kind != crds::WorkloadKind::pod_template;
  if (mode == Mode::never || !can_scale) return remove_condition(draft.status.conditions, contested);
  if (!draft.mistakes.empty() || draft.spec.paused) return;

  const std::optional<int> done = scale_downs(draft);
  if (draft.revision() != 1 && !done) {
    // A first revision that was corrected before it was ever healthy leaves the takeover to a later one.
    if (!find_condition(draft.before.conditions, "Healthy")) count_scale_down(draft, 0);
    return;
  }
  // Effects rest on what is durable: the phase that has been written.
  if (draft.is_promoted() && draft.before.phase == "Healthy") return finish_takeover(draft);
  const bool has_pods = draft.seen.workload->workload->replicas.value_or(1) > 0;
  const bool is_taking_over = mode == Mode::progressively && done.value_or(0) == 0 && has_pods && draft.is_promoted();
  if (!is_taking_over || available_pods(draft) == 0) return;
  scale_to(draft, std::max(0, draft.replicas - available_pods(draft)));
}

}  // namespace sluice::controller
