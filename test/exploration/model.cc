// The objects of the model and what the program is shown of them.
#include "model.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/keys.h"
#include "controller/requests.h"
#include "crds/pod_template_hash.h"

namespace sluice::exploration {
namespace {

namespace keys = controller::keys;
using std::chrono::seconds;

// No decision looks back so far.
constexpr kube::Time long_ago = present - std::chrono::hours(2);

crds::PodTemplatePointer template_of(int version) {
  return crds::make_pod_template(boost::json::parse(fmt::format(
      R"({{"metadata":{{"labels":{{"app":"web"}}}},"spec":{{"containers":[{{"name":"app","image":"web:v{}"}}]}}}})",
      version + 1)));
}

std::shared_ptr<const crds::AnalysisTemplate> analysis_template(const std::string& name) {
  auto made = std::make_shared<crds::AnalysisTemplate>();
  made->meta.name = name;
  crds::AnalysisTemplateSpec spec;
  crds::Metric metric;
  metric.name = "success-rate";
  metric.count = kube::IntOrString{std::int64_t{1}};
  metric.success_condition = "result > 0.9";
  metric.provider.prometheus.obtain().address = "http://prometheus:9090";
  metric.provider.prometheus->query = "up";
  spec.metrics.push_back(metric);
  made->spec = std::make_shared<const crds::AnalysisTemplateSpec>(std::move(spec));
  return made;
}

kube::Time clipped(kube::Time time) { return std::max(time, long_ago); }

}  // namespace

Model::Model(const Configuration& configuration) : configuration_(configuration) {
  const crds::Strategy& strategy = configuration_.spec.strategy;
  if (strategy.blue_green) service_names_ = {strategy.blue_green->active_service, strategy.blue_green->preview_service};
  if (strategy.canary && strategy.canary->traffic_routing) {
    is_routed_ = true;
    service_names_ = {strategy.canary->stable_service, strategy.canary->canary_service};
  }
  for (int version = 0; version < versions; ++version) {
    templates_of_versions_.push_back(template_of(version));
    hashes_.push_back(crds::pod_template_hash(*templates_of_versions_.back()));
  }
  for (const std::string& name : configuration_.templates) templates_[name] = analysis_template(name);

  crds::Rollout rollout;
  rollout.meta.name = "web";
  rollout.meta.ns = "shop";
  rollout.meta.uid = "rollout-uid";
  rollout.meta.generation = 1;
  crds::RolloutSpec spec = configuration_.spec;
  spec.pod_template = templates_of_versions_[0];
  rollout.spec = std::make_shared<const crds::RolloutSpec>(std::move(spec));
  first_.now.rollout = number_of(std::move(rollout));
  for (std::size_t at = 0; at < service_names_.size(); ++at) {
    crds::Service service;
    service.meta.name = service_names_[at];
    service.meta.ns = "shop";
    service.meta.uid = service.meta.name + "-uid";
    service.spec.selector.set("app", "web");
    first_.now.services[at] = services_.number_of(std::move(service));
  }
  first_.view = first_.now;
  while (const std::optional<Step> step = fair_step(first_, true)) first_ = step->to;
  edit_spec(first_, "V2", 1, -1, false);
  pass(first_, seconds(1));
  refresh_view(first_);
  first_.crashes = static_cast<std::uint8_t>(configuration_.crashes);
  first_.freezes = static_cast<std::uint8_t>(configuration_.freezes);
  first_.failures = static_cast<std::uint8_t>(configuration_.failures);
  first_.losses = static_cast<std::uint8_t>(configuration_.losses);
  first_.acts = static_cast<std::uint8_t>(configuration_.acts);
  first_.scales = static_cast<std::uint8_t>(configuration_.scales);
  violations.clear();
}

// What no decision reads is the same in all states: counters of the status (they are written by and by), and the times
// of conditions but the one that the progress deadline counts from.
std::uint32_t Model::number_of(crds::Rollout rollout) {
  crds::RolloutStatus& status = rollout.status;
  status.replicas = status.updated_replicas = status.ready_replicas = status.available_replicas = status.hpa_replicas =
      0;
  for (crds::Condition& condition : status.conditions) {
    condition.last_transition_time = present;
    condition.last_update_time = condition.type == "Progressing" ? clipped(condition.last_update_time) : present;
  }
  for (crds::PauseCondition& pause : status.pause_conditions) pause.start_time = clipped(pause.start_time);
  if (status.aborted_at) status.aborted_at = clipped(*status.aborted_at);
  if (status.duration) {
    crds::RolloutDuration& duration = *status.duration;
    if (duration.rollout_started_at) duration.rollout_started_at = clipped(*duration.rollout_started_at);
    if (duration.finished_at) duration.finished_at = present;
    if (duration.manual_pause_started_at) duration.manual_pause_started_at = present;
    duration.total_manual_pause_duration_seconds = 0;
  }
  return rollouts_.number_of(std::move(rollout));
}

int Model::version_of_hash(std::string_view hash) const {
  for (int version = 0; version < versions; ++version)
    if (hashes_[static_cast<std::size_t>(version)] == hash) return version;
  return -1;
}

int Model::version_of_set(const std::string& name) const { return version_of_hash(std::string_view(name).substr(4)); }

int Model::selected(const Seen& seen, int service) const {
  const std::uint32_t number = seen.services[static_cast<std::size_t>(service)];
  return number == 0 ? -1 : version_of_hash(services_[number]->spec.selector.get(keys::hash_label));
}

int Model::available(const Seen& seen, int version) const {
  const std::uint32_t number = version < 0 ? 0 : seen.sets[static_cast<std::size_t>(version)];
  return number == 0 ? 0 : sets_[number]->status.available_replicas;
}

int Model::desired(const Seen& seen, int version) const {
  const std::uint32_t number = version < 0 ? 0 : seen.sets[static_cast<std::size_t>(version)];
  return number == 0 ? 0 : sets_[number]->desired();
}

int Model::replicas(const Seen& seen) const { return rollouts_[seen.rollout]->spec->replicas.value_or(1); }

controller::RolloutObservation Model::observation(const Seen& seen) const {
  controller::RolloutObservation all;
  // What the status tells of a long wait changes nothing else, and would make every moment a state of its own.
  all.options.tell_after = kube::Duration::zero();
  all.rollout = rollouts_[seen.rollout];
  for (const std::uint32_t set : seen.sets)
    if (set) all.replica_sets.push_back(sets_[set]);
  for (std::size_t at = 0; at < service_names_.size(); ++at) {
    controller::ObservedService service{service_names_[at], services_[seen.services[at]], std::nullopt};
    service.ready_endpoints.emplace();
    if (const int shown = seen.published_set[at]; shown > 0)
      (*service.ready_endpoints)["web-" + hashes_[static_cast<std::size_t>(shown - 1)]] = seen.published[at];
    all.services.push_back(std::move(service));
  }
  if (is_routed_) {
    traffic::ObservedRoute route;
    route.kind = "HTTPRoute";
    route.key = {"shop", "web"};
    route.resource_version = std::to_string(seen.weight * 2 + seen.is_accepted);
    route.largest_canary = route.smallest_canary = seen.weight;
    route.is_uniform = true;
    route.depth = traffic::Depth::reported;
    route.is_accepted = seen.is_accepted != 0;
    route.writer.at = route.confirmed_at = present - seconds(seen.taken_ago);
    if (!route.is_accepted) route.waits_for = "Accepted";
    all.routes.push_back(std::move(route));
  }
  for (const std::uint32_t run : seen.runs)
    if (run) all.analysis_runs.push_back(runs_[run]);
  all.analysis_templates = templates_;
  return all;
}

std::uint32_t Model::decide_on(const Seen& view) {
  const auto known = decisions_.find(view);
  if (known != decisions_.end()) return known->second;
  controller::Decision decision = controller::decide(observation(view), present);
  auto made = std::make_shared<Decided>();
  made->writes = std::move(decision.writes);
  made->view = view;
  if (decision.wake_at) made->wake = *decision.wake_at - present;
  // A status in which only counters differ waits, and number_of() drops them.
  if (decision.status && (decision.status_may_wait.count() == 0 || !made->writes.empty())) {
    crds::Rollout after = *rollouts_[view.rollout];
    after.status = *decision.status;
    made->rollout_after = number_of(std::move(after));
    if (made->rollout_after != view.rollout) made->status = std::move(decision.status);
  }
  decided_.push_back(std::move(made));
  const auto number = static_cast<std::uint32_t>(decided_.size());
  decisions_.emplace(view, number);
  return number;
}

std::vector<Step> Model::steps(const State& state) {
  std::vector<Step> all;
  add_program_steps(state, all);
  add_world_steps(state, all);
  add_user_steps(state, all);
  add_fault_steps(state, all);
  return all;
}

State Model::without_faults(State state) {
  state.crashes = state.freezes = state.failures = state.losses = state.acts = state.scales = 0;
  state.frozen = Kind::none;
  state.view = state.now;
  state.hides_own_write = 0;
  return state;
}

std::optional<Step> Model::fair_step(const State& state, bool verdict_is_good) {
  std::vector<Step> all;
  add_program_steps(state, all);
  if (!all.empty()) return std::move(all.front());
  add_world_steps(state, all);
  for (Step& step : all) {
    const bool is_verdict = step.what.starts_with("run ");
    if (is_verdict && step.what.ends_with(verdict_is_good ? "Failed" : "Successful") &&
        step.what.find("ended") == std::string::npos)
      continue;
    if (is_verdict && (step.what.ends_with("Error") || step.what.ends_with("Inconclusive"))) continue;
    return std::move(step);
  }
  return std::nullopt;
}

std::string Model::why_not_settled(const State& state) const {
  const crds::RolloutStatus& status = this->status(state.now);
  const crds::RolloutSpec& spec = *rollouts_[state.now.rollout]->spec;
  const bool is_promoted = status.stable_rs == status.current_pod_hash;
  if (status.phase == "Paused" && (spec.paused || !status.pause_conditions.empty())) return "";
  if (status.phase == "Degraded" && status.abort && !is_promoted) {
    const int canary = version_of_hash(status.current_pod_hash);
    if (is_routed_ && (state.now.weight != 0 || state.proxies[1] != 0)) return "aborted, but the canary gets requests";
    if (available(state.now, version_of_hash(status.stable_rs)) < replicas(state.now) && !service_names_.empty())
      return "aborted, but the stable set is not whole";
    if (service_names_.empty() && desired(state.now, canary) > 0) return "aborted, but the canary has pods";
    return "";
  }
  if (status.phase == "Healthy" && is_promoted) return "";
  return fmt::format("it rests as {} \"{}\"", status.phase.view(), status.message);
}

std::string Model::why_not_pure(const State& state) {
  const auto compare = [](const controller::Decision& left, const controller::Decision& right) -> std::string {
    if (left.writes.size() != right.writes.size()) return "other writes";
    if (left.status != right.status) return "another status";
    if (left.wake_at != right.wake_at) return "another wake-up";
    if (left.reasons != right.reasons) return "other reasons";
    return "";
  };
  const controller::RolloutObservation seen = observation(state.view);
  const controller::Decision decision = controller::decide(seen, present);
  controller::RolloutObservation shuffled = observation(state.view);
  std::reverse(shuffled.replica_sets.begin(), shuffled.replica_sets.end());
  std::reverse(shuffled.services.begin(), shuffled.services.end());
  std::reverse(shuffled.analysis_runs.begin(), shuffled.analysis_runs.end());
  if (const std::string other = compare(decision, controller::decide(shuffled, present)); !other.empty())
    return "what was seen in another order gives " + other;
  if (!decision.writes.empty() || (decision.status && decision.status_may_wait.count() == 0)) return "";
  // Time alone changes nothing before the wake-up.
  const kube::Duration sleep = decision.wake_at ? *decision.wake_at - present : kube::Duration(std::chrono::hours(1));
  for (const kube::Time later : {present + sleep / 2, present + sleep - kube::Duration(1)}) {
    const controller::Decision then = controller::decide(seen, later);
    if (!then.writes.empty() || (then.status && then.status_may_wait.count() == 0))
      return fmt::format("{} is due before the wake-up, {} later",
                         then.writes.empty() ? "a status" : controller::describe(then.writes.front().effect),
                         kube::format_duration(later - present));
  }
  return "";
}

std::string Model::described(const State& state) const {
  const auto seen_text = [&](const Seen& seen) {
    const crds::RolloutStatus& status = this->status(seen);
    std::string text = fmt::format("{} step {}", status.phase.view(), status.current_step_index.value_or(-1));
    text += fmt::format(", stable V{}, current V{}{}{}", version_of_hash(status.stable_rs) + 1,
                        version_of_hash(status.current_pod_hash) + 1, status.abort ? ", abort" : "",
                        status.pause_conditions.empty() ? "" : ", paused");
    for (int version = 0; version < versions; ++version)
      if (seen.sets[static_cast<std::size_t>(version)])
        text += fmt::format(", V{} {}/{}", version + 1, available(seen, version), desired(seen, version));
    for (std::size_t at = 0; at < service_names_.size(); ++at)
      text += fmt::format(", {} -> V{} (shows {} of V{})", service_names_[at], selected(seen, static_cast<int>(at)) + 1,
                          seen.published[at], seen.published_set[at]);
    if (is_routed_) text += fmt::format(", weight {}{}", seen.weight, seen.is_accepted ? "" : " (not accepted)");
    for (const std::uint32_t run : seen.runs)
      if (run) text += fmt::format(", {} {}", runs_[run]->meta.name, runs_[run]->status.phase.view());
    return text;
  };
  std::string text = seen_text(state.now);
  if (is_routed_) text += fmt::format(", proxies {} {}", state.proxies[0], state.proxies[1]);
  if (state.frozen != Kind::none) text += "; seen: " + seen_text(state.view);
  return text;
}

}  // namespace sluice::exploration
