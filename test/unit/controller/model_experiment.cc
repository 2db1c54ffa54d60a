// A cluster around one Experiment.
#include "model_experiment.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/keys.h"
#include "crds/validate_experiment.h"

namespace sluice::controller::test {
namespace {

crds::PodTemplatePointer pod_template(const std::string& image) {
  return crds::make_pod_template(
      boost::json::parse(R"({"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":")" +
                         image + R"(","ports":[{"containerPort":8080}]}]}})"));
}

crds::ExperimentTemplate template_named(const std::string& name, const std::string& image) {
  crds::ExperimentTemplate one;
  one.name = name;
  one.selector.emplace().match_labels.set("app", "web");
  one.pod_template = pod_template(image);
  return one;
}

kube::OwnerReference somebody() { return {"apps/v1", "Deployment", "other", "other-uid", true, true}; }

}  // namespace

crds::ExperimentStepAnalysis analysis_named(const std::string& name, bool is_required) {
  crds::ExperimentStepAnalysis analysis;
  analysis.name = name;
  analysis.template_name = "template";
  analysis.required_for_completion = is_required;
  return analysis;
}

ModelExperiment::ModelExperiment(const std::function<void(crds::ExperimentSpec&)>& change)
    : now(*kube::parse_time("2026-03-01T12:00:00Z")) {
  experiment.meta.name = "ab";
  experiment.meta.ns = "shop";
  experiment.meta.uid = "ab-uid";
  experiment.meta.creation_time = now;
  bump(experiment.meta);
  crds::ExperimentSpec spec;
  spec.templates = {template_named("a", "web:v1"), template_named("b", "web:v2")};
  if (change) change(spec);
  experiment.spec = std::make_shared<const crds::ExperimentSpec>(std::move(spec));
  add_template("template");
}

void ModelExperiment::edit(const std::function<void(crds::ExperimentSpec&)>& change) {
  auto spec = std::make_shared<crds::ExperimentSpec>(*experiment.spec);
  change(*spec);
  experiment.spec = std::move(spec);
  bump(experiment.meta);
}

void ModelExperiment::retry() {
  experiment.status = {};
  bump(experiment.meta);
}

void ModelExperiment::add_template(const std::string& name, const std::vector<std::string>& arguments) {
  auto made = std::make_shared<crds::AnalysisTemplate>();
  made->meta.name = name;
  crds::AnalysisTemplateSpec spec;
  crds::Metric metric;
  metric.name = "success-rate";
  metric.count = kube::IntOrString{std::int64_t{1}};
  spec.metrics.push_back(metric);
  for (const std::string& argument : arguments) spec.args.push_back({argument, std::nullopt, {}});
  made->spec = std::make_shared<const crds::AnalysisTemplateSpec>(std::move(spec));
  templates[name] = made;
}

void ModelExperiment::add_foreign_set(const std::string& name) {
  crds::ReplicaSet set;
  set.meta.name = name;
  set.meta.uid = name + "-uid";
  set.meta.owners = {somebody()};
  set.spec.replicas = 3;
  sets[name] = set;
}

void ModelExperiment::add_foreign_service(const std::string& name) {
  crds::Service service;
  service.meta.name = name;
  service.meta.uid = name + "-uid";
  services[name] = service;
}

void ModelExperiment::become_available(const std::string& set_of_template) {
  for (auto& [name, set] : sets) {
    if (!set.meta.controller() || set.meta.controller()->uid != "ab-uid") continue;
    const bool is_meant =
        set_of_template.empty() || set.meta.annotations.get(keys::experiment_template) == set_of_template;
    const int pods = is_meant ? set.desired() : std::min(set.desired(), set.status.available_replicas);
    set.status.replicas = set.desired();
    set.status.ready_replicas = set.status.available_replicas = pods;
  }
}

void ModelExperiment::finish_run(const std::string& name, const std::string& phase, const std::string& message) {
  BOOST_REQUIRE_MESSAGE(runs.contains(name), "there is no run " << name);
  runs[name].status.phase = crds::Word(phase);
  runs[name].status.message = message;
}

ExperimentObservation ModelExperiment::observe() const {
  ExperimentObservation seen;
  seen.experiment = std::make_shared<const crds::Experiment>(experiment);
  seen.mistakes = crds::validate_experiment(experiment);
  for (const auto& [name, set] : sets) seen.replica_sets.push_back(std::make_shared<const crds::ReplicaSet>(set));
  for (const auto& [name, service] : services) seen.services.push_back(std::make_shared<const crds::Service>(service));
  for (const auto& [name, run] : runs) seen.analysis_runs.push_back(std::make_shared<const crds::AnalysisRun>(run));
  seen.analysis_templates = templates;
  seen.routed_services = routed;
  seen.refused = refused;
  return seen;
}

void ModelExperiment::carry_out(const Write& write) {
  if (const auto* make = std::get_if<CreateReplicaSet>(&write.effect)) {
    BOOST_REQUIRE_MESSAGE(!sets.contains(make->name), make->name << " exists already");
    crds::ReplicaSet set;
    set.meta.name = make->name;
    set.meta.uid = make->name + "-uid";
    set.meta.labels = make->labels;
    set.meta.annotations = make->annotations;
    set.meta.owners = {make->owner};
    set.spec.replicas = make->replicas;
    set.spec.selector = make->selector;
    bump(set.meta);
    sets[make->name] = set;
    note(fmt::format("create {} {}", make->name, make->replicas));
  } else if (const auto* scale = std::get_if<ScaleReplicaSet>(&write.effect)) {
    crds::ReplicaSet& set = sets.at(scale->name);
    BOOST_TEST(scale->precondition.resource_version == set.meta.resource_version);
    note(fmt::format("scale {} {}>{}", scale->name, set.desired(), scale->replicas));
    set.spec.replicas = scale->replicas;
    for (const std::string& key : scale->remove_annotations) set.meta.annotations.erase(key);
    bump(set.meta);
  } else if (const auto* change = std::get_if<AnnotateReplicaSet>(&write.effect)) {
    crds::ReplicaSet& set = sets.at(change->name);
    for (const auto& [key, value] : change->set_annotations) set.meta.annotations.set(key, value);
    for (const std::string& key : change->remove_annotations) set.meta.annotations.erase(key);
    bump(set.meta);
    note("annotate " + change->name);
  } else if (const auto* service = std::get_if<CreateService>(&write.effect)) {
    BOOST_REQUIRE(!services.contains(service->name));
    crds::Service made;
    made.meta.name = service->name;
    made.meta.uid = service->name + "-uid";
    made.meta.annotations = service->annotations;
    made.meta.owners = {service->owner};
    made.spec.selector = service->selector;
    made.spec.ports = service->ports;
    services[service->name] = made;
    note("service " + service->name);
  } else if (const auto* gone = std::get_if<DeleteService>(&write.effect)) {
    services.erase(gone->name);
    note("delete service " + gone->name);
  } else if (const auto* run = std::get_if<CreateAnalysisRun>(&write.effect)) {
    BOOST_REQUIRE_MESSAGE(!runs.contains(run->name), run->name << " exists already");
    crds::AnalysisRun made;
    made.meta.name = run->name;
    made.meta.uid = run->name + "-uid";
    made.meta.labels = run->labels;
    made.meta.annotations = run->annotations;
    made.meta.owners = {run->owner};
    made.spec = run->spec;
    runs[run->name] = made;
    note("run " + run->name);
  } else if (const auto* end = std::get_if<TerminateAnalysisRun>(&write.effect)) {
    auto spec = std::make_shared<crds::AnalysisRunSpec>(*runs.at(end->name).spec);
    spec->terminate = true;
    runs[end->name].spec = std::move(spec);
    note("terminate " + end->name);
  } else {
    BOOST_ERROR("an Experiment does not write this");
  }
  for (const Event& event : write.events) events_.push_back(event.reason + ": " + event.message);
}

void ModelExperiment::apply(const ExperimentDecision& decision, std::size_t writes, bool status) {
  for (std::size_t at = 0; at < std::min(writes, decision.writes.size()); ++at) carry_out(decision.writes[at]);
  if (!status || !decision.status || writes < decision.writes.size()) return;
  BOOST_TEST((*decision.status == experiment.status) == false);
  experiment.status = *decision.status;
  ++status_writes;
  bump(experiment.meta);
  for (const Event& event : decision.events)
    events_.push_back((event.is_warning ? "!" : "") + event.reason + ": " + event.message);
}

void ModelExperiment::rest() {
  for (int turn = 0; turn < 50; ++turn) {
    const ExperimentDecision decision = look();
    if (decision.writes.empty() && !decision.status) return;
    apply(decision, decision.writes.size(), true);
  }
  BOOST_ERROR("the Experiment does not come to rest: " << fmt::format("{}", fmt::join(log_, ", ")));
}

void ModelExperiment::pass(int seconds) {
  const Time end = now + kube::seconds(seconds);
  for (int turn = 0; turn < 200; ++turn) {
    for (int again = 0; again < 3; ++again) {
      rest();
      become_available();
    }
    const std::optional<Time> next = look().wake_at;
    if (!next || *next > end) break;
    now = *next;
  }
  now = end;
  rest();
}

std::string ModelExperiment::log() {
  std::string text = fmt::format("{}", fmt::join(log_, ", "));
  log_.clear();
  return text;
}

std::string ModelExperiment::events() {
  std::string text = fmt::format("{}", fmt::join(events_, "\n"));
  events_.clear();
  return text;
}

std::string ModelExperiment::state() const {
  const std::string& message = experiment.status.message;
  return experiment.status.phase.text() + (message.empty() ? "" : ": " + message);
}

std::string ModelExperiment::template_state(const std::string& name) const {
  for (const crds::ExperimentTemplateStatus& one : experiment.status.template_statuses)
    if (one.name == name) return one.status.text() + (one.message.empty() ? "" : ": " + one.message);
  return "";
}

std::string ModelExperiment::condition(const std::string& type) const {
  for (const crds::Condition& condition : experiment.status.conditions)
    if (condition.type == type) return condition.status.text() + " " + condition.reason.text();
  return "";
}

std::vector<std::string> ModelExperiment::reasons() const {
  std::vector<std::string> sentences;
  for (const Reason& reason : look().reasons) sentences.push_back(reason.sentence);
  return sentences;
}

}  // namespace sluice::controller::test
