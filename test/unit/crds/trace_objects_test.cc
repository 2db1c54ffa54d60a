// Whatever the reference controller and its API server wrote is read without a mistake, and its status comes back.
#include <map>
#include <string>

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/decode.h"
#include "crds/experiment.h"
#include "crds/rollout.h"
#include "crds/workloads.h"
#include "trace_data.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(trace_objects)

// The wire may hold what Go leaves out when it writes: `false` that a user's patch has set.
json::value without_false(const json::value& status) {
  json::object to;
  for (const auto& member : status.as_object())
    if (!(member.value().is_bool() && !member.value().as_bool())) to[member.key()] = member.value();
  return to;
}

void read(const json::value& object, kube::Mistakes& mistakes) {
  const std::string kind(object.at("kind").as_string());
  if (kind == "Rollout") decode_rollout(object, mistakes);
  if (kind == "ReplicaSet") decode_replica_set(object, mistakes);
  if (kind == "Deployment") decode_deployment(object, mistakes);
  if (kind == "Service") decode_service(object, mistakes);
  if (kind == "Job") decode_job(object, mistakes);
  if (kind == "AnalysisRun") decode_analysis_run(object, mistakes);
  if (kind == "Experiment") decode_experiment(object, mistakes);
}

BOOST_AUTO_TEST_CASE(every_object_is_read_without_a_mistake) {
  std::map<std::string, int> kinds;
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    kube::Mistakes mistakes;
    read(object, mistakes);
    BOOST_TEST(kube::describe(mistakes) == "", json::serialize(object));
    ++kinds[std::string(object.at("kind").as_string())];
  }
  for (const char* kind : {"Rollout", "ReplicaSet", "Deployment", "Service", "Job", "AnalysisRun", "Experiment"})
    BOOST_TEST(kinds[kind] > 0, kind);
}

BOOST_AUTO_TEST_CASE(the_status_of_a_rollout_comes_back) {
  for (const json::value& status : trace_data("traces/rollout_statuses.jsonl")) {
    json::object object;
    object["spec"].emplace_object();
    object["status"] = status;
    kube::Mistakes mistakes;
    const auto rollout = decode_rollout(object, mistakes);
    BOOST_TEST(kube::describe(mistakes) == "");
    json::value expected = without_false(status);
    // A Rollout that was never valid got conditions only, by a patch.
    for (const char* strategy : {"blueGreen", "canary"}) expected.as_object().emplace(strategy, json::object());
    BOOST_TEST((encode_status(rollout->status) == expected), json::serialize(status));
  }
}

BOOST_AUTO_TEST_CASE(the_status_of_runs_and_experiments_comes_back) {
  int compared = 0;
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    const std::string kind(object.at("kind").as_string());
    if (!object.as_object().contains("status")) continue;
    kube::Mistakes mistakes;
    if (kind == "AnalysisRun")
      BOOST_TEST((encode_status(decode_analysis_run(object, mistakes)->status) == object.at("status")),
                 json::serialize(object));
    else if (kind == "Experiment")
      BOOST_TEST((encode_status(decode_experiment(object, mistakes)->status) == object.at("status")),
                 json::serialize(object));
    else
      continue;
    ++compared;
  }
  BOOST_TEST(compared > 30);
}

// Everything that the reference wrote into the specs is known here: reading and writing loses nothing.
BOOST_AUTO_TEST_CASE(the_spec_of_a_rollout_comes_back) {
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "Rollout") continue;
    if (object.at("metadata").at("generation") == 1)
      continue;  // as a user wrote it, perhaps without {} where Go has it
    kube::Mistakes mistakes;
    const json::value spec = encode_spec(*decode_rollout(object, mistakes)->spec);
    const json::value expected = without_false(object.at("spec"));
    BOOST_TEST((spec == expected), json::serialize(spec) + " instead of " + json::serialize(expected));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
