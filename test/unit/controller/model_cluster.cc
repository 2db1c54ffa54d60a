// A cluster in a few plain structs: it applies decisions, lets pods become ready, and checks the invariants after every
// write.
#include "model_cluster.h"

#include <algorithm>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "controller/keys.h"
#include "controller/replica_arithmetic.h"
#include "controller/steps.h"
#include "crds/pod_template_hash.h"
#include "kube/json.h"

namespace sluice::controller::test {
namespace {

crds::PodTemplatePointer template_of(const std::string& version) {
  return crds::make_pod_template(boost::json::parse(fmt::format(
      R"({{"metadata":{{"labels":{{"app":"web"}}}},"spec":{{"containers":[{{"name":"app","image":"web:{}"}}]}}}})",
      version)));
}

crds::PodTemplatePointer keeping_away(const crds::PodTemplate& pod_template, const std::string& from) {
  auto changed = std::make_shared<crds::PodTemplate>(pod_template);
  changed->away_from = from;
  return changed;
}

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

kube::Time at(int seconds) { return *kube::parse_time("2026-01-02T12:00:00Z") + std::chrono::seconds(seconds); }

ModelCluster::ModelCluster(crds::RolloutSpec spec) : now_(at(0)) {
  rollout_.meta.name = "web";
  rollout_.meta.ns = "shop";
  rollout_.meta.uid = "rollout-uid";
  rollout_.meta.generation = 1;
  bump(rollout_.meta);
  rollout_.spec = std::make_shared<const crds::RolloutSpec>(std::move(spec));
  for (const char* version : {"v1", "v2", "v3", "v4", "v5"})
    versions_[crds::pod_template_hash(*template_of(version))] = version;
  set_image("v1");
}

void ModelCluster::bump(kube::ObjectMeta& meta) { meta.resource_version = std::to_string(++version_); }

void ModelCluster::edit(const std::function<void(crds::RolloutSpec&)>& change) {
  crds::RolloutSpec spec = *rollout_.spec;
  change(spec);
  if (spec.replicas != rollout_.spec->replicas) did(fmt::format("replicas {}", spec.replicas.value_or(1)));
  if (spec.paused != rollout_.spec->paused) did(spec.paused ? "paused" : "not paused");
  rollout_.spec = std::make_shared<const crds::RolloutSpec>(std::move(spec));
  ++rollout_.meta.generation;
  bump(rollout_.meta);
  shortfall_ = shortfall();
}

void ModelCluster::set_image(const std::string& version) {
  did("image " + version);
  edit([&](crds::RolloutSpec& spec) { spec.pod_template = template_of(version); });
}

void ModelCluster::edit_status(const std::function<void(crds::RolloutStatus&)>& change) {
  change(rollout_.status);
  bump(rollout_.meta);
  shortfall_ = shortfall();
}

void ModelCluster::abort() {
  did("abort");
  edit_status([](crds::RolloutStatus& status) { status.abort = true; });
}

void ModelCluster::retry() {
  did("retry");
  aborted_sizes_.clear();
  aborted_weight_ = -1;
  edit_status([](crds::RolloutStatus& status) { status.abort = false; });
}

void ModelCluster::promote() {
  did("promote");
  edit_status([](crds::RolloutStatus& status) {
    const bool was_paused = !status.pause_conditions.empty();
    status.pause_conditions.clear();
    if (!was_paused && status.current_step_index) ++*status.current_step_index;
  });
}

void ModelCluster::promote_full() {
  did("promote full");
  edit_status([](crds::RolloutStatus& status) { status.promote_full = true; });
}

void ModelCluster::limit_ready(const std::string& version, int pods) {
  did(fmt::format("at most {} ready of {}", pods, version));
  ready_limits_[version] = pods;
}

void ModelCluster::add_service(const std::string& name) {
  crds::Service service;
  service.meta.name = name;
  service.meta.ns = "shop";
  service.meta.uid = name + "-uid";
  bump(service.meta);
  service.spec.selector.set("app", "web");
  services_[name] = service;
}

void ModelCluster::add_route(const std::string& name, int canary) {
  traffic::ObservedRoute route;
  route.kind = "HTTPRoute";
  route.key = {"shop", name};
  route.resource_version = std::to_string(++version_);
  route.largest_canary = route.smallest_canary = canary < 0 ? 50 : canary;
  route.is_uniform = canary >= 0;
  route.depth = traffic::Depth::reported;
  route.is_accepted = true;
  routes_.push_back(route);
}

void ModelCluster::add_template(const std::string& name, const std::vector<std::string>& arguments) {
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
  for (const std::string& argument : arguments) spec.args.push_back({argument, std::nullopt, {}});
  made->spec = std::make_shared<const crds::AnalysisTemplateSpec>(std::move(spec));
  templates_[name] = made;
}

void ModelCluster::finish_run(const std::string& name, const std::string& phase, const std::string& message) {
  for (auto& [key, run] : runs_)
    if (named(key) == name) {
      run.status.phase = phase;
      run.status.message = message;
      bump(run.meta);
      return;
    }
  BOOST_ERROR("there is no AnalysisRun " << name);
}

crds::Experiment& ModelCluster::experiment(const std::string& name) {
  for (auto& [key, experiment] : experiments_)
    if (named(key) == name) return experiment;
  BOOST_FAIL("there is no Experiment " << name);
  return experiments_.begin()->second;
}

void ModelCluster::finish_experiment(const std::string& name, const std::string& phase, const std::string& message) {
  crds::Experiment& one = experiment(name);
  one.status.phase = crds::Word(phase);
  one.status.message = message;
  bump(one.meta);
}

std::vector<std::string> ModelCluster::experiments() const {
  std::vector<std::string> names;
  for (const auto& [name, one] : experiments_) names.push_back(named(name) + (one.spec->terminate ? " (ended)" : ""));
  return names;
}

void ModelCluster::set_selector(const std::string& service, const std::string& hash) {
  services_.at(service).spec.selector.set(keys::hash_label, hash);
  if (hash.empty()) services_.at(service).spec.selector.erase(keys::hash_label);
  bump(services_.at(service).meta);
}

void ModelCluster::delete_run(const std::string& name) {
  std::erase_if(runs_, [&](const auto& entry) { return named(entry.first) == name; });
}

crds::AnalysisRun ModelCluster::run(const std::string& name) const {
  for (const auto& [key, run] : runs_)
    if (named(key) == name) return run;
  BOOST_ERROR("there is no AnalysisRun " << name);
  return {};
}

void ModelCluster::delete_set(const std::string& version) {
  BOOST_TEST(sets_.erase("web-" + hash(version)) == 1);
  shortfall_ = shortfall();
}

void ModelCluster::change_set(const std::string& version, const std::function<void(crds::ReplicaSet&)>& change) {
  crds::ReplicaSet& set = set_named("web-" + hash(version));
  change(set);
  bump(set.meta);
  shortfall_ = shortfall();
}

const crds::ReplicaSet& ModelCluster::set_of(const std::string& version) const {
  return sets_.at("web-" + hash(version));
}

std::vector<std::string> ModelCluster::unfinished_runs() const {
  std::vector<std::string> names;
  for (const auto& [name, run] : runs_)
    if (run.status.phase == "Running") names.push_back(named(name));
  return names;
}

std::string ModelCluster::hash(const std::string& version) const {
  for (const auto& [hash, name] : versions_)
    if (name == version) return hash;
  return "";
}

std::string ModelCluster::named(std::string text) const {
  for (const auto& [hash, version] : versions_)
    for (std::size_t at = text.find(hash); at != std::string::npos; at = text.find(hash))
      text.replace(at, hash.size(), version);
  return text;
}

int ModelCluster::desired(const std::string& version) const {
  for (const auto& [name, set] : sets_)
    if (named(name) == "web-" + version) return set.desired();
  return -1;
}

std::string ModelCluster::selected(const std::string& service) const {
  return named(std::string(services_.at(service).spec.selector.get(keys::hash_label)));
}

std::vector<std::string> ModelCluster::runs() const {
  std::vector<std::string> names;
  for (const auto& [name, run] : runs_) names.push_back(named(name) + (run.spec->terminate ? " (ended)" : ""));
  return names;
}

std::string ModelCluster::sizes() const {
  std::vector<std::string> parts;
  for (const auto& [name, set] : sets_) parts.push_back(fmt::format("{}={}", named(name).substr(4), set.desired()));
  std::sort(parts.begin(), parts.end());
  return fmt::format("{}", fmt::join(parts, " "));
}

void ModelCluster::settle() { settle(!pods_start_slowly); }

void ModelCluster::settle(bool pods_start) {
  for (auto& [name, set] : sets_) {
    const auto limit = ready_limits_.find(named(name).substr(4));
    set.status.replicas = set.desired();
    set.status.observed_generation = set.meta.generation;
    if (!pods_start && set.status.ready_replicas < set.desired()) continue;
    set.status.ready_replicas = limit == ready_limits_.end() ? set.desired() : std::min(set.desired(), limit->second);
    set.status.available_replicas = set.status.ready_replicas;
  }
  if (routes_are_accepted_at_once) accept_all();
  shortfall_ = shortfall();
}

void ModelCluster::accept_all() {
  for (traffic::ObservedRoute& route : routes_) {
    route.is_accepted = true;
    route.waits_for.clear();
  }
}

RolloutObservation ModelCluster::observe() const {
  RolloutObservation seen;
  seen.rollout = std::make_shared<const crds::Rollout>(rollout_);
  for (const auto& [name, set] : sets_) seen.replica_sets.push_back(std::make_shared<const crds::ReplicaSet>(set));
  for (const std::string& name : services_named_by(rollout_)) {
    ObservedService service{name, nullptr, std::nullopt};
    if (const auto found = services_.find(name); found != services_.end()) {
      service.service = std::make_shared<const crds::Service>(found->second);
      if (endpoints_are_watched) {
        service.ready_endpoints.emplace();
        const std::string_view hash = found->second.spec.selector.get(keys::hash_label);
        for (const auto& [set_name, set] : sets_)
          if (hash.empty() || set.meta.labels.get(keys::hash_label) == hash)
            (*service.ready_endpoints)[set_name] = set.status.ready_replicas;
      }
    }
    seen.services.push_back(std::move(service));
  }
  if (workload) seen.workload = ObservedWorkload{crds::WorkloadKind::deployment, workload, true};
  seen.routes = routes_;
  for (const auto& [name, run] : runs_) seen.analysis_runs.push_back(std::make_shared<const crds::AnalysisRun>(run));
  for (const auto& [name, experiment] : experiments_)
    seen.experiments.push_back(std::make_shared<const crds::Experiment>(experiment));
  seen.analysis_templates = templates_;
  seen.field_values = field_values;
  return seen;
}

Decision ModelCluster::look() const {
  RolloutObservation seen = observe();
  Decision decision = decide(seen, now_);
  if (decision.wants_templates_of.empty()) return decision;
  for (const std::string& name : decision.wants_templates_of)
    seen.set_templates[name] = sets_.at(name).spec.pod_template;
  return decide(seen, now_);
}

void ModelCluster::rest() {
  settle();
  for (int round = 0; round < 200; ++round) {
    const Decision decision = look();
    const bool may_wait = counters_wait && decision.status_may_wait > Duration{0};
    if (decision.writes.empty() && (!decision.status || may_wait)) return;
    apply(decision);
    settle();
  }
  BOOST_ERROR("it does not come to rest: " << log());
}

void ModelCluster::pass(int seconds) {
  const Time end = now_ + std::chrono::seconds(seconds);
  rest();
  for (int round = 0; round < 200; ++round) {
    const std::optional<Time> wake = look().wake_at;
    if (!wake || *wake > end) break;
    // Time alone changes nothing before the wake-up.
    const Decision before = decide(observe(), *wake - std::chrono::microseconds(1));
    const bool may_wait = counters_wait && before.status_may_wait > Duration{0};
    if (!before.writes.empty() || (before.status && !may_wait)) BOOST_ERROR("something was due before the wake-up");
    now_ = *wake;
    rest();
  }
  now_ = end;
  rest();
}

void ModelCluster::apply(const Decision& decision) { apply_partly(decision, decision.writes.size() + 1); }

void ModelCluster::apply_partly(const Decision& decision, std::size_t writes) {
  for (std::size_t done = 0; done < decision.writes.size(); ++done) {
    if (done == writes) return;
    apply(decision.writes[done]);
    for (const Event& event : decision.writes[done].events)
      events_.push_back(named(event.reason + ": " + event.message));
  }
  if (writes <= decision.writes.size()) return;
  if (decision.status && !(counters_wait && decision.status_may_wait > Duration{0})) write_status(*decision.status);
  for (const Event& event : decision.events) events_.push_back(named(event.reason + ": " + event.message));
}

void ModelCluster::note(const std::string& line) {
  log_.push_back(named(line));
  history_.push_back(log_.back());
}

std::string ModelCluster::history() const {
  const std::size_t from = history_.size() > 60 ? history_.size() - 60 : 0;
  return fmt::format("{}", fmt::join(history_.begin() + static_cast<std::ptrdiff_t>(from), history_.end(), ", "));
}

crds::ReplicaSet& ModelCluster::set_named(const std::string& name) {
  const auto found = sets_.find(name);
  BOOST_REQUIRE_MESSAGE(found != sets_.end(), "there is no ReplicaSet " << named(name));
  return found->second;
}

void ModelCluster::apply(const Write& write) {
  ++writes_made_;
  const auto check = [&](const kube::ObjectMeta& meta, const Precondition& precondition) {
    const bool holds = precondition.uid == meta.uid && precondition.resource_version == meta.resource_version;
    BOOST_TEST(holds, "a write rests on no version of " << meta.name << " or on an old one");
  };
  const auto annotate = [&](crds::ReplicaSet& set, const kube::StringMap& annotations,
                            const std::vector<std::string>& gone) {
    bool has_changed = false;
    for (const auto& [key, value] : annotations) {
      const std::string* there = set.meta.annotations.find(key);
      has_changed |= !there || *there != value;
      set.meta.annotations.set(key, value);
    }
    for (const std::string& key : gone) has_changed |= set.meta.annotations.erase(key);
    return has_changed;
  };
  std::visit(Overloaded{[&](const CreateReplicaSet& effect) {
                          BOOST_TEST(!sets_.contains(effect.name));
                          crds::ReplicaSet set;
                          set.meta.name = effect.name;
                          set.meta.ns = "shop";
                          set.meta.uid = effect.name + "-uid";
                          set.meta.generation = 1;
                          set.meta.creation_time = std::chrono::floor<std::chrono::seconds>(now_);
                          set.meta.labels = effect.labels;
                          set.meta.annotations = effect.annotations;
                          set.meta.owners = {effect.owner};
                          bump(set.meta);
                          set.spec.replicas = effect.replicas;
                          set.spec.selector = effect.selector;
                          set.spec.pod_template = keeping_away(
                              *crds::with_label(*effect.pod_template, keys::hash_label, effect.hash), effect.away.from);
                          sets_[effect.name] = set;
                          shortfall_ =
                              std::max(shortfall_, shortfall());  // a set that was deleted while it got requests
                          note(fmt::format("create {} {}", effect.name.substr(4), effect.replicas));
                        },
                        [&](const ScaleReplicaSet& effect) {
                          crds::ReplicaSet& set = set_named(effect.name);
                          check(set.meta, effect.precondition);
                          BOOST_TEST(set.desired() != effect.replicas, "a scale that changes nothing");
                          note(fmt::format("scale {} {}>{}", effect.name.substr(4), set.desired(), effect.replicas));
                          set.spec.replicas = effect.replicas;
                          set.status.available_replicas = std::min(set.status.available_replicas, effect.replicas);
                          ++set.meta.generation;
                          annotate(set, effect.set_annotations, effect.remove_annotations);
                          bump(set.meta);
                        },
                        [&](const AnnotateReplicaSet& effect) {
                          crds::ReplicaSet& set = set_named(effect.name);
                          check(set.meta, effect.precondition);
                          bool has_changed = annotate(set, effect.set_annotations, effect.remove_annotations);
                          if (effect.min_ready_seconds) {
                            has_changed |= set.spec.min_ready_seconds != *effect.min_ready_seconds;
                            set.spec.min_ready_seconds = *effect.min_ready_seconds;
                          }
                          if (effect.affinity) {
                            has_changed |= set.spec.pod_template->away_from != effect.affinity->away.from;
                            set.spec.pod_template = keeping_away(*set.spec.pod_template, effect.affinity->away.from);
                          }
                          BOOST_TEST(has_changed, "an annotation that changes nothing");
                          bump(set.meta);
                          if (effect.set_annotations.contains(keys::scale_down_deadline))
                            note(fmt::format("deadline {}", effect.name.substr(4)));
                          else if (!effect.remove_annotations.empty())
                            note(fmt::format("no-deadline {}", effect.name.substr(4)));
                          else
                            note(fmt::format("annotate {}", effect.name.substr(4)));
                        },
                        [&](const AdoptReplicaSet& effect) {
                          crds::ReplicaSet& set = set_named(effect.name);
                          set.meta.owners.push_back(effect.owner);
                          bump(set.meta);
                          note("adopt " + effect.name.substr(4));
                        },
                        [&](const DeleteReplicaSet& effect) {
                          crds::ReplicaSet& set = set_named(effect.name);
                          check(set.meta, effect.precondition);
                          BOOST_TEST((set.meta.controller() && set.meta.controller()->uid == rollout_.meta.uid),
                                     "I10: not our set");
                          BOOST_TEST(set.desired() == 0);
                          sets_.erase(effect.name);
                          note("delete " + effect.name.substr(4));
                        },
                        [&](const SwitchService& effect) {
                          crds::Service& service = services_.at(effect.name);
                          check(service.meta, effect.precondition);
                          const bool is_same =
                              service.spec.selector.get(keys::hash_label) == effect.hash && effect.managed_by.empty();
                          BOOST_TEST(!is_same, "a switch that changes nothing");
                          BOOST_TEST(!effect.hash.empty(), "I3: an empty hash");
                          service.spec.selector.set(keys::hash_label, effect.hash);
                          if (!effect.managed_by.empty())
                            service.meta.annotations.set(keys::managed_by, effect.managed_by);
                          bump(service.meta);
                          note(fmt::format("service {} {}", effect.name, effect.hash));
                        },
                        [&](const SetRouteWeights& effect) {
                          for (traffic::ObservedRoute& route : routes_) {
                            if (route.key != effect.key) continue;
                            BOOST_TEST(route.resource_version == effect.precondition.resource_version);
                            BOOST_TEST((!route.is_uniform || route.largest_canary != effect.intent.split.canary),
                                       "weights that change nothing");
                            route.largest_canary = route.smallest_canary = effect.intent.split.canary;
                            route.is_uniform = true;
                            route.is_accepted = false;
                            route.waits_for = "Accepted";
                            route.resource_version = std::to_string(++version_);
                          }
                          note(fmt::format("route {}", effect.intent.split.canary));
                        },
                        [&](const CreateAnalysisRun& effect) {
                          BOOST_TEST(!runs_.contains(effect.name));
                          crds::AnalysisRun run;
                          run.meta.name = effect.name;
                          run.meta.ns = "shop";
                          run.meta.uid = effect.name + "-uid";
                          run.meta.creation_time = std::chrono::floor<std::chrono::seconds>(now_);
                          run.meta.labels = effect.labels;
                          run.meta.annotations = effect.annotations;
                          run.meta.owners = {effect.owner};
                          bump(run.meta);
                          run.spec = effect.spec;
                          run.status.phase = "Running";
                          runs_[effect.name] = run;
                          note("run " + effect.name);
                        },
                        [&](const TerminateAnalysisRun& effect) {
                          crds::AnalysisRun& run = runs_.at(effect.name);
                          BOOST_TEST(!run.spec->terminate, "a run that is ended twice");
                          auto spec = std::make_shared<crds::AnalysisRunSpec>(*run.spec);
                          spec->terminate = true;
                          run.spec = spec;
                          run.status.phase = "Successful";
                          bump(run.meta);
                          note("end " + effect.name);
                        },
                        [&](const DeleteAnalysisRun& effect) {
                          BOOST_TEST(runs_.erase(effect.name) == 1);
                          note("delete " + effect.name);
                        },
                        [&](const CreateExperiment& effect) {
                          BOOST_TEST(!experiments_.contains(effect.name));
                          crds::Experiment made;
                          made.meta.name = effect.name;
                          made.meta.ns = "shop";
                          made.meta.uid = effect.name + "-uid";
                          made.meta.creation_time = std::chrono::floor<std::chrono::seconds>(now_);
                          made.meta.labels = effect.labels;
                          made.meta.annotations = effect.annotations;
                          made.meta.owners = {effect.owner};
                          made.spec = effect.spec;
                          made.status.phase = "Running";
                          bump(made.meta);
                          experiments_[effect.name] = made;
                          note("experiment " + effect.name);
                        },
                        [&](const TerminateExperiment& effect) {
                          crds::Experiment& one = experiments_.at(effect.name);
                          BOOST_TEST(!one.spec->terminate, "an Experiment that is ended twice");
                          auto spec = std::make_shared<crds::ExperimentSpec>(*one.spec);
                          spec->terminate = true;
                          one.spec = spec;
                          one.status.phase = "Successful";
                          bump(one.meta);
                          note("end " + effect.name);
                        },
                        [&](const DeleteExperiment& effect) {
                          BOOST_TEST(experiments_.erase(effect.name) == 1);
                          note("delete " + effect.name);
                        },
                        [&](const CreateService&) { BOOST_ERROR("a Rollout makes no Service"); },
                        [&](const DeleteService&) { BOOST_ERROR("a Rollout deletes no Service"); },
                        [&](const PatchRolloutMetadata& effect) {
                          check(rollout_.meta, effect.precondition);
                          bool has_changed = false;
                          for (const auto& [key, value] : effect.set_annotations) {
                            has_changed |= rollout_.meta.annotations.get(key) != value;
                            rollout_.meta.annotations.set(key, value);
                          }
                          if (effect.default_replicas) {
                            auto spec = std::make_shared<crds::RolloutSpec>(*rollout_.spec);
                            has_changed |= !spec->replicas;
                            spec->replicas = effect.default_replicas;
                            rollout_.spec = spec;
                          }
                          BOOST_TEST(has_changed, "a metadata patch that changes nothing");
                          bump(rollout_.meta);
                          note("revision " + std::string(rollout_.meta.annotations.get(keys::revision)));
                        },
                        [&](const EvictPod& effect) { note("evict " + effect.name); },
                        [&](const PatchPod& effect) { note("mark " + effect.name); },
                        [&](const ScaleWorkload& effect) {
                          BOOST_TEST(effect.from != effect.replicas, "a scale that changes nothing");
                          BOOST_REQUIRE(workload);
                          workload->replicas = effect.replicas;
                          bump(workload->meta);
                          ++workload->meta.generation;
                          note(fmt::format("workload {}>{}", effect.from, effect.replicas));
                        }},
             write.effect);
  check_invariants(log_.empty() ? "" : log_.back());
}

void ModelCluster::write_status(const crds::RolloutStatus& status) {
  const crds::RolloutStatus before = rollout_.status;
  BOOST_TEST((status != before), "I9: a status that is there already");
  ++status_writes_made_;
  rollout_.status = status;
  bump(rollout_.meta);
  const std::size_t lines = log_.size();
  if (status.current_step_index != before.current_step_index)
    note(status.current_step_index ? fmt::format("step {}", *status.current_step_index) : "no step");
  if (status.abort != before.abort) note(status.abort ? "abort" : "no abort");
  if (status.stable_rs != before.stable_rs) note("stable " + status.stable_rs);
  if (status.phase != before.phase) note("phase " + status.phase.text());
  if (log_.size() == lines && counters_are_written) note("counters");

  // I6: a step that is passed by the controller holds at this moment.
  const bool is_next = status.current_step_index && before.current_step_index && status.stable_rs == before.stable_rs &&
                       status.current_pod_hash == before.current_pod_hash && !status.promote_full &&
                       *status.current_step_index == *before.current_step_index + 1;
  if (is_next && rollout_.spec->strategy.canary) {
    const crds::CanaryStep& step =
        rollout_.spec->strategy.canary->steps[static_cast<std::size_t>(*before.current_step_index)];
    if (step.set_weight && !routes_.empty())
      for (const traffic::ObservedRoute& route : routes_)
        BOOST_TEST((route.largest_canary == *step.set_weight && route.is_accepted), "I6: the step is passed too early");
  }
  if (status.abort && !before.abort) {
    aborted_weight_ = weight();
    for (const auto& [name, set] : sets_)
      if (set.meta.labels.get(keys::hash_label) == status.current_pod_hash) aborted_sizes_[name] = set.desired();
  }
  if (!status.abort) {
    aborted_sizes_.clear();
    aborted_weight_ = -1;
  }
  shortfall_ = shortfall();
  check_invariants(log_.empty() ? "" : log_.back());
}

int ModelCluster::share_of(const crds::ReplicaSet& set) const {
  const crds::CanaryStrategy& canary = *rollout_.spec->strategy.canary;
  const std::string_view hash = set.meta.labels.get(keys::hash_label);
  int share = 0;
  if (services_.at(canary.canary_service).spec.selector.get(keys::hash_label) == hash) share += weight();
  if (services_.at(canary.stable_service).spec.selector.get(keys::hash_label) == hash) share += 100 - weight();
  return share;
}

// Pods that a set lacks for the requests that reach it; what the world takes away is no fault of a write.
int ModelCluster::shortfall_of(const crds::ReplicaSet& set) const {
  const int replicas = rollout_.spec->replicas.value_or(1);
  const auto& steps = rollout_.spec->strategy.canary->steps;
  const bool is_chosen =
      std::any_of(steps.begin(), steps.end(), [](const auto& step) { return bool(step.set_canary_scale); });
  // Whoever sets a threshold takes fewer pods for enough.
  const bool is_loosened = static_cast<bool>(rollout_.spec->strategy.canary->replica_progress_threshold);
  if (is_chosen || is_loosened || rollout_.status.stable_rs.empty() || !routes_.front().is_uniform) return 0;
  // An abort that has waited long enough for the last stable pods makes do with a few less.
  const bool has_waited =
      rollout_.status.abort && rollout_.status.aborted_at.value_or(now_) + DecideOptions{}.abort_wait <= now_;
  const int slack = has_waited ? std::max(1, fence_of(*rollout_.spec->strategy.canary, replicas).unavailable) : 0;
  return std::max(0, pods_for_weight(replicas, share_of(set), 100) - set.status.available_replicas - slack);
}

int ModelCluster::shortfall() const {
  int sum = 0;
  if (rollout_.spec->strategy.canary && !routes_.empty())
    for (const auto& [name, set] : sets_) sum += shortfall_of(set);
  return sum;
}

void ModelCluster::check_invariants(const std::string& after) {
  const int now = shortfall();
  if (now > shortfall_) BOOST_ERROR("I1: " << now << " pods are missing after " << after << "; " << history());
  shortfall_ = now;
  if (rollout_.spec->strategy.canary && !routes_.empty() && rollout_.status.abort && aborted_weight_ >= 0)
    BOOST_TEST(weight() <= aborted_weight_, "I4: an abort raises the canary's share after " << after);
  for (const auto& [name, size] : aborted_sizes_)
    if (rollout_.status.abort && sets_.contains(name))
      BOOST_TEST(sets_.at(name).desired() <= size, "I7: an aborted revision grows after " << after);
  if (const auto& blue_green = rollout_.spec->strategy.blue_green) {
    const auto active = services_.find(blue_green->active_service);
    if (active == services_.end()) return;
    const std::string_view hash = active->second.spec.selector.get(keys::hash_label);
    if (hash.empty()) return;
    bool serves = false, could_serve = false;
    for (const auto& [name, set] : sets_) {
      const bool is_selected = set.meta.labels.get(keys::hash_label) == hash;
      serves |= is_selected && set.status.available_replicas > 0;
      could_serve |=
          set.meta.labels.get(keys::hash_label) == rollout_.status.stable_rs && set.status.available_replicas > 0;
    }
    if (!serves && could_serve && after.starts_with("service " + blue_green->active_service))
      BOOST_ERROR("I3: the active Service selects a set without pods; " << history());
  }
}

std::string ModelCluster::log() { return fmt::format("{}", fmt::join(std::exchange(log_, {}), ", ")); }
std::string ModelCluster::events() { return fmt::format("{}", fmt::join(std::exchange(events_, {}), "\n")); }

crds::RolloutSpec canary_spec(int replicas, std::vector<crds::CanaryStep> steps) {
  crds::RolloutSpec spec;
  spec.replicas = replicas;
  spec.selector.emplace().match_labels.set("app", "web");
  spec.strategy.canary.obtain().steps = crds::CanarySteps(std::move(steps));
  return spec;
}

crds::RolloutSpec routed_spec(int replicas, std::vector<crds::CanaryStep> steps) {
  crds::RolloutSpec spec = canary_spec(replicas, std::move(steps));
  spec.strategy.canary->canary_service = "web-canary";
  spec.strategy.canary->stable_service = "web-stable";
  spec.strategy.canary->traffic_routing.obtain().plugins[std::string(crds::gateway_api_plugin)].text =
      R"({"httpRoute":"web"})";
  return spec;
}

crds::RolloutSpec blue_green_spec(int replicas) {
  crds::RolloutSpec spec;
  spec.replicas = replicas;
  spec.selector.emplace().match_labels.set("app", "web");
  spec.strategy.blue_green.obtain().active_service = "web-active";
  spec.strategy.blue_green->preview_service = "web-preview";
  return spec;
}

crds::CanaryStep weight_step(int weight) {
  crds::CanaryStep step;
  step.set_weight = weight;
  return step;
}

crds::CanaryStep pause_step() {
  crds::CanaryStep step;
  step.pause.obtain();
  return step;
}

crds::CanaryStep pause_step(int seconds) {
  crds::CanaryStep step;
  step.pause.obtain().duration = kube::IntOrString{std::int64_t{seconds}};
  return step;
}

crds::RolloutAnalysis analysis_of(const std::string& name) {
  crds::RolloutAnalysis analysis;
  analysis.templates.push_back({name, false});
  return analysis;
}

crds::CanaryStep analysis_step(const std::string& name) {
  crds::CanaryStep step;
  step.analysis = analysis_of(name);
  return step;
}

}  // namespace sluice::controller::test
