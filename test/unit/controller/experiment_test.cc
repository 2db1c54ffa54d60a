// Experiments: from templates to pods and runs, every way to an end, and what stands in the way.
#include "controller/experiment.h"

#include <boost/test/unit_test.hpp>

#include "controller/keys.h"
#include "crds/pod_template_hash.h"
#include "model_experiment.h"

namespace sluice::controller::test {
namespace {

using Spec = crds::ExperimentSpec;
using Names = std::vector<std::string>;

void lasts_a_minute(Spec& spec) { spec.duration = "1m"; }
void is_measured(Spec& spec) { spec.analyses = {analysis_named("check")}; }
void must_be_measured(Spec& spec) { spec.analyses = {analysis_named("check", true)}; }
void has_service(Spec& spec) { spec.templates[1].service.emplace(); }

// All pods are available and everything is made.
ModelExperiment running(const std::function<void(Spec&)>& change = {}) {
  ModelExperiment model(change);
  for (int turn = 0; turn < 3; ++turn) {
    model.rest();
    model.become_available();
  }
  model.rest();
  BOOST_TEST(model.status().phase == "Running");
  model.log();
  model.events();
  return model;
}

BOOST_AUTO_TEST_SUITE(experiment)

BOOST_AUTO_TEST_CASE(each_template_gets_a_set_of_its_own) {
  ModelExperiment model([](Spec& spec) {
    spec.templates[1].replicas = 2;
    spec.templates[1].min_ready_seconds = 3;
  });
  model.rest();
  BOOST_TEST(model.log() == "create ab-a 1, create ab-b 2");
  const crds::ReplicaSet& set = model.sets.at("ab-b");
  BOOST_TEST(set.meta.labels.get("app") == "web");
  BOOST_TEST(set.meta.annotations.get("experiment.argoproj.io/name") == "ab");
  BOOST_TEST(set.meta.annotations.get("experiment.argoproj.io/template-name") == "b");
  BOOST_TEST(set.meta.controller()->kind == "Experiment");
  BOOST_TEST(set.meta.controller()->uid == "ab-uid");
  BOOST_TEST(set.meta.labels.get(keys::hash_label) == set.spec.selector.match_labels.get(keys::hash_label));
  BOOST_TEST(model.state() ==
             "Pending: template 'a': 0 of 1 pods are available; template 'b': 0 of 2 pods are available");
  BOOST_TEST(model.condition("Progressing") == "True ReplicaSetUpdated");
  BOOST_TEST(model.events() ==
             "NewReplicaSetCreated: Created ReplicaSet ab-a\n"
             "ScalingReplicaSet: Scaled up ReplicaSet ab-a from 0 to 1\n"
             "NewReplicaSetCreated: Created ReplicaSet ab-b\n"
             "ScalingReplicaSet: Scaled up ReplicaSet ab-b from 0 to 2\n"
             "TemplateProgressing: Template 'a' transitioned from  -> Progressing\n"
             "TemplateProgressing: Template 'b' transitioned from  -> Progressing\n"
             "ExperimentPending: Experiment transitioned from  -> Pending");
}

BOOST_AUTO_TEST_CASE(no_set_shares_its_hash) {
  ModelExperiment model([](Spec& spec) { spec.templates[1].pod_template = spec.templates[0].pod_template; });
  model.rest();
  const std::string one(model.sets.at("ab-a").meta.labels.get(keys::hash_label));
  const std::string other(model.sets.at("ab-b").meta.labels.get(keys::hash_label));
  BOOST_TEST(one != other);
  BOOST_TEST(one != crds::pod_template_hash(*model.experiment.spec->templates[0].pod_template));
}

BOOST_AUTO_TEST_CASE(it_runs_when_all_pods_are_available) {
  ModelExperiment model(is_measured);
  model.rest();
  model.become_available("a");
  model.rest();
  BOOST_TEST(model.template_state("a") == "Running");
  BOOST_TEST(model.state() == "Pending: template 'b': 0 of 1 pods are available");
  BOOST_TEST(!model.status().available_at.has_value());
  BOOST_TEST(model.runs.empty());
  model.become_available();
  model.rest();
  BOOST_TEST((model.status().available_at == model.now));
  BOOST_TEST(model.log() == "create ab-a 1, create ab-b 1, run ab-check");
  BOOST_TEST(model.state() == "Running: running without an end");
  BOOST_TEST(model.condition("Progressing") == "True NewReplicaSetAvailable");
  BOOST_TEST(model.status().analysis_runs[0].phase == "Pending");
}

BOOST_AUTO_TEST_CASE(it_succeeds_after_its_duration_and_its_pods_go_after_the_delay) {
  ModelExperiment model = running(lasts_a_minute);
  BOOST_TEST(model.state() == "Running: running until 2026-03-01T12:01:00Z");
  model.pass(59);
  BOOST_TEST(model.status().phase == "Running");
  model.pass(1);
  BOOST_TEST(model.state() == "Successful");
  BOOST_TEST(model.log() == "annotate ab-a, annotate ab-b");
  BOOST_TEST(model.condition("Progressing") == "False ExperimentCompleted");
  BOOST_TEST(model.reasons().front() == "ReplicaSet ab-a keeps its pods until 2026-03-01T12:01:30Z");
  const int writes = model.status_writes;
  model.pass(29);
  BOOST_TEST(model.log().empty());
  BOOST_TEST(model.status_writes == writes);
  model.pass(1);
  BOOST_TEST(model.log() == "scale ab-a 1>0, scale ab-b 1>0");
  model.pass(3600);
  BOOST_TEST(model.log().empty());
  BOOST_TEST(model.status().template_statuses[0].replicas == 0);
}

BOOST_AUTO_TEST_CASE(without_a_delay_pods_go_at_once) {
  ModelExperiment model = running([](Spec& spec) {
    spec.duration = "1m";
    spec.scale_down_delay_seconds = 0;
  });
  model.pass(60);
  BOOST_TEST(model.log() == "scale ab-a 1>0, scale ab-b 1>0");
}

BOOST_AUTO_TEST_CASE(pods_that_do_not_come_in_time_fail_it) {
  ModelExperiment model([](Spec& spec) { spec.progress_deadline_seconds = 120; });
  model.rest();
  model.become_available("a");
  model.rest();
  BOOST_TEST((model.look().wake_at == model.now + kube::seconds(120)));
  model.now += kube::seconds(120);
  model.rest();
  BOOST_TEST(model.state() == "Failed: Template 'b' exceeded its progressDeadlineSeconds (120)");
  BOOST_TEST(model.template_state("a") == "Successful");
  BOOST_TEST(model.condition("Progressing") == "False ProgressDeadlineExceeded");
  BOOST_TEST(model.events().find("!TemplateFailed: Template 'b' transitioned from Progressing -> Failed: Template 'b' "
                                 "exceeded its progressDeadlineSeconds (120)") != std::string::npos);
  model.pass(60);
  BOOST_TEST(model.sets.at("ab-a").desired() == 0);
  BOOST_TEST(model.sets.at("ab-b").desired() == 0);
}

BOOST_AUTO_TEST_CASE(a_running_template_that_loses_its_pods_has_a_deadline_again) {
  ModelExperiment model = running();
  model.now += std::chrono::hours(5);
  model.sets.at("ab-a").status.available_replicas = 0;
  model.rest();
  BOOST_TEST(model.template_state("a") == "Progressing");
  BOOST_TEST((model.look().wake_at == model.now + kube::seconds(600)));
  model.become_available();
  model.rest();
  BOOST_TEST(model.template_state("a") == "Running");
}

// What becomes of an experiment with a duration of a minute when its run ends like this after 10 s.
struct Ending {
  bool is_required;
  const char* run;
  const char* after_run;     // the phase then
  const char* after_minute;  // and when the minute is over
};

BOOST_AUTO_TEST_CASE(runs_decide) {
  const Ending endings[] = {
      {false, "Successful", "Running", "Successful"},
      {true, "Successful", "Successful: Required AnalysisRuns completed",
       "Successful: Required AnalysisRuns completed"},
      {false, "Failed", "Failed: why", "Failed: why"},
      {true, "Failed", "Failed: why", "Failed: why"},
      {false, "Error", "Error: why", "Error: why"},
      {false, "Inconclusive", "Inconclusive: why", "Inconclusive: why"},
      {false, "Running", "Running", "Successful"},
      {true, "Running", "Running", "Running: AnalysisRun ab-check is running"},
  };
  for (const Ending& ending : endings) {
    BOOST_TEST_CONTEXT((ending.is_required ? "required " : "other ") << ending.run) {
      ModelExperiment model = running([&](Spec& spec) {
        spec.duration = "1m";
        spec.analyses = {analysis_named("check", ending.is_required)};
      });
      model.pass(10);
      const bool has_message = std::string(ending.run) != "Successful" && std::string(ending.run) != "Running";
      model.finish_run("ab-check", ending.run, has_message ? "why" : "");
      model.rest();
      BOOST_TEST(model.state().starts_with(ending.after_run));
      model.pass(50);
      BOOST_TEST(model.state().starts_with(ending.after_minute));
      model.pass(60);
      BOOST_TEST(model.sets.at("ab-a").desired() == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_nobody_waits_for_is_ended) {
  ModelExperiment model =
      running([](Spec& spec) { spec.analyses = {analysis_named("check", true), analysis_named("watch")}; });
  model.finish_run("ab-watch", "Running");
  model.finish_run("ab-check", "Successful");
  model.rest();
  BOOST_TEST(model.state() == "Successful: Required AnalysisRuns completed");
  BOOST_TEST(model.runs.at("ab-watch").spec->terminate);
  // What becomes of it does not count any more.
  model.finish_run("ab-watch", "Inconclusive", "ended");
  model.rest();
  BOOST_TEST(model.state() == "Successful: Required AnalysisRuns completed");
  BOOST_TEST(model.status().analysis_runs[1].phase == "Inconclusive");
}

BOOST_AUTO_TEST_CASE(terminating_ends_everything) {
  ModelExperiment model = running(is_measured);
  model.terminate();
  model.rest();
  BOOST_TEST(model.state() == "Successful");
  BOOST_TEST(model.log() == "annotate ab-a, annotate ab-b, terminate ab-check");
  BOOST_TEST(model.events().find("AnalysisRunTerminating: Terminating check (ab-check)") != std::string::npos);
  model.pass(30);
  BOOST_TEST(model.log() == "scale ab-a 1>0, scale ab-b 1>0");
}

BOOST_AUTO_TEST_CASE(terminating_waits_for_a_required_run_that_is_ending) {
  ModelExperiment model = running(must_be_measured);
  model.finish_run("ab-check", "Running");
  model.terminate();
  model.rest();
  BOOST_TEST(model.state().starts_with("Running: AnalysisRun ab-check is running"));
  BOOST_TEST(model.runs.at("ab-check").spec->terminate);
  model.finish_run("ab-check", "Inconclusive", "ended early");
  model.rest();
  BOOST_TEST(model.state() == "Inconclusive: ended early");
}

BOOST_AUTO_TEST_CASE(terminating_before_anything_runs_makes_nothing) {
  ModelExperiment model(must_be_measured);
  model.terminate();
  model.rest();
  BOOST_TEST(model.state() == "Successful");
  BOOST_TEST(model.log().empty());
}

BOOST_AUTO_TEST_CASE(a_finished_one_never_starts_a_pod_again) {
  ModelExperiment model = running(lasts_a_minute);
  model.pass(120);
  model.log();
  model.remove_set("ab-a");
  model.edit([](Spec& spec) { spec.templates[1].replicas = 5; });
  model.pass(60);
  BOOST_TEST(model.log().empty());
  BOOST_TEST(model.state() == "Successful");
}

BOOST_AUTO_TEST_CASE(a_deleted_set_of_a_running_one_is_made_again) {
  ModelExperiment model = running();
  model.remove_set("ab-a");
  model.rest();
  BOOST_TEST(model.log() == "create ab-a 1");
  BOOST_TEST(model.template_state("a") == "Progressing");
}

BOOST_AUTO_TEST_CASE(a_service_comes_with_the_pods_and_goes_with_them) {
  ModelExperiment model(has_service);
  model.rest();
  BOOST_TEST(model.log() == "create ab-a 1, create ab-b 1, service ab-b");
  const crds::Service& service = model.services.at("ab-b");
  BOOST_TEST((service.spec.selector == model.sets.at("ab-b").meta.labels));
  BOOST_REQUIRE(service.spec.ports.size() == 1u);
  BOOST_TEST(service.spec.ports[0].port == 8080);
  model.become_available();
  model.rest();
  BOOST_TEST(model.status().template_statuses[1].service_name == "ab-b");
  BOOST_TEST(model.status().template_statuses[1].pod_template_hash ==
             model.sets.at("ab-b").meta.labels.get(keys::hash_label));
  model.terminate();
  model.pass(29);
  BOOST_TEST(model.services.contains("ab-b"));
  model.pass(1);
  model.become_available();
  model.rest();
  BOOST_TEST(model.services.empty());
  BOOST_TEST(model.status().template_statuses[1].service_name.empty());
}

BOOST_AUTO_TEST_CASE(a_service_that_is_not_asked_for_any_more_goes) {
  ModelExperiment model = running(has_service);
  model.edit([](Spec& spec) { spec.templates[1].service.reset(); });
  model.rest();
  BOOST_TEST(model.log() == "delete service ab-b");
}

BOOST_AUTO_TEST_CASE(a_service_of_somebody_else_is_left_alone) {
  ModelExperiment model(has_service);
  model.add_foreign_service("ab-b");
  model.rest();
  BOOST_TEST(model.state() ==
             "Error: Failed to create Service ab-b for template 'b': service ab-b already exists and is not owned by "
             "experiment template b");
  model.pass(60);
  BOOST_TEST(model.services.contains("ab-b"));
  BOOST_TEST(model.sets.at("ab-a").desired() == 0);
}

BOOST_AUTO_TEST_CASE(pods_stay_while_requests_are_routed_to_them) {
  ModelExperiment model = running([](Spec& spec) {
    has_service(spec);
    spec.duration = "1m";
    spec.scale_down_delay_seconds = 0;
  });
  model.routed = {"ab-b"};
  model.pass(600);
  BOOST_TEST(model.state() == "Successful");
  BOOST_TEST(model.sets.at("ab-a").desired() == 0);
  BOOST_TEST(model.sets.at("ab-b").desired() == 1);
  BOOST_TEST(model.services.contains("ab-b"));
  BOOST_TEST(model.reasons() == Names{"requests are still routed to Service ab-b"});
  model.routed.clear();
  model.pass(1);
  BOOST_TEST(model.sets.at("ab-b").desired() == 0);
  BOOST_TEST(model.services.empty());
}

BOOST_AUTO_TEST_CASE(a_taken_name_gets_the_hash_behind_it) {
  ModelExperiment model;
  model.add_foreign_set("ab-a");
  model.rest();
  const std::string made = model.log();
  BOOST_TEST(made.starts_with("create ab-a-"));
  BOOST_TEST((model.status().template_statuses[0].collision_count == 1));
  model.become_available();
  model.rest();
  BOOST_TEST(model.status().phase == "Running");
  BOOST_TEST(model.sets.at("ab-a").desired() == 3);
}

BOOST_AUTO_TEST_CASE(two_taken_names_fail_the_template) {
  ModelExperiment model;
  model.add_foreign_set("ab-a");
  for (const std::string& name : replica_sets_named_by(model.experiment))
    if (name.starts_with("ab-a")) model.refused.push_back({"ReplicaSet", name, RefusedCreation::Why::taken, "", {}});
  model.rest();
  BOOST_TEST(model.state() ==
             "Error: Failed to create ReplicaSet for template 'a': replicasets.apps \"ab-a\" already exists and is not "
             "owned by this experiment");
  BOOST_TEST(model.status().template_statuses.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_the_server_never_makes_is_an_error) {
  ModelExperiment model;
  model.refused = {{"ReplicaSet", "ab-b", RefusedCreation::Why::invalid, "spec.template is wrong", {}}};
  model.rest();
  BOOST_TEST(model.state() == "Error: Failed to create ReplicaSet for template 'b': spec.template is wrong");
}

BOOST_AUTO_TEST_CASE(what_the_server_does_not_make_now_is_tried_again_until_the_deadline) {
  ModelExperiment model([](Spec& spec) { spec.progress_deadline_seconds = 60; });
  const Time later = model.now + kube::seconds(8);
  model.refused = {{"ReplicaSet", "ab-b", RefusedCreation::Why::world, "exceeded quota", later}};
  model.rest();
  BOOST_TEST(model.log() == "create ab-a 1");
  BOOST_TEST(model.state().find("Failed to create ReplicaSet for template 'b': exceeded quota") != std::string::npos);
  BOOST_TEST((model.look().wake_at == later));
  model.now = later;
  BOOST_TEST(model.look().writes.size() == 1u);
  model.refused[0].retry_at = model.now + kube::seconds(100);
  model.now += kube::seconds(52);
  model.become_available();
  model.rest();
  BOOST_TEST(model.state() == "Failed: Template 'b' exceeded its progressDeadlineSeconds (60)");
}

BOOST_AUTO_TEST_CASE(two_sets_of_one_template_are_an_error) {
  ModelExperiment model = running();
  crds::ReplicaSet twin = model.sets.at("ab-a");
  twin.meta.name = "ab-twin";
  model.sets["ab-twin"] = twin;
  model.rest();
  BOOST_TEST(model.state() == "Error: multiple ReplicaSets match single experiment template: a");
  model.pass(60);
  BOOST_TEST(model.sets.at("ab-twin").desired() == 0);
}

BOOST_AUTO_TEST_CASE(arguments_know_the_experiment) {
  ModelExperiment model([](Spec& spec) {
    spec.duration = "1m";
    spec.analyses = {analysis_named("check")};
    spec.analyses[0].template_name = "asking";
    const auto add = [&](const char* name, const char* value) { spec.analyses[0].args.push_back({name, value, {}}); };
    add("hash", "{{templates.a.podTemplateHash}}");
    add("set", "x{{ templates.b.replicaset.name }}y");
    add("from", "{{experiment.availableAt}}");
    add("to", "{{experiment.finishedAt}}");
    spec.analysis_run_metadata.labels.set("tier", "gold");
    spec.analysis_run_metadata.annotations.set("by", "me");
  });
  // The pods are available at once, and the template may still come.
  model.pass(4);
  BOOST_TEST(model.state() ==
             "Running: AnalysisTemplate verification failed for analysis 'check': AnalysisTemplate 'asking' not found; "
             "running until 2026-03-01T12:01:00Z");
  model.pass(2);
  BOOST_TEST(model.runs.empty());
  BOOST_TEST(model.state() ==
             "Error: AnalysisTemplate verification failed for analysis 'check': AnalysisTemplate 'asking' not found");
  model.add_template("asking", {"hash", "set", "from", "to"});
  model.retry();
  model.pass(0);
  const crds::AnalysisRun& run = model.runs.at("ab-check");
  BOOST_TEST(*run.spec->args[0].value == model.sets.at("ab-a").meta.labels.get(keys::hash_label));
  BOOST_TEST(*run.spec->args[1].value == "xab-by");
  BOOST_TEST(*run.spec->args[2].value == "2026-03-01T12:00:06Z");
  BOOST_TEST(*run.spec->args[3].value == "2026-03-01T12:01:06Z");
  BOOST_TEST(run.meta.labels.get("tier") == "gold");
  BOOST_TEST(run.meta.annotations.get("by") == "me");
  BOOST_TEST(run.meta.controller()->uid == "ab-uid");
}

BOOST_AUTO_TEST_CASE(an_unknown_value_is_an_error) {
  ModelExperiment model([](Spec& spec) {
    spec.analyses = {analysis_named("check")};
    spec.analyses[0].args.push_back({"x", "{{templates.c.podTemplateHash}}", {}});
  });
  model.pass(1);
  BOOST_TEST(model.state() ==
             "Error: Failed to create AnalysisRun for analysis 'check': failed to resolve "
             "{{templates.c.podTemplateHash}}");
}

BOOST_AUTO_TEST_CASE(a_missing_template_is_waited_for_a_moment) {
  ModelExperiment model([](Spec& spec) {
    spec.analyses = {analysis_named("check")};
    spec.analyses[0].template_name = "late";
  });
  model.rest();
  BOOST_TEST(model.status().phase == "Pending");
  BOOST_TEST(model.state().find("AnalysisTemplate verification failed for analysis 'check'") != std::string::npos);
  model.now += kube::seconds(5);
  model.rest();
  BOOST_TEST(model.state().starts_with("Error: AnalysisTemplate verification failed for analysis 'check': "));
}

BOOST_AUTO_TEST_CASE(rules_go_to_the_analyses_that_they_mean) {
  ModelExperiment model = running([](Spec& spec) {
    spec.analyses = {analysis_named("check")};
    spec.dry_run = {{"success"}, {"unknown"}};
    spec.measurement_retention = {{"success-rate", 3}};
  });
  const crds::AnalysisRunSpec& spec = *model.runs.at("ab-check").spec;
  BOOST_TEST(spec.dry_run.size() == 2u);
  BOOST_TEST(spec.measurement_retention.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_run_that_has_gone_is_an_error) {
  ModelExperiment model = running(is_measured);
  model.runs.clear();
  model.rest();
  BOOST_TEST(model.state() == "Error: AnalysisRun \"ab-check\" has gone before it ended");
}

BOOST_AUTO_TEST_CASE(a_retry_measures_anew) {
  ModelExperiment model = running(is_measured);
  model.finish_run("ab-check", "Failed");
  model.pass(60);
  BOOST_TEST(model.state() == "Failed");
  model.log();
  model.retry();
  model.pass(0);
  BOOST_TEST(model.log() == "scale ab-a 0>1, scale ab-b 0>1, run ab-check.1");
  BOOST_TEST(model.status().phase == "Running");
  BOOST_TEST(model.sets.at("ab-a").meta.annotations.contains(keys::scale_down_deadline) == false);
}

BOOST_AUTO_TEST_CASE(a_retry_within_the_delay_keeps_the_pods) {
  ModelExperiment model = running(is_measured);
  model.now += kube::seconds(5);
  model.finish_run("ab-check", "Failed");
  model.rest();
  model.log();
  model.retry();
  model.rest();
  BOOST_TEST(model.log() == "annotate ab-a, annotate ab-b, run ab-check.1");
}

// Everything happens within one second; the run that has failed is not that of the second start.
BOOST_AUTO_TEST_CASE(a_retry_at_once_is_another_start) {
  ModelExperiment model = running(is_measured);
  model.finish_run("ab-check", "Failed");
  model.rest();
  BOOST_TEST(model.state() == "Failed");
  model.log();
  model.retry();
  model.rest();
  BOOST_TEST(model.log() == "annotate ab-a, annotate ab-b, run ab-check.1");
  BOOST_TEST(model.status().phase == "Running");
  BOOST_TEST(model.runs.at("ab-check.1").meta.annotations.get(keys::experiment_attempt) == "2026-03-01T12:00:01Z");
}

BOOST_AUTO_TEST_CASE(a_template_that_was_taken_out_loses_its_pods) {
  ModelExperiment model = running(has_service);
  model.edit([](Spec& spec) { spec.templates.pop_back(); });
  model.pass(60);
  BOOST_TEST(model.sets.at("ab-b").desired() == 0);
  BOOST_TEST(model.services.empty());
  BOOST_TEST(model.status().template_statuses.size() == 1u);
  BOOST_TEST(model.status().phase == "Running");
}

BOOST_AUTO_TEST_CASE(sizes_follow_the_spec) {
  ModelExperiment model = running();
  model.edit([](Spec& spec) { spec.templates[0].replicas = 3; });
  model.rest();
  BOOST_TEST(model.log() == "scale ab-a 1>3");
  BOOST_TEST(model.template_state("a") == "Progressing");
}

BOOST_AUTO_TEST_CASE(a_wrong_spec_makes_nothing_and_is_told_whole) {
  ModelExperiment model([](Spec& spec) {
    spec.templates[0].selector.reset();
    spec.templates[1].name = "a";
    spec.duration = "soon";
  });
  model.rest();
  BOOST_TEST(model.log().empty());
  BOOST_TEST(model.status().phase == "Pending");
  for (const char* part : {"InvalidSpec: The Experiment \"ab\" is invalid: ", "'.Spec.Templates[0].Selector'",
                           "repeated template name 'a'", "spec.duration"})
    BOOST_TEST(model.status().message.find(part) != std::string::npos);
  BOOST_TEST(model.condition("InvalidSpec") == "True InvalidSpec");
  model.edit([](Spec& spec) {
    spec.templates[0].selector = spec.templates[1].selector;
    spec.templates[1].name = "b";
    spec.duration = "";
  });
  model.pass(0);
  BOOST_TEST(model.status().phase == "Running");
  BOOST_TEST(model.condition("InvalidSpec").empty());
}

BOOST_AUTO_TEST_CASE(a_spec_that_becomes_wrong_holds_what_runs_and_can_still_be_ended) {
  ModelExperiment model = running(is_measured);
  model.edit([](Spec& spec) { spec.templates[0].replicas = -1; });
  model.rest();
  BOOST_TEST(model.log().empty());
  BOOST_TEST(model.status().phase == "Running");
  BOOST_TEST(model.status().message.starts_with("InvalidSpec"));
  model.terminate();
  model.pass(60);
  BOOST_TEST(model.sets.at("ab-a").desired() == 0);
  BOOST_TEST(model.state() == "Successful");
}

BOOST_AUTO_TEST_CASE(one_that_is_being_deleted_is_left_to_the_garbage_collector) {
  ModelExperiment model = running();
  model.experiment.meta.deletion_time = model.now;
  model.remove_set("ab-a");
  BOOST_TEST(model.look().writes.empty());
  BOOST_TEST(!model.look().status.has_value());
}

// Everything that has to be the same whatever happened on the way.
std::string end_of(const ModelExperiment& model) {
  std::string text = model.state() + "\n" + model.condition("Progressing") + "\n";
  for (const auto& [name, set] : model.sets) text += name + " " + std::to_string(set.desired()) + "\n";
  for (const auto& [name, service] : model.services) text += "service " + name + "\n";
  for (const auto& [name, run] : model.runs)
    text += name + " " + run.status.phase.text() + (run.spec->terminate ? " ended\n" : "\n");
  for (const crds::ExperimentTemplateStatus& one : model.status().template_statuses)
    text += one.name + " " + one.status.text() + "\n";
  return text;
}

// Tells a whole story; the process dies in the decision with this number, after this many of its writes (and, when
// that is one more than there are, before the status). Answers false when the story has fewer decisions.
bool tell(ModelExperiment& model, int decision_to_die_in, std::size_t writes, std::string run_ends_as) {
  int decisions = 0;
  for (int turn = 0; turn < 400; ++turn) {
    const ExperimentDecision decision = model.look();
    if (!decision.writes.empty() || decision.status) {
      const bool dies = ++decisions == decision_to_die_in;
      model.apply(decision, dies ? writes : decision.writes.size(), !dies);
      continue;
    }
    bool has_moved = false;
    for (auto& [name, set] : model.sets) has_moved |= set.status.available_replicas != set.desired();
    model.become_available();
    for (auto& [name, run] : model.runs)
      if (run.status.phase.empty()) {
        run.status.phase = crds::Word(run_ends_as);
        has_moved = true;
      }
    if (has_moved) continue;
    if (!decision.wake_at) break;
    model.now = *decision.wake_at;
  }
  return decisions >= decision_to_die_in;
}

BOOST_AUTO_TEST_CASE(dying_anywhere_leads_to_the_same_end) {
  const auto whole = [](Spec& spec) {
    spec.duration = "1m";
    has_service(spec);
    spec.analyses = {analysis_named("check", true), analysis_named("watch")};
  };
  int plans = 0;
  for (const char* ending : {"Successful", "Failed", "Inconclusive"}) {
    ModelExperiment calm(whole);
    tell(calm, 0, 0, ending);
    const std::string expected = end_of(calm);
    BOOST_TEST(expected.starts_with(ending));
    for (int decision = 1;; ++decision) {
      bool is_past_end = false;
      for (std::size_t writes = 0; writes <= 4; ++writes) {
        ModelExperiment model(whole);
        is_past_end = !tell(model, decision, writes, ending);
        if (is_past_end) break;
        ++plans;
        BOOST_TEST(end_of(model) == expected, "dying in decision " << decision << " after " << writes << " writes");
      }
      if (is_past_end) break;
    }
  }
  BOOST_TEST(plans > 60);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller::test
