// `promote`: one step on, or all the way.
#include <cstdio>

#include <boost/json.hpp>

#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/promotion.h"

namespace sluice::kubectl {
namespace {

PromoteMode mode_of(const Call& call) {
  const bool current = call.is_set("skip-current-step");
  const bool all = call.is_set("skip-all-steps");
  if (current && all) throw UsageError("--skip-current-step and --skip-all-steps exclude each other");
  if (current) return PromoteMode::skip_current_step;
  if (all) return PromoteMode::skip_all_steps;
  return call.is_set("full") ? PromoteMode::full : PromoteMode::one_step;
}

void patch(Cluster& cluster, const kube::ObjectKey& key, const std::string& body, const std::string& subresource) {
  if (body.empty()) return;
  kube::Patch request;
  request.body = body;
  request.subresource = subresource;
  cluster.run(cluster.client().patch(kube::resources::rollouts, key, std::move(request)));
}

int promote(const Call& call) {
  const PromoteMode mode = mode_of(call);
  Cluster cluster(call);
  const kube::ObjectKey key{cluster.ns(), call.names[0]};
  const auto rollout = cluster.run(fetch_rollout(cluster.client(), key));
  const Promotion promotion = plan_promotion(*rollout, mode);
  if (!promotion.refusal.empty()) throw CommandError(promotion.refusal);
  patch(cluster, key, promotion.status, "status");
  patch(cluster, key, promotion.spec, "");
  std::printf("rollout '%s' %spromoted\n", key.name.c_str(), mode == PromoteMode::full ? "fully " : "");
  return 0;
}

}  // namespace

void add_promote(std::vector<Command>& commands) {
  Command command{{"promote"}, {}, "ROLLOUT", "end a pause, or go on to the next step", one_name, {}, promote};
  // clang-format off
  command.flags.add_options()
    ("full", po::bool_switch(), "skip all steps, pauses and analyses")
    ("skip-current-step,c", po::bool_switch(), "deprecated: promote does it")
    ("skip-all-steps,a", po::bool_switch(), "deprecated: use --full");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
