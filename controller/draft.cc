// A decision while it is being made.
#include "controller/draft.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/keys.h"
#include "crds/pod_template_hash.h"

namespace sluice::controller {
namespace {

bool has_new_target(const RolloutObservation& seen, const Sets& sets) {
  const crds::RolloutStatus& status = seen.rollout->status;
  const crds::PodTemplatePointer& wanted = seen.rollout->spec->pod_template;
  // The set of the recorded revision may have been deleted; that does not make another revision.
  std::string hash = hash_of(sets.newest);
  if (!sets.newest && wanted) hash = crds::pod_template_hash(*wanted, status.collision_count);
  if (status.current_pod_hash != hash) return true;
  const auto& canary = seen.rollout->spec->strategy.canary;
  return status.current_step_hash != (canary ? canary->steps.hash() : std::string());
}

}  // namespace

Draft::Draft(const RolloutObservation& observation, Time at, kube::Mistakes wrong)
    : seen(observation),
      rollout(*observation.rollout),
      spec(*observation.rollout->spec),
      before(observation.rollout->status),
      now(at),
      stamp(std::chrono::floor<std::chrono::seconds>(at)),
      mistakes(std::move(wrong)),
      sets(mistakes.empty() ? find_sets(observation) : find_recorded_sets(observation)),
      replicas(std::max<int>(0, observation.rollout->spec->replicas.value_or(1))),
      is_new_target(mistakes.empty() && has_new_target(observation, sets)),
      status(observation.rollout->status) {}

bool Draft::is_halted() const {
  const auto stops = [](const crds::PauseCondition& pause) {
    return pause.reason == "InconclusiveAnalysisRun" || pause.reason == "InconclusiveExperiment";
  };
  if (spec.paused || !mistakes.empty()) return true;
  if (is_new_target) return false;
  return std::any_of(before.pause_conditions.begin(), before.pause_conditions.end(), stops);
}

kube::OwnerReference Draft::owner() const {
  return {"argoproj.io/v1alpha1", "Rollout", rollout.meta.name, rollout.meta.uid, true, true};
}

bool Draft::is_written(std::string_view set) const {
  const auto touches = [&](const Write& write) {
    return std::visit(
        [&](const auto& effect) {
          using T = std::decay_t<decltype(effect)>;
          if constexpr (std::is_same_v<T, ScaleReplicaSet> || std::is_same_v<T, AnnotateReplicaSet> ||
                        std::is_same_v<T, AdoptReplicaSet> || std::is_same_v<T, DeleteReplicaSet>)
            return effect.name == set;
          else
            return false;
        },
        write.effect);
  };
  return std::any_of(writes.begin(), writes.end(), touches);
}

void Draft::write(Effect effect, std::vector<Event> told) {
  writes.push_back({std::move(effect), std::move(told), std::nullopt});
}

void Draft::wake(Time at) {
  if (at > now && (!wake_at || at < *wake_at)) wake_at = at;
}

void Draft::hold(std::string guard, std::string sentence, std::string release, std::optional<Time> since) {
  reasons.push_back({std::move(guard), std::move(sentence), since, std::move(release)});
}

bool Draft::scale(const ReplicaSetPointer& set, int size) {
  std::vector<std::string> removed;
  const bool is_over = size == 0 || size > desired_of(set);
  if (is_over && has_deadline(set)) removed.emplace_back(keys::scale_down_deadline);
  return resize(set, size, std::move(removed));
}

bool Draft::scale_aborted(const ReplicaSetPointer& set) { return resize(set, 0, {}); }

bool Draft::resize(const ReplicaSetPointer& set, int size, std::vector<std::string> removed) {
  const int from = desired_of(set);
  if (!set || from == size) return false;
  if (is_written(set->meta.name)) return true;
  ScaleReplicaSet scaling;
  scaling.name = set->meta.name;
  scaling.precondition = precondition_of(set->meta);
  scaling.from = from;
  scaling.replicas = size;
  scaling.set_annotations.set(keys::desired_replicas, std::to_string(replicas));
  scaling.remove_annotations = std::move(removed);
  write(std::move(scaling), {{false, "ScalingReplicaSet",
                              fmt::format("Scaled {} ReplicaSet {} (revision {}) from {} to {}",
                                          size > from ? "up" : "down", set->meta.name, revision_of(set), from, size)}});
  return true;
}

void Draft::annotate(const ReplicaSetPointer& set, kube::StringMap annotations, std::vector<std::string> removed) {
  if (!set || is_written(set->meta.name)) return;
  AnnotateReplicaSet patch;
  patch.name = set->meta.name;
  patch.precondition = precondition_of(set->meta);
  patch.set_annotations = std::move(annotations);
  patch.remove_annotations = std::move(removed);
  write(std::move(patch));
}

std::string counted(int number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string more_pods(int number) {
  return number == 1 ? "1 more pod becomes available"
                     : fmt::format("{} more pods become available", std::max(0, number));
}

Time whole_second_after(Time time) { return std::chrono::ceil<std::chrono::seconds>(time); }

}  // namespace sluice::controller
