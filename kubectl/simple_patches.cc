// Commands that are one merge patch per name: pause, abort, retry, restart, terminate.
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kubectl/command.h"

namespace sluice::kubectl {
namespace {

void patch(Cluster& cluster, const kube::Resource& resource, const std::string& name, const std::string& body,
           const std::string& subresource) {
  kube::Patch request;
  request.body = body;
  request.subresource = subresource;
  cluster.run(cluster.client().patch(resource, {cluster.ns(), name}, std::move(request)));
}

// One patch for each name, in order; stops at the first that fails.
std::function<int(const Call&)> patching(kube::Resource resource, std::string body, std::string subresource,
                                         std::string kind, std::string done) {
  return [=](const Call& call) {
    Cluster cluster(call);
    for (const std::string& name : call.names) {
      patch(cluster, resource, name, body, subresource);
      std::printf("%s '%s' %s\n", kind.c_str(), name.c_str(), done.c_str());
    }
    return 0;
  };
}

int restart(const Call& call) {
  const std::string in = call.text("in");
  const kube::Result<kube::Duration> delay = in.empty() ? kube::Duration::zero() : kube::parse_duration(in);
  if (!delay) throw UsageError("--in: " + delay.error().message);
  Cluster cluster(call);
  const std::string at = kube::format_time(cluster.clock().now() + *delay);
  patch(cluster, kube::resources::rollouts, call.names[0], fmt::format(R"({{"spec":{{"restartAt":"{}"}}}})", at), "");
  std::printf("rollout '%s' restarts in %s\n", call.names[0].c_str(), in.empty() ? "0s" : in.c_str());
  return 0;
}

}  // namespace

void add_simple_patches(std::vector<Command>& commands) {
  namespace resources = kube::resources;
  commands.push_back({{"pause"},
                      {},
                      "ROLLOUT...",
                      "stop all forward motion until promoted",
                      some_names,
                      {},
                      patching(resources::rollouts, R"({"spec":{"paused":true}})", "", "rollout", "paused")});
  commands.push_back({{"abort"},
                      {},
                      "ROLLOUT...",
                      "stop the update and put the traffic back on the stable version",
                      some_names,
                      {},
                      patching(resources::rollouts, R"({"status":{"abort":true}})", "status", "rollout", "aborted")});
  commands.push_back({{"retry", "rollout"},
                      {"ro", "rollouts"},
                      "ROLLOUT...",
                      "start an aborted update again",
                      some_names,
                      {},
                      patching(resources::rollouts, R"({"status":{"abort":false}})", "status", "rollout", "retried")});
  commands.push_back(
      {{"terminate", "analysisrun"},
       {"ar", "analysisruns"},
       "ANALYSISRUN...",
       "end an analysis run",
       some_names,
       {},
       patching(resources::analysis_runs, R"({"spec":{"terminate":true}})", "", "analysisRun", "terminated")});
  commands.push_back(
      {{"terminate", "experiment"},
       {"exp", "experiments"},
       "EXPERIMENT...",
       "end an experiment",
       some_names,
       {},
       patching(resources::experiments, R"({"spec":{"terminate":true}})", "", "experiment", "terminated")});
  // The controller begins again from an empty status.
  commands.push_back({{"retry", "experiment"},
                      {"exp", "experiments"},
                      "EXPERIMENT...",
                      "run an experiment again from its beginning",
                      some_names,
                      {},
                      patching(resources::experiments, R"({"status":null})", "", "experiment", "retried")});
  Command again{{"restart"}, {}, "ROLLOUT", "replace the pods of a rollout", one_name, {}, restart};
  again.flags.add_options()("in,i", po::value<std::string>(), "wait so long before, for example 10m");
  commands.push_back(std::move(again));
}

}  // namespace sluice::kubectl
