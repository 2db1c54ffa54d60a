// The next move of a blue/green update: preview, gates, the switch of the active Service, promotion and the way back.
#include "controller/blue_green.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/old_sets.h"
#include "controller/pause.h"
#include "controller/rollback.h"
#include "controller/services.h"
#include "controller/status.h"

namespace sluice::controller {
namespace {

constexpr int default_delay = 30;  // seconds, for scaleDownDelaySeconds and abortScaleDownDelaySeconds

// How the Services and sets of the update stand.
struct View {
  explicit View(const Draft& draft)
      : strategy(*draft.blue_green()),
        active_service(find_service(draft, strategy.active_service)),
        preview_service(find_service(draft, strategy.preview_service)),
        active(selected_hash(active_service)),
        newest(hash_of(draft.sets.newest)),
        recorded_active(draft.before.blue_green.active_selector) {}

  const crds::BlueGreenStrategy& strategy;
  const ObservedService* active_service;
  const ObservedService* preview_service;
  const std::string active;  // hash that the active Service selects
  const std::string newest;
  const std::string recorded_active;  // hash that it was last seen to select

  // The active Service has never been pointed at a revision of this Rollout.
  bool is_untouched() const { return active.empty() && recorded_active.empty(); }
  bool has_switched() const { return !newest.empty() && active == newest; }
};

// Promotion asks neither a person nor a gate.
bool is_fast(const Draft& draft, const View& view) {
  return draft.is_initial() || draft.is_promoted() || draft.is_promote_full() || view.is_untouched() ||
         fast_rollback(draft) != FastRollback::no;
}

bool has_checkpoint(const Draft& draft) {
  return !draft.is_new_target && draft.before.blue_green.scale_up_preview_check_point;
}

// The size that the newest set should have before it is promoted.
int size_of_newest(const Draft& draft, const View& view) {
  const std::optional<std::int32_t>& preview = view.strategy.preview_replica_count;
  if (!preview || is_fast(draft, view) || view.has_switched() || has_checkpoint(draft)) return draft.replicas;
  return std::max<int>(0, *preview);
}

bool is_at_size(const Draft& draft, int size) {
  return desired_of(draft.sets.newest) == size && available_of(draft.sets.newest) >= size && draft.sets.newest;
}

bool needs_pause(const crds::BlueGreenStrategy& strategy) {
  return !strategy.auto_promotion_enabled.value_or(true) || strategy.auto_promotion_seconds > 0;
}

bool passes(const Gate& gate, Verdict verdict) { return !is_asked_for(gate) || verdict == Verdict::successful; }

Gate pre_gate(const Draft& draft) { return blue_green_gates(draft).front(); }
Gate post_gate(const Draft& draft) { return blue_green_gates(draft).back(); }

void hold_for_size(Draft& draft, int size) {
  const int available = available_of(draft.sets.newest);
  draft.hold("capacity", fmt::format("{} of {} new pods are available", available, size), more_pods(size - available));
}

// The pause between the preview and the switch. Answers whether it is over, or was never asked for.
bool is_pause_over(Draft& draft, const View& view, bool may_begin) {
  if (is_fast(draft, view) || has_checkpoint(draft) || view.has_switched() || !needs_pause(view.strategy)) {
    end_pause(draft, blue_green_pause);
    return true;
  }
  const crds::PauseCondition* pause = find_pause(draft, blue_green_pause);
  if (!pause) {
    if (has_resume_token(draft)) return true;
    if (may_begin) begin_pause(draft, blue_green_pause);
    return false;
  }
  if (!view.strategy.auto_promotion_enabled.value_or(true)) {
    draft.hold("pause", "the update waits to be promoted", "a person promotes", pause->start_time);
    return false;
  }
  const Time end = pause->start_time + kube::seconds(view.strategy.auto_promotion_seconds);
  if (draft.now >= end) return true;
  draft.wake(end);
  draft.hold("pause", fmt::format("the update is promoted at {}", kube::format_time(end)),
             "that time comes, or a person promotes", pause->start_time);
  return false;
}

// Back to the stable revision, as soon as one of its pods can serve.
void go_back(Draft& draft, const View& view) {
  const ReplicaSetPointer& stable = draft.sets.stable;
  if (!view.active_service) return;
  if (!stable) {
    draft.hold("abort", "there is no stable version to return to", "another template is applied");
    return;
  }
  if (view.active == hash_of(stable)) return;
  if (available_of(stable) > 0) return switch_service(draft, *view.active_service, hash_of(stable));
  draft.hold("capacity", "no pod of the stable set is available", "one becomes available");
}

// Another writer has taken the hash from the active Service: it goes back to what served. Answers whether it had to.
bool restore_active(Draft& draft, const View& view) {
  if (!view.active_service || !view.active.empty()) return false;
  // A status that was written meanwhile has forgotten what served, and in an update that is the stable version.
  const bool has_served = !view.recorded_active.empty() || (is_managed(view.active_service) && draft.sets.is_divided());
  if (!has_served) return false;
  ReplicaSetPointer serving = draft.sets.with_hash(view.recorded_active);
  if (available_of(serving) == 0) serving = draft.sets.stable;
  if (available_of(serving) == 0) return false;
  switch_service(draft, *view.active_service, hash_of(serving));
  return true;
}

// The new set has lost every pod before it was promoted, and the stable one can serve. Answers whether it is so.
bool flee_from_newest(Draft& draft, const View& view) {
  const bool is_lost = view.has_switched() && draft.sets.is_divided() && available_of(draft.sets.newest) == 0;
  if (!is_lost || !view.active_service || available_of(draft.sets.stable) == 0) return false;
  draft.hold("capacity", "no new pod is available, so that the stable set serves", "the new pods become available");
  switch_service(draft, *view.active_service, hash_of(draft.sets.stable));
  return true;
}

// Who looks at the preview keeps the set that serves there until a pod of the new one can.
void plan_preview(Draft& draft, const View& view) {
  if (!view.preview_service || !draft.sets.newest || draft.is_halted() || draft.is_aborted()) return;
  const ReplicaSetPointer behind = draft.sets.with_hash(selected_hash(view.preview_service));
  const bool takes_it_away = available_of(behind) > 0 && available_of(draft.sets.newest) == 0;
  if (takes_it_away && size_of_newest(draft, view) > 0) return;
  switch_service(draft, *view.preview_service, view.newest);
}

void plan_active(Draft& draft, const View& view, const RolloutAnalyses& analyses) {
  if (draft.is_aborted()) return go_back(draft, view);
  if (flee_from_newest(draft, view)) return;
  if (restore_active(draft, view) || !view.active_service || draft.is_halted()) {
    if (draft.spec.paused && !view.has_switched())
      draft.hold("pause", "spec.paused is true", "a person sets it to false");
    return;
  }
  const int size = size_of_newest(draft, view);
  if (!is_at_size(draft, size)) {
    if (!view.has_switched()) hold_for_size(draft, size);
    return;
  }
  const bool has_passed = is_fast(draft, view) || passes(pre_gate(draft), analyses.verdict(RunKind::pre_promotion));
  const bool is_over = is_pause_over(draft, view, has_passed);
  if (view.has_switched()) {
    switch_service(draft, *view.active_service, view.newest);  // only adds a missing annotation
    use_resume_token(draft);
    return;
  }
  if (!is_over || !has_passed) return;
  if (size != draft.replicas) {
    // The preview was good: the set grows to its full size before the switch. The latch is one-way.
    draft.status.blue_green.scale_up_preview_check_point = true;
    end_pause(draft, blue_green_pause);
    use_resume_token(draft);
    return;
  }
  if (is_saturated(draft.sets.newest, draft.replicas)) switch_service(draft, *view.active_service, view.newest);
}

void plan_sets(Draft& draft, const View& view) {
  const Sets& sets = draft.sets;
  const SafetyChain chain(draft);
  if (sets.is_divided()) draft.scale(sets.stable, draft.replicas);
  if (draft.is_aborted())
    retire_aborted(draft, chain, view.strategy.abort_scale_down_delay_seconds.value_or(default_delay));
  else
    draft.scale(sets.newest, size_of_newest(draft, view));

  if (!find_pause(draft, inconclusive_pause))
    retire_old_sets(draft, chain,
                    {view.strategy.scale_down_delay_seconds.value_or(default_delay),
                     view.strategy.scale_down_delay_revision_limit});
  // The deadline of a set that comes back says that it was stable a moment ago, until it is promoted again.
  const bool is_fast_way_back = !draft.is_promoted() && fast_rollback(draft) == FastRollback::to_stable;
  if (!draft.is_aborted() && !is_fast_way_back) remove_deadline(draft, sets.newest);
  if (sets.is_divided()) remove_deadline(draft, sets.stable);
  note_replicas(draft, sets.newest);
  if (sets.is_divided()) note_replicas(draft, sets.stable);
}

void promote_when_due(Draft& draft, const View& view, const RolloutAnalyses& analyses) {
  if (draft.is_initial()) return promote(draft, "Initial deploy", "Promoted");
  if (draft.is_promoted() || !view.has_switched() || draft.is_halted()) return;
  if (draft.is_promote_full()) return promote(draft, "Full promotion requested", "FastPromoted");
  const FastRollback rollback = fast_rollback(draft);
  if (rollback != FastRollback::no) return promote(draft, text_of(rollback), "Promoted");
  if (draft.is_aborted()) return;
  if (!passes(pre_gate(draft), analyses.verdict(RunKind::pre_promotion))) return;
  if (!passes(post_gate(draft), analyses.verdict(RunKind::post_promotion))) return;
  promote(draft, "Completed blue-green update", "Promoted");
}

}  // namespace

int first_blue_green_size(const Draft& draft) {
  if (draft.is_aborted()) return 0;
  const bool is_stable = !draft.is_new_target && draft.before.stable_rs == draft.before.current_pod_hash;
  return is_stable ? draft.replicas : size_of_newest(draft, View(draft));
}

std::vector<Gate> blue_green_gates(const Draft& draft) {
  const View view(draft);
  const bool is_needed = !draft.is_aborted() && !is_fast(draft, view);
  const int size = size_of_newest(draft, view);
  const bool is_previewed =
      !view.preview_service || reachable_pods(view.preview_service, draft.sets.newest) > 0 || size == 0;

  Gate before;
  before.kind = RunKind::pre_promotion;
  before.analysis = view.strategy.pre_promotion_analysis ? &*view.strategy.pre_promotion_analysis : nullptr;
  before.is_needed = is_needed;
  before.may_start = !draft.spec.paused && is_at_size(draft, size) && is_previewed;

  Gate after;
  after.kind = RunKind::post_promotion;
  after.analysis = view.strategy.post_promotion_analysis ? &*view.strategy.post_promotion_analysis : nullptr;
  after.is_needed = is_needed && view.has_switched();
  after.may_start = !draft.spec.paused && is_at_size(draft, draft.replicas);
  return {before, after};
}

void decide_blue_green(Draft& draft, const RolloutAnalyses& analyses) {
  const View view(draft);
  plan_preview(draft, view);
  plan_active(draft, view, analyses);
  plan_sets(draft, view);
  promote_when_due(draft, view, analyses);
  if (draft.is_promoted() && !draft.spec.paused) use_resume_token(draft);
}

}  // namespace sluice::controller
