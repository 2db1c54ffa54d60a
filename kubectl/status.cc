// `status`: waits until a rollout is healthy or degraded.
#include <cstdio>

#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "view/phase.h"

namespace sluice::kubectl {
namespace {

namespace net = kube::net;

bool is_final(const view::PhaseView& phase) { return phase.phase == "Healthy" || phase.phase == "Degraded"; }

net::awaitable<void> watch(Cluster& cluster, kube::ObjectKey key, std::optional<kube::Time> end, bool& healthy) {
  std::string shown;
  for (;;) {
    const auto rollout = co_await fetch_rollout(cluster.client(), key);
    if (!rollout) throw CommandError(rollout.error().message);
    const view::PhaseView phase = view::phase_of(**rollout);
    const std::string text = phase.phase == "Healthy" ? phase.phase : phase.text();
    if (text != shown) std::printf("%s\n", text.c_str());
    std::fflush(stdout);
    shown = text;
    if (is_final(phase)) {
      healthy = phase.phase == "Healthy";
      if (!healthy) throw CommandError("The rollout is in a degraded state with message: " + phase.message);
      co_return;
    }
    if (end && cluster.clock().now() >= *end) throw CommandError("Rollout status watch exceeded timeout");
    co_await cluster.clock().sleep_for(std::chrono::milliseconds(250));
  }
}

int status(const Call& call) {
  const kube::Result<kube::Duration> limit = kube::parse_duration(call.text("timeout"));
  if (!limit || *limit < kube::Duration::zero()) throw UsageError("--timeout must be a duration such as 90s");
  const std::string watching = call.text("watch");
  if (watching != "true" && watching != "false") throw UsageError("--watch must be true or false");
  Cluster cluster(call);
  const kube::ObjectKey key{cluster.ns(), call.names[0]};
  if (watching == "false") {
    const auto rollout = cluster.run(fetch_rollout(cluster.client(), key));
    const view::PhaseView phase = view::phase_of(*rollout);
    std::printf("%s\n", is_final(phase) ? phase.phase.c_str() : phase.text().c_str());
    if (phase.phase == "Degraded")
      throw CommandError("The rollout is in a degraded state with message: " + phase.message);
    return 0;
  }
  std::optional<kube::Time> end;
  if (*limit > kube::Duration::zero()) end = cluster.clock().now() + *limit;
  bool healthy = false;
  cluster.run_loop(watch(cluster, key, end, healthy));
  return healthy ? 0 : 1;
}

}  // namespace

void add_status(std::vector<Command>& commands) {
  Command command{{"status"}, {}, "ROLLOUT", "wait until a rollout is healthy (exit code 0) or degraded (1)",
                  one_name,   {}, status};
  // clang-format off
  command.flags.add_options()
    ("watch,w", po::value<std::string>()->default_value("true")->implicit_value("true"), "wait; false prints the status once")
    ("timeout,t", po::value<std::string>()->default_value("0s"), "how long to wait; 0s for ever");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
