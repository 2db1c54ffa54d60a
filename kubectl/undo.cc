// `undo`: puts the pod template of an earlier revision back.
#include <charconv>
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/decode.h"
#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/revisions.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

int undo(const Call& call) {
  const std::int64_t wanted = call.flags["to-revision"].as<std::int64_t>();
  if (wanted < 0) throw UsageError("--to-revision must be 0 (the previous one) or the number of a revision");
  Cluster cluster(call);
  const kube::ObjectKey key{cluster.ns(), call.names[0]};
  const view::RolloutObjects objects = cluster.run(fetch_objects(cluster.client(), key));
  const crds::Rollout& rollout = *objects.rollout;
  if (rollout.spec->workload_ref)
    throw CommandError("the pod template of this rollout comes from " + rollout.spec->workload_ref->kind + " " +
                       rollout.spec->workload_ref->name + "; undo the change there");

  const auto set = revision_to_undo_to(rollout, objects.replica_sets, wanted);
  if (!set)
    throw CommandError(wanted == 0 ? fmt::format("no revision found for rollout \"{}\"", key.name)
                                   : fmt::format("unable to find specified revision {} in history", wanted));
  const crds::PodTemplatePointer restored = crds::with_label(*set->spec.pod_template, "rollouts-pod-template-hash", "");
  if (crds::same_content(restored, rollout.spec->pod_template)) {
    std::printf("skipped rollback (current template already matches revision %lld)\n", static_cast<long long>(wanted));
    return 0;
  }
  json::array operations;
  operations.push_back(
      json::object{{"op", "replace"}, {"path", "/spec/template"}, {"value", crds::to_json(*restored)}});
  kube::Patch patch;
  patch.type = kube::PatchType::json;
  patch.body = kube::print_json(operations);
  cluster.run(cluster.client().patch(kube::resources::rollouts, key, std::move(patch)));
  std::printf("rollout '%s' undo\n", key.name.c_str());
  return 0;
}

}  // namespace

void add_undo(std::vector<Command>& commands) {
  Command command{{"undo"}, {}, "ROLLOUT", "go back to an earlier revision", one_name, {}, undo};
  command.flags.add_options()("to-revision", po::value<std::int64_t>()->default_value(0),
                              "the number of the revision; 0 for the previous one");
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
