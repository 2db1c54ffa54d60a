// B1 and B5: what a fleet at rest costs, and how long it takes to know it.
#include <stdexcept>

#include <fmt/format.h>

#include "fleet.h"
#include "measures.h"
#include "served_cluster.h"

namespace sluice::bench {
namespace {

// The controller gives memory back when it has been quiet for a while.
constexpr kube::Duration until_quiet = std::chrono::seconds(12);

void check_untouched(const std::vector<Call>& calls) {
  for (const Call& call : calls)
    if (call.is_write() || call.is_event())
      throw std::runtime_error(
          fmt::format("a settled fleet was written to: {} {} {}", call.verb, call.resource, call.name));
}

}  // namespace

void measure_idle(const std::string& controller, std::size_t rollouts, std::size_t foreign, int idle_seconds) {
  ServedCluster cluster(std::nullopt);
  {
    const Model model = make_model();
    add_fleet(cluster.api(), model, rollouts);
    add_foreign(cluster.api(), foreign);
  }
  const auto subject = cluster.start_controller(controller);
  cluster.serve_until_ready();
  const kube::Duration to_ready = cluster.clock().now() - subject->started();
  const kube::Duration cpu_to_ready = subject->cpu_time();
  cluster.serve_for(until_quiet);
  check_untouched(cluster.ledger().calls());
  int lists = 0;
  int watches = 0;
  for (const Call& call : cluster.ledger().calls()) lists += call.verb == "list" ? 1 : 0;
  const Footprint settled = subject->footprint();
  const kube::Duration cpu_settled = subject->cpu_time();

  cluster.ledger().clear();
  cluster.serve_for(std::chrono::seconds(idle_seconds));
  int lease = 0;
  int other = 0;
  for (const Call& call : cluster.ledger().calls()) {
    if (call.verb == "watch")
      ++watches;
    else
      ++(call.is_lease() ? lease : other);
  }
  check_untouched(cluster.ledger().calls());
  const Footprint rested = subject->footprint();
  const kube::Duration cpu_idle = subject->cpu_time() - cpu_settled;
  cluster.serve_until_ended(*subject);
  print_sample("idle", {{"rollouts", rollouts},
                        {"foreign", foreign},
                        {"pss", rested.pss},
                        {"pss_after_start", settled.pss},
                        {"rss", rested.rss},
                        {"private", rested.own},
                        {"peak_rss", rested.peak},
                        {"ready_ms", to_ready.count() / 1000.0},
                        {"ready_cpu_ms", cpu_to_ready.count() / 1000.0},
                        {"list_pages", lists},
                        {"idle_seconds", idle_seconds},
                        {"idle_cpu_ms", cpu_idle.count() / 1000.0},
                        {"idle_lease_calls", lease},
                        {"idle_watches_begun", watches},
                        {"idle_other_calls", other}});
}

}  // namespace sluice::bench
