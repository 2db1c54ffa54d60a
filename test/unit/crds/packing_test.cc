// Objects that were packed are what they were before, and small.
#include "kube/packing.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/analysis.h"
#include "crds/decode.h"
#include "crds/pod_defaults.h"
#include "crds/rollout.h"
#include "crds/workloads.h"
#include "trace_data.h"

namespace sluice::crds {
namespace {

BOOST_AUTO_TEST_SUITE(packing)

template <class T>
T again(const T& object) {
  T unpacked;
  kube::unpack(kube::packed(object), unpacked);
  unpacked.meta.name = object.meta.name;
  unpacked.meta.ns = object.meta.ns;
  return unpacked;
}

BOOST_AUTO_TEST_CASE(every_recorded_object_comes_back) {
  int compared = 0;
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    const auto kind = object.at("kind").as_string();
    kube::Mistakes mistakes;
    const auto check = [&](const auto& read) {
      BOOST_TEST((encode(again(*read)) == encode(*read)), json::serialize(object));
      ++compared;
    };
    if (kind == "Rollout") check(decode_rollout(object, mistakes));
    if (kind == "ReplicaSet") check(decode_replica_set(object, mistakes));
    if (kind == "AnalysisRun") check(decode_analysis_run(object, mistakes));
  }
  BOOST_TEST(compared > 50);
}

BOOST_AUTO_TEST_CASE(hashes_of_template_and_steps_come_back) {
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "Rollout") continue;
    kube::Mistakes mistakes;
    const auto rollout = decode_rollout(object, mistakes);
    const Rollout unpacked = again(*rollout);
    BOOST_TEST(!unpacked.spec->pod_template == !rollout->spec->pod_template);
    if (rollout->spec->pod_template) {
      BOOST_TEST(unpacked.spec->pod_template->hash == rollout->spec->pod_template->hash);
      BOOST_TEST((unpacked.spec->pod_template->labels == rollout->spec->pod_template->labels));
      BOOST_TEST((unpacked.spec->pod_template->images == rollout->spec->pod_template->images));
    }
    if (!rollout->spec->strategy.canary) continue;
    BOOST_TEST(unpacked.spec->strategy.canary->steps.hash() == rollout->spec->strategy.canary->steps.hash());
    BOOST_TEST((unpacked.spec->strategy == rollout->spec->strategy));
  }
}

BOOST_AUTO_TEST_CASE(a_replica_set_that_is_only_compared_takes_few_bytes) {
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "ReplicaSet") continue;
    kube::Mistakes mistakes;
    const auto whole = decode_replica_set(object, mistakes);
    const auto compared = decode_compared_replica_set(object, mistakes);
    BOOST_TEST((compared->meta == whole->meta));
    BOOST_TEST((compared->status == whole->status));
    BOOST_TEST(compared->desired() == whole->desired());
    BOOST_TEST(kube::packed(*compared).size() < 400u, json::serialize(object));
    const ReplicaSet unpacked = again(*compared);
    BOOST_TEST(same_template(*unpacked.spec.pod_template, *whole->spec.pod_template));
  }
}

bool is_over(const AnalysisRun& run) {
  const Word& phase = run.status.phase;
  return phase == "Successful" || phase == "Failed" || phase == "Error" || phase == "Inconclusive";
}

BOOST_AUTO_TEST_CASE(a_finished_run_takes_at_most_a_kibibyte) {
  int finished = 0;
  std::size_t largest = 0;
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "AnalysisRun") continue;
    kube::Mistakes mistakes;
    const auto run = decode_analysis_run(object, mistakes);
    if (!is_over(*run)) continue;
    ++finished;
    largest = std::max(largest, kube::packed(*run).size());
    BOOST_TEST(kube::packed(*run).size() <= 1024u, json::serialize(object));
  }
  BOOST_TEST(finished > 5);
  BOOST_TEST_MESSAGE(finished << " finished runs, the largest takes " << largest << " bytes");
}

BOOST_AUTO_TEST_CASE(a_known_template_is_not_read_again) {
  for (const json::value& object : trace_data("traces/objects.jsonl")) {
    if (object.at("kind") != "ReplicaSet") continue;
    kube::Mistakes mistakes;
    const auto before = decode_compared_replica_set(object, mistakes);
    BOOST_TEST(
        (decode_compared_replica_set(object, mistakes, before.get())->spec.pod_template == before->spec.pod_template));
    json::value changed = object;
    changed.at("metadata").at("generation") = object.at("metadata").at("generation").as_int64() + 1;
    const auto after = decode_compared_replica_set(changed, mistakes, before.get());
    BOOST_TEST((after->spec.pod_template.get() != before->spec.pod_template.get()));
    BOOST_TEST((*after->spec.pod_template == *before->spec.pod_template));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::crds
