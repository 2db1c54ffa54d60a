// What the program does in the model: it decides on what it sees, and sends its requests one after the other.
#include <algorithm>

#include <fmt/format.h>

#include "controller/keys.h"
#include "controller/requests.h"
#include "invariants.h"
#include "model.h"

namespace sluice::exploration {
namespace {

namespace keys = controller::keys;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

template <class T>
bool holds(const controller::Precondition& precondition, const T& object) {
  return (precondition.uid.empty() || precondition.uid == object.meta.uid) &&
         (precondition.resource_version.empty() || precondition.resource_version == object.meta.resource_version);
}

void annotate(kube::StringMap& annotations, const kube::StringMap& changes, const std::vector<std::string>& gone) {
  for (const auto& [key, value] : changes) annotations.set(key, value);
  for (const std::string& key : gone) annotations.erase(key);
}

void edit(crds::Rollout& rollout, const controller::PatchRolloutMetadata& change) {
  annotate(rollout.meta.annotations, change.set_annotations, {});
  if (!change.default_replicas) return;
  crds::RolloutSpec spec = *rollout.spec;
  spec.replicas = change.default_replicas;
  rollout.spec = std::make_shared<const crds::RolloutSpec>(std::move(spec));
}

}  // namespace

std::optional<State> Model::decided_state(const State& state) {
  // What it has written must be seen before the next decision.
  if (state.pending != 0 || state.hides_own_write) return std::nullopt;
  const std::uint32_t number = decide_on(state.view);
  if (decided(number).is_empty()) return std::nullopt;
  State next = state;
  next.pending = number;
  next.done = 0;
  return next;
}

void Model::add_program_steps(const State& state, std::vector<Step>& steps) {
  if (state.pending == 0) {
    if (const std::optional<State> next = decided_state(state)) {
      // The first request is a step of its own only when something may come in between.
      steps.push_back({"decide", *next});
    }
    return;
  }
  const Decided& decision = decided(state.pending);
  const std::string what = state.done < decision.writes.size()
                               ? controller::describe(decision.writes[state.done].effect)
                               : std::string("write the status");
  State next = state;
  const bool went_well = send_next(next);
  steps.push_back({what + (went_well ? "" : " (refused)"), next});
  if (state.failures == 0) return;
  State not_done = state;
  not_done.pending = 0;
  --not_done.failures;
  steps.push_back({what + " (fails, not done)", not_done});
  if (!went_well) return;
  State lost = next;
  lost.pending = 0;
  --lost.failures;
  steps.push_back({what + " (fails, but done)", lost});
}

void Model::finish_request(State& state, Kind kind) {
  if (state.frozen == kind)
    state.hides_own_write = 1;
  else
    refresh_view(state);
}

bool Model::send_next(State& state) {
  const Decided& decision = decided(state.pending);
  const State before = state;
  Invariants invariants(*this, decision);
  if (state.done < decision.writes.size()) {
    const controller::Effect& effect = decision.writes[state.done].effect;
    if (!write(state, effect)) {
      state.pending = 0;
      return false;
    }
    ++state.done;
    // On an old view a write may turn out to be needless.
    if (before.now == state.now && decision.view == before.now)
      violations.push_back("I9: a write that changes nothing: " + controller::describe(effect));
    invariants.check_write(before, state, effect);
    if (state.done == decision.writes.size() && !decision.status) state.pending = 0;
    return true;
  }
  const bool is_written = write_status(state, decision);
  if (is_written) invariants.check_status(before, state);
  state.pending = 0;
  return is_written;
}

// Nobody but the decision that is being carried out has changed the Rollout since; else the server refuses.
bool Model::is_rollout_unchanged(const State& state) {
  const Decided& decision = decided(state.pending);
  std::vector<const controller::PatchRolloutMetadata*> own;
  for (std::size_t at = 0; at < state.done; ++at)
    if (const auto* change = std::get_if<controller::PatchRolloutMetadata>(&decision.writes[at].effect))
      own.push_back(change);
  if (own.empty()) return state.now.rollout == decision.view.rollout;
  crds::Rollout rollout = *rollouts_[decision.view.rollout];
  for (const controller::PatchRolloutMetadata* change : own) edit(rollout, *change);
  return state.now.rollout == number_of(std::move(rollout));
}

bool Model::write_status(State& state, const Decided& decision) {
  if (!is_rollout_unchanged(state)) return false;
  if (state.now.rollout == decision.view.rollout) {
    state.now.rollout = decision.rollout_after;
  } else {
    crds::Rollout rollout = *rollouts_[state.now.rollout];
    rollout.status = rollouts_[decision.rollout_after]->status;
    state.now.rollout = number_of(std::move(rollout));
  }
  finish_request(state, Kind::rollout);
  return true;
}

bool Model::write(State& state, const controller::Effect& effect) {
  Seen& now = state.now;
  const auto change_set = [&](const std::string& name, const controller::Precondition& precondition, auto change) {
    std::uint32_t& number = now.sets[static_cast<std::size_t>(version_of_set(name))];
    if (number == 0 || !holds(precondition, *sets_[number])) return false;
    crds::ReplicaSet set = *sets_[number];
    change(set);
    number = sets_.number_of(std::move(set));
    finish_request(state, Kind::sets);
    return true;
  };
  const auto run_named = [&](const std::string& name) -> std::uint32_t* {
    for (std::uint32_t& number : now.runs)
      if (number != 0 && runs_[number]->meta.name == name) return &number;
    return nullptr;
  };
  const auto finish_runs = [&] {
    std::sort(now.runs.begin(), now.runs.end());
    finish_request(state, Kind::runs);
    return true;
  };
  return std::visit(
      Overloaded{[&](const controller::CreateReplicaSet& make) {
                   const auto version = static_cast<std::size_t>(version_of_set(make.name));
                   if (now.sets[version] != 0) return false;
                   crds::ReplicaSet set;
                   set.meta.name = make.name;
                   set.meta.ns = "shop";
                   set.meta.uid = make.name + "-uid";
                   set.meta.generation = 1;
                   // Only the order of the sets is read.
                   kube::Time youngest = present - std::chrono::hours(1000);
                   for (const std::uint32_t number : now.sets)
                     if (number) youngest = std::max(youngest, *sets_[number]->meta.creation_time);
                   set.meta.creation_time = youngest + std::chrono::seconds(1);
                   set.meta.labels = make.labels;
                   set.meta.annotations = make.annotations;
                   set.meta.owners = {make.owner};
                   set.spec.replicas = make.replicas;
                   set.spec.min_ready_seconds = make.min_ready_seconds;
                   set.spec.selector = make.selector;
                   set.spec.pod_template = crds::with_label(*make.pod_template, keys::hash_label, make.hash);
                   set.status.replicas = make.replicas;
                   now.sets[version] = sets_.number_of(std::move(set));
                   finish_request(state, Kind::sets);
                   return true;
                 },
                 [&](const controller::ScaleReplicaSet& scale) {
                   return change_set(scale.name, scale.precondition, [&](crds::ReplicaSet& set) {
                     set.spec.replicas = scale.replicas;
                     set.status.replicas = scale.replicas;
                     set.status.available_replicas = std::min(set.status.available_replicas, scale.replicas);
                     set.status.ready_replicas = set.status.available_replicas;
                     annotate(set.meta.annotations, scale.set_annotations, scale.remove_annotations);
                   });
                 },
                 [&](const controller::AnnotateReplicaSet& change) {
                   return change_set(change.name, change.precondition, [&](crds::ReplicaSet& set) {
                     annotate(set.meta.annotations, change.set_annotations, change.remove_annotations);
                     if (change.min_ready_seconds) set.spec.min_ready_seconds = *change.min_ready_seconds;
                   });
                 },
                 [&](const controller::AdoptReplicaSet& adopt) {
                   return change_set(adopt.name, adopt.precondition,
                                     [&](crds::ReplicaSet& set) { set.meta.owners.push_back(adopt.owner); });
                 },
                 [&](const controller::DeleteReplicaSet& remove) {
                   std::uint32_t& number = now.sets[static_cast<std::size_t>(version_of_set(remove.name))];
                   if (number == 0) return true;
                   if (!holds(remove.precondition, *sets_[number])) return false;
                   number = 0;
                   finish_request(state, Kind::sets);
                   return true;
                 },
                 [&](const controller::SwitchService& change) {
                   const auto at = static_cast<std::size_t>(
                       std::find(service_names_.begin(), service_names_.end(), change.name) - service_names_.begin());
                   crds::Service service = *services_[now.services[at]];
                   if (!holds(change.precondition, service)) return false;
                   service.spec.selector.set(keys::hash_label, change.hash);
                   if (!change.managed_by.empty()) service.meta.annotations.set(keys::managed_by, change.managed_by);
                   now.services[at] = services_.number_of(std::move(service));
                   finish_request(state, Kind::services);
                   return true;
                 },
                 [&](const controller::SetRouteWeights& change) {
                   const std::string version = std::to_string(now.weight * 2 + now.is_accepted);
                   if (!change.precondition.resource_version.empty() && change.precondition.resource_version != version)
                     return false;
                   now.weight = static_cast<std::uint8_t>(change.intent.split.canary);
                   now.is_accepted = 0;
                   now.taken_ago = 0;
                   finish_request(state, Kind::route);
                   return true;
                 },
                 [&](const controller::CreateAnalysisRun& make) {
                   if (run_named(make.name)) return false;
                   crds::AnalysisRun run;
                   run.meta.name = make.name;
                   run.meta.ns = "shop";
                   run.meta.uid = make.name + "-uid";
                   run.meta.creation_time = present;
                   run.meta.labels = make.labels;
                   run.meta.annotations = make.annotations;
                   run.meta.owners = {make.owner};
                   run.spec = make.spec;
                   run.status.phase = "Running";
                   // A model that needs more is cut there: the oldest finished one makes room.
                   auto place = std::find(now.runs.begin(), now.runs.end(), 0u);
                   if (place == now.runs.end())
                     place = std::min_element(
                         now.runs.begin(), now.runs.end(), [&](std::uint32_t left, std::uint32_t right) {
                           return runs_[left]->meta.creation_time < runs_[right]->meta.creation_time;
                         });
                   *place = runs_.number_of(std::move(run));
                   return finish_runs();
                 },
                 [&](const controller::TerminateAnalysisRun& end) {
                   std::uint32_t* number = run_named(end.name);
                   if (!number) return true;
                   crds::AnalysisRun run = *runs_[*number];
                   if (!holds(end.precondition, run)) return false;
                   if (run.spec->terminate) violations.push_back("I9: a run is ended twice");
                   auto spec = std::make_shared<crds::AnalysisRunSpec>(*run.spec);
                   spec->terminate = true;
                   run.spec = std::move(spec);
                   *number = runs_.number_of(std::move(run));
                   return finish_runs();
                 },
                 [&](const controller::DeleteAnalysisRun& remove) {
                   std::uint32_t* number = run_named(remove.name);
                   if (!number) return true;
                   if (!holds(remove.precondition, *runs_[*number])) return false;
                   *number = 0;
                   return finish_runs();
                 },
                 [&](const controller::PatchRolloutMetadata& change) {
                   if (!is_rollout_unchanged(state)) return false;
                   crds::Rollout rollout = *rollouts_[now.rollout];
                   edit(rollout, change);
                   now.rollout = number_of(std::move(rollout));
                   finish_request(state, Kind::rollout);
                   return true;
                 },
                 // Pods and other workloads are not in the model; a configuration that touches them is told as I9.
                 [&](const auto&) { return true; }},
      effect);
}

}  // namespace sluice::exploration
