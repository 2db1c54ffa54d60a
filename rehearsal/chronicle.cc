// Telling changes in words.
#include "rehearsal/chronicle.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/draft.h"
#include "controller/keys.h"
#include "controller/steps.h"
#include "crds/decode.h"
#include "crds/rollout.h"
#include "kube/json.h"

namespace sluice::rehearsal {
namespace {

namespace json = boost::json;

std::string hash_in(const json::value& object, std::initializer_list<std::string_view> path) {
  const json::value* labels = kube::find_at(object, path);
  return labels ? std::string(kube::text_at(*labels, {controller::keys::hash_label})) : std::string();
}

std::string step_text(const crds::Rollout& rollout) {
  const crds::CanarySteps& steps = rollout.spec->strategy.canary->steps;
  const int index = controller::step_index(rollout.status, steps);
  if (const crds::CanaryStep* step = controller::step_at(steps, index))
    return fmt::format("step {} of {} begins ({})", index + 1, steps.size(), controller::text_of(*step));
  return fmt::format("all {} steps are done", steps.size());
}

// The phase as a person would say it; the words of the status where they say it themselves.
std::string phase_text(const crds::RolloutStatus& status) {
  const std::string& message = status.message;
  if (message == "CanaryPauseStep") return "it pauses";
  if (message == "BlueGreenPause") return "it pauses before the switch";
  if (message == "InconclusiveAnalysisRun") return "it pauses, because an analysis was inconclusive";
  if (status.phase == "Healthy") return "the rollout is healthy";
  return message.empty() ? status.phase.text() : fmt::format("{}: {}", status.phase.text(), message);
}

std::shared_ptr<const crds::Rollout> decoded(const json::value& object) {
  kube::Mistakes ignored;
  return crds::decode_rollout(object, ignored);
}

int canary_share(const crds::Rollout& rollout) {
  return rollout.status.canary.weights ? rollout.status.canary.weights->canary.weight : 0;
}

}  // namespace

Chronicle::Chronicle(sandbox::Api& api, kube::Clock& clock, kube::ObjectKey rollout)
    : clock_(clock), rollout_(std::move(rollout)), last_change_(clock.now()) {
  api.listen([this](const sandbox::Change& change) { note(change); });
}

void Chronicle::begin() {
  is_telling_ = true;
  began_ = last_change_ = settled_at_ = clock_.now();
  old_hashes_ = known_hashes_;
}

void Chronicle::tell(std::string what) { moments_.push_back({clock_.now() - began_, std::move(what)}); }

std::string Chronicle::version_of(const std::string& hash) const {
  return old_hashes_.contains(hash) ? "the old version" : "the new version";
}

void Chronicle::note(const sandbox::Change& change) {
  if (change.plural == "leases" || change.plural == "events") return;
  last_change_ = clock_.now();
  if (change.plural == "replicasets") return note_set(change);
  if (!is_telling_) return;
  if (change.plural == "rollouts" && change.key == rollout_ && change.before && change.after)
    note_rollout(*change.before, *change.after);
  else if (change.plural == "services" && change.before && change.after)
    note_service(*change.before, *change.after);
  else if (change.plural == "analysisruns")
    note_run(change);
}

void Chronicle::note_rollout(const json::value& before, const json::value& after) {
  const auto was = decoded(before);
  const auto is = decoded(after);
  if (is->spec->strategy.canary && !is->spec->strategy.canary->steps.empty() &&
      is->status.current_pod_hash != is->status.stable_rs &&
      (was->status.current_step_index != is->status.current_step_index ||
       was->status.current_pod_hash != is->status.current_pod_hash))
    tell(step_text(*is));
  if (canary_share(*was) != canary_share(*is))
    tell(fmt::format("{} % of the requests go to the canary", canary_share(*is)));
  if (!was->status.abort && is->status.abort) tell("the update is aborted: " + is->status.message);
  const bool is_another_phase = was->status.phase != is->status.phase;
  const bool is_promotion = was->status.stable_rs != is->status.stable_rs;
  if (is_promotion) tell(fmt::format("{} becomes the stable one", version_of(is->status.stable_rs)));
  if (is_another_phase && is->status.phase != "Progressing") tell(phase_text(is->status));
  if (is_another_phase || is_promotion || was->status.abort != is->status.abort) settled_at_ = clock_.now();
}

void Chronicle::note_set(const sandbox::Change& change) {
  const json::value& object = change.after ? *change.after : *change.before;
  const std::string hash = hash_in(object, {"metadata", "labels"});
  if (hash.empty()) return;
  known_hashes_.insert(hash);
  available_[change.key] =
      change.after ? static_cast<int>(kube::number_at(*change.after, {"status", "availableReplicas"}, 0)) : 0;
  int pods = 0;
  for (const auto& [set, available] : available_) pods += available;
  if (is_telling_) most_pods_ = std::max(most_pods_, pods);
  if (!is_telling_ || !change.after || change.type == kube::WatchType::deleted) return;
  const std::int64_t was = change.before ? kube::number_at(*change.before, {"spec", "replicas"}, 1) : 0;
  const std::int64_t is = kube::number_at(*change.after, {"spec", "replicas"}, 1);
  if (was != is)
    tell(fmt::format("{} is sized from {} to {}", version_of(hash), was,
                     controller::counted(static_cast<int>(is), "pod")));
  const std::int64_t were_ready =
      change.before ? kube::number_at(*change.before, {"status", "availableReplicas"}, 0) : 0;
  const std::int64_t are_ready = kube::number_at(*change.after, {"status", "availableReplicas"}, 0);
  if (are_ready > were_ready && are_ready == is)
    tell(fmt::format("{} has {} available", version_of(hash), controller::counted(static_cast<int>(is), "pod")));
  if (!old_hashes_.contains(hash) && are_ready > 0) has_new_pods_ = true;
}

void Chronicle::note_service(const json::value& before, const json::value& after) {
  const std::string was = hash_in(before, {"spec", "selector"});
  const std::string is = hash_in(after, {"spec", "selector"});
  if (was != is && !is.empty())
    tell(fmt::format("Service {} selects {}", kube::text_at(after, {"metadata", "name"}), version_of(is)));
}

void Chronicle::note_run(const sandbox::Change& change) {
  if (change.type == kube::WatchType::deleted) return;
  saw_analysis_ = true;
  const std::string_view kind = kube::text_at(*change.after, {"metadata", "labels", "rollout-type"});
  const std::string name = kind.empty() ? "analysis" : fmt::format("analysis ({})", kind);
  if (change.type == kube::WatchType::added) return tell(name + " begins");
  const std::string_view was = kube::text_at(*change.before, {"status", "phase"});
  const std::string_view is = kube::text_at(*change.after, {"status", "phase"});
  if (was != is && is != "Running" && is != "Pending") tell(fmt::format("{} ends: {}", name, is));
}

}  // namespace sluice::rehearsal
