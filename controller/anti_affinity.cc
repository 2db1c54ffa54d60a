// Keeping the pods of a new revision from the nodes of the stable one.
#include "controller/anti_affinity.h"

namespace sluice::controller {
namespace {

const crds::AntiAffinity* configured(const Draft& draft) {
  if (draft.canary() && draft.canary()->anti_affinity) return &*draft.canary()->anti_affinity;
  if (draft.blue_green() && draft.blue_green()->anti_affinity) return &*draft.blue_green()->anti_affinity;
  return nullptr;
}

}  // namespace

crds::KeepAway keep_away_of_newest(const Draft& draft, const std::string& hash) {
  crds::KeepAway away;
  away.ns = draft.rollout.meta.ns;
  const crds::AntiAffinity* wanted = configured(draft);
  const std::string& stable = draft.before.stable_rs;
  if (!wanted || stable.empty() || stable == hash) return away;
  away.from = stable;
  if (wanted->preferred) away.weight = wanted->preferred->weight;
  return away;
}

void plan_anti_affinity(Draft& draft) {
  const ReplicaSetPointer& newest = draft.sets.newest;
  if (!newest || !newest->spec.pod_template || !draft.spec.pod_template || !draft.mistakes.empty()) return;
  crds::KeepAway away = keep_away_of_newest(draft, hash_of(newest));
  if (newest->spec.pod_template->away_from == away.from || draft.is_written(newest->meta.name)) return;
  AnnotateReplicaSet patch;
  patch.name = newest->meta.name;
  patch.precondition = precondition_of(newest->meta);
  patch.affinity = AffinityChange{draft.spec.pod_template, std::move(away)};
  draft.write(std::move(patch));
}

}  // namespace sluice::controller
