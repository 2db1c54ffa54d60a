// What happens to the program in the model: pods, slices, routers, verdicts, time, people and faults.
#include <algorithm>

#include <fmt/format.h>

#include "controller/keys.h"
#include "model.h"

namespace sluice::exploration {
namespace {

namespace keys = controller::keys;
using std::chrono::seconds;

// Further wake-ups belong to deadlines that a configuration does not want.
constexpr kube::Duration longest_sleep = std::chrono::minutes(20);

std::string kind_name(Kind kind) {
  static const std::array<const char*, 7> names{"",       "Rollout",   "ReplicaSets", "Services",
                                                "slices", "HTTPRoute", "AnalysisRuns"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace

// The view follows, but for the kind that is frozen.
void Model::refresh_view(State& state) const {
  const Seen old = state.view;
  state.view = state.now;
  switch (state.frozen) {
    case Kind::none:
      break;
    case Kind::rollout:
      state.view.rollout = old.rollout;
      break;
    case Kind::sets:
      state.view.sets = old.sets;
      break;
    case Kind::services:
      state.view.services = old.services;
      break;
    case Kind::endpoints:
      state.view.published = old.published;
      state.view.published_set = old.published_set;
      break;
    case Kind::route:
      state.view.weight = old.weight;
      state.view.is_accepted = old.is_accepted;
      state.view.taken_ago = old.taken_ago;
      break;
    case Kind::runs:
      state.view.runs = old.runs;
      break;
  }
}

bool Model::publish(State& state, int service) const {
  const auto at = static_cast<std::size_t>(service);
  const int behind = selected(state.now, service);
  const auto set = static_cast<std::uint8_t>(behind + 1);
  const auto ready = static_cast<std::uint8_t>(available(state.now, behind));
  if (state.now.published_set[at] == set && state.now.published[at] == ready) return false;
  state.now.published_set[at] = set;
  state.now.published[at] = ready;
  return true;
}

void Model::add_world_steps(const State& state, std::vector<Step>& steps) {
  const auto add = [&](std::string what, State to) {
    refresh_view(to);
    steps.push_back({std::move(what), to});
  };
  for (int version = 0; version < versions; ++version) {
    const std::uint32_t number = state.now.sets[static_cast<std::size_t>(version)];
    if (number == 0 || available(state.now, version) >= desired(state.now, version)) continue;
    State to = state;
    crds::ReplicaSet set = *sets_[number];
    set.status.ready_replicas = ++set.status.available_replicas;
    to.now.sets[static_cast<std::size_t>(version)] = sets_.number_of(std::move(set));
    add(fmt::format("a pod of V{} becomes ready", version + 1), to);
  }
  for (int service = 0; service < static_cast<int>(service_names_.size()); ++service) {
    State to = state;
    if (publish(to, service))
      add(fmt::format("the slice of {} follows", service_names_[static_cast<std::size_t>(service)]), to);
  }
  if (is_routed_ && !state.now.is_accepted) {
    State to = state;
    to.now.is_accepted = 1;
    to.now.taken_ago = 0;
    add("the router accepts the route", to);
  }
  for (std::size_t proxy = 0; proxy < 2 && is_routed_ && state.now.is_accepted; ++proxy) {
    if (state.proxies[proxy] == state.now.weight || (proxy == 1 && state.proxies[0] == state.proxies[1])) continue;
    State to = state;
    to.proxies[proxy] = state.now.weight;
    std::sort(to.proxies.begin(), to.proxies.end());
    add(fmt::format("a proxy follows, from {} to {}", state.proxies[proxy], state.now.weight), to);
  }
  add_steps_of_runs(state, steps);
  // Time passes while the program has nothing to do; sleeping for a second write belongs to the faults.
  if (state.pending != 0 || state.hides_own_write) return;
  const Decided& decision = decided(decide_on(state.view));
  if (!decision.is_empty() || !decision.wake || *decision.wake > longest_sleep) return;
  if (is_proxy_late(state, *decision.wake)) return;
  State to = state;
  pass(to, *decision.wake);
  add(fmt::format("{} pass", kube::format_duration(*decision.wake)), to);
}

void Model::add_steps_of_runs(const State& state, std::vector<Step>& steps) {
  for (std::size_t at = 0; at < most_runs; ++at) {
    const std::uint32_t number = state.now.runs[at];
    if (number == 0 || runs_[number]->status.phase != "Running") continue;
    std::vector<std::string> phases{"Successful", "Failed"};
    if (configuration_.has_errors) phases.insert(phases.end(), {"Inconclusive", "Error"});
    if (runs_[number]->spec->terminate) phases = {"Successful"};
    for (const std::string& phase : phases) {
      State to = state;
      crds::AnalysisRun run = *runs_[number];
      run.status.phase = phase;
      const std::string name = run.meta.name + (run.spec->terminate ? " (ended)" : "");
      to.now.runs[at] = runs_.number_of(std::move(run));
      std::sort(to.now.runs.begin(), to.now.runs.end());
      refresh_view(to);
      steps.push_back({fmt::format("run {}: {}", name, phase), to});
    }
  }
}

// A proxy that still follows the former route does so before this time has passed: routers keep to their drain delay.
bool Model::is_proxy_late(const State& state, kube::Duration time) const {
  if (!is_routed_ || !state.now.is_accepted) return false;
  if (state.proxies[0] == state.now.weight && state.proxies[1] == state.now.weight) return false;
  return seconds(state.now.taken_ago) + time >= seconds(drain_seconds);
}

// Everything that happened lies further back.
void Model::pass(State& state, kube::Duration time) {
  const auto shift_rollout = [&](std::uint32_t& number) {
    crds::Rollout rollout = *rollouts_[number];
    crds::RolloutStatus& status = rollout.status;
    for (crds::PauseCondition& pause : status.pause_conditions) pause.start_time -= time;
    for (crds::Condition& condition : status.conditions) condition.last_update_time -= time;
    if (status.aborted_at) *status.aborted_at -= time;
    if (status.duration && status.duration->rollout_started_at) *status.duration->rollout_started_at -= time;
    number = number_of(std::move(rollout));
  };
  const auto shift = [&](Seen& seen) {
    shift_rollout(seen.rollout);
    if (is_routed_ && seen.is_accepted)
      seen.taken_ago = static_cast<std::uint16_t>(
          std::min<std::int64_t>(drain_seconds, seen.taken_ago + std::chrono::floor<seconds>(time).count()));
    for (std::uint32_t& number : seen.sets) {
      if (number == 0) continue;
      const std::string* deadline = sets_[number]->meta.annotations.find(keys::scale_down_deadline);
      if (!deadline) continue;
      crds::ReplicaSet set = *sets_[number];
      const kube::Time due = std::max(*kube::parse_time(*deadline) - time, present - std::chrono::hours(1));
      set.meta.annotations.set(keys::scale_down_deadline, kube::format_time(due));
      number = sets_.number_of(std::move(set));
    }
    for (std::uint32_t& number : seen.runs) {
      if (number == 0) continue;
      crds::AnalysisRun run = *runs_[number];
      run.meta.creation_time = std::max(*run.meta.creation_time - time, present - std::chrono::hours(2));
      number = runs_.number_of(std::move(run));
    }
    std::sort(seen.runs.begin(), seen.runs.end());
  };
  shift(state.now);
  shift(state.view);
}

void Model::edit_spec(State& state, const std::string&, int version, int replicas, bool paused) {
  crds::Rollout rollout = *rollouts_[state.now.rollout];
  crds::RolloutSpec spec = *rollout.spec;
  if (version >= 0) spec.pod_template = templates_of_versions_[static_cast<std::size_t>(version)];
  if (replicas >= 0) spec.replicas = replicas;
  spec.paused = paused;
  rollout.spec = std::make_shared<const crds::RolloutSpec>(std::move(spec));
  ++rollout.meta.generation;
  state.now.rollout = number_of(std::move(rollout));
}

void Model::edit_status(State& state, const std::function<void(crds::RolloutStatus&)>& change) {
  crds::Rollout rollout = *rollouts_[state.now.rollout];
  change(rollout.status);
  state.now.rollout = number_of(std::move(rollout));
}

void Model::add_user_steps(const State& state, std::vector<Step>& steps) {
  if (state.acts == 0) return;
  const crds::Rollout& rollout = *rollouts_[state.now.rollout];
  const crds::RolloutStatus& status = rollout.status;
  // A person acts a second after what happened last; a decision that is being carried out does not wait for that.
  const auto act = [&](const std::string& what, auto change) {
    State to = state;
    if (to.pending == 0 && is_proxy_late(to, seconds(1))) return;
    if (to.pending == 0) pass(to, seconds(1));
    change(to);
    --to.acts;
    refresh_view(to);
    if (to.now == state.now) return;
    steps.push_back({"a person: " + what, to});
  };
  const bool is_update = status.stable_rs != status.current_pod_hash && !status.stable_rs.empty();
  if (is_update && status.pause_conditions.empty() && status.current_step_index)
    act("skip the step", [&](State& to) {
      to.has_skipped = 1;
      edit_status(to, [](crds::RolloutStatus& is) { ++*is.current_step_index; });
    });
  if (!status.pause_conditions.empty())
    act("promote", [&](State& to) {
      for (const crds::PauseCondition& pause : status.pause_conditions)
        if (pause.reason == "InconclusiveAnalysisRun") to.has_skipped = 1;
      edit_status(to, [](crds::RolloutStatus& is) { is.pause_conditions.clear(); });
    });
  if (!status.promote_full && is_update)
    act("promote fully", [&](State& to) {
      to.has_skipped = 1;
      edit_status(to, [](crds::RolloutStatus& is) { is.promote_full = true; });
    });
  if (!status.abort)
    act("abort", [&](State& to) { edit_status(to, [](crds::RolloutStatus& is) { is.abort = true; }); });
  if (status.abort)
    act("retry", [&](State& to) { edit_status(to, [](crds::RolloutStatus& is) { is.abort = false; }); });
  const bool is_paused = rollout.spec->paused;
  act(is_paused ? "resume" : "pause", [&](State& to) { edit_spec(to, "", -1, -1, !is_paused); });
  for (const int version : {0, 2})
    if (*rollout.spec->pod_template != *templates_of_versions_[static_cast<std::size_t>(version)])
      act(fmt::format("release V{}", version + 1), [&](State& to) {
        to.has_skipped = 0;
        edit_spec(to, "", version, -1, is_paused);
      });
  if (state.scales == 0) return;
  for (const int change : {-1, 1}) {
    const int size = rollout.spec->replicas.value_or(1) + change;
    if (size >= 1)
      act(fmt::format("scale to {}", size), [&](State& to) {
        --to.scales;
        edit_spec(to, "", -1, size, is_paused);
      });
  }
}

void Model::add_fault_steps(const State& state, std::vector<Step>& steps) {
  if (state.crashes > 0 && (state.pending != 0 || state.hides_own_write)) {
    State to = state;
    --to.crashes;
    to.pending = 0;
    to.hides_own_write = 0;
    steps.push_back({"the process dies and another begins", to});
  }
  if (state.frozen != Kind::none) {
    State to = state;
    to.frozen = Kind::none;
    to.hides_own_write = 0;
    refresh_view(to);
    steps.push_back({fmt::format("the watch of {} goes on", kind_name(state.frozen)), to});
  } else if (state.freezes > 0) {
    for (const Kind kind : {Kind::rollout, Kind::sets, Kind::services, Kind::endpoints, Kind::route, Kind::runs}) {
      if (service_names_.empty() && (kind == Kind::services || kind == Kind::endpoints)) continue;
      if (!is_routed_ && kind == Kind::route) continue;
      if (configuration_.templates.empty() && kind == Kind::runs) continue;
      State to = state;
      --to.freezes;
      to.frozen = kind;
      steps.push_back({fmt::format("the watch of {} stands still", kind_name(kind)), to});
    }
  }
  if (state.losses == 0) return;
  for (int version = 0; version < versions; ++version) {
    const std::uint32_t number = state.now.sets[static_cast<std::size_t>(version)];
    if (number == 0 || available(state.now, version) == 0) continue;
    State to = state;
    --to.losses;
    to.has_lost = 1;
    crds::ReplicaSet set = *sets_[number];
    set.status.ready_replicas = --set.status.available_replicas;
    to.now.sets[static_cast<std::size_t>(version)] = sets_.number_of(std::move(set));
    refresh_view(to);
    steps.push_back({fmt::format("a pod of V{} fails", version + 1), to});
  }
}

}  // namespace sluice::exploration
