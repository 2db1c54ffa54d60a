// Telling, and judging how it ended.
#include "telling.h"

#include <algorithm>

#include <boost/test/execution_monitor.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "end_state.h"
#include "kube/json.h"

namespace sluice::faults {
namespace {

using namespace simulation;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Telling {
 public:
  Telling(const Scenario& scenario, Pace pace, Snapshots* snapshots, StrikeOptions options)
      : scenario_(scenario), story_(scenario.plan, options_for(pace)), strikes_(story_, snapshots, std::move(options)) {
    World& world = story_.world;
    world.oracle().be_quiet();
    if (!scenario.success_rate.empty())
      world.prometheus = [&](const kube::HttpRequest&) { return prometheus_says(scenario_.success_rate); };
    if (pace == Pace::calm) {
      strikes_.arm();
    } else {
      slow_down(world, pace);
      world.patience = std::chrono::hours(2);
    }
  }

  Ending tell() {
    Ending ending;
    World& world = story_.world;
    const kube::Time began = world.clock().now();
    try {
      story_.begin(scenario_.objects);
      scenario_.tell(story_);
      rest();
    } catch (const StoryStopped& stopped) {
      ending.failure =
          fmt::format("{}; it is {} \"{}\" at step {}, stable {}\n{}\n", stopped.what(), world.phase("web"),
                      story_.message(), story_.step(), story_.stable(), world.oracle().newest_changes());
    } catch (const StoryAbandoned&) {
      ending.failure = judge_free_end(story_);
    } catch (const boost::execution_aborted&) {
      ending.failure = "the first version does not become healthy\n" + world.oracle().newest_changes();
    }
    if (ending.failure.empty()) rest();
    ending.length = world.clock().now() - began;
    ending.writes = world.writes();
    ending.failure += failures_of(world);
    if (!ending.failure.empty()) ending.failure += newest_log_lines(world);
    ending.state = end_state(world);
    ending.counts = strikes_.counts();
    return ending;
  }
  Strikes& strikes() { return strikes_; }

 private:
  void rest() {
    if (has_rested_) return;
    // A fault may strike in this silence, too; what it holds back comes after it.
    story_.world.wait_for_quiet(seconds(32));
    if (const auto& struck = strikes_.struck()) story_.world.wait_for_quiet(struck->line.wait + seconds(32));
    story_.world.come_to_rest(seconds(32));
    has_rested_ = true;
  }

  const Scenario& scenario_;
  Story story_;
  Strikes strikes_;
  bool has_rested_ = false;
};

// How a copy ended, against the story without faults.
std::string judge(const Fault& fault, const Ending& calm, const Ending& ending) {
  if (!ending.failure.empty() || !fault.user.empty()) return ending.failure;
  std::string failure;
  if (const std::string other = difference(calm.state, ending.state); !other.empty())
    failure += "it ends in another state\n" + other;
  // A fault costs a few writes. Another writer costs what it takes to put right: a size, a weight there and back, and
  // what the status tells of it. An old view costs refused writes, tried again with a wait that doubles from 5 ms.
  int allowed = calm.writes + 3 + 6 * fault.restores;
  for (kube::Duration wait = fault.line.wait; wait > milliseconds(5); wait /= 2) ++allowed;
  if (ending.writes > allowed)
    failure += fmt::format("requests: {} writes, {} without the fault\n", ending.writes, calm.writes);
  return failure;
}

}  // namespace

sandbox::SandboxOptions options_for(Pace pace) {
  sandbox::SandboxOptions options;
  sandbox::TrafficOptions traffic;
  traffic.default_rate = 10;
  traffic.tick = milliseconds(100);
  options.traffic = traffic;
  if (pace == Pace::normal) {
    options.workloads.endpoints_delay = milliseconds(200);
    options.workloads.route_serving_delay = milliseconds(500);
  }
  if (pace == Pace::slow) {
    options.workloads.endpoints_delay = seconds(10);
    options.workloads.route_status_delay = seconds(5);
    options.workloads.route_serving_delay = seconds(60);
  }
  if (pace == Pace::lagging_router) options.workloads.route_status_delay = seconds(60);
  return options;
}

// Requests take their time, and watches deliver by and by.
void slow_down(World& world, Pace pace) {
  if (pace != Pace::normal && pace != Pace::slow) return;
  const bool is_slow = pace == Pace::slow;
  world.acting().api_delay = is_slow ? milliseconds(500) : milliseconds(5);
  const kube::Duration watch = is_slow ? kube::Duration(seconds(5)) : kube::Duration(milliseconds(20));
  world.fit = [&world, watch](FaultyTransport& transport) {
    transport.clock = &world.clock();
    auto last = std::make_shared<std::map<std::string, kube::Time>>();
    transport.hold = [&world, watch, last](const std::string& target, const std::string&) {
      kube::Time& delivered = (*last)[target];
      if (delivered == world.clock().now()) return LineFault();
      delivered = world.clock().now() + watch;
      return LineFault{LineFault::Kind::late, watch};
    };
  };
}

std::string judge_free_end(Story& story) {
  World& world = story.world;
  world.interrupt = nullptr;
  world.wait_for_quiet(minutes(1));
  const std::string phase = world.phase("web");
  if (phase != "Healthy" && phase != "Paused" && phase != "Degraded")
    return fmt::format("L1: after half an hour it is {} \"{}\"", phase, story.message());
  if (!world.is("web", phase)) return "L1: the newest generation is not observed";
  story.resume();
  story.scale(4);
  story.release("v10");
  world.until([&] { return !story.hash_of("v10").empty(); });
  const bool is_current = world.until([&] {
    return world.text(kube::resources::rollouts, "web", {"status", "currentPodHash"}) == story.hash_of("v10");
  });
  if (!is_current) return "L1: another version is not taken up";
  story.promote_full();
  if (!story.until_stable("v10"))
    return fmt::format("L1: a full promotion ends {} \"{}\"", world.phase("web"), story.message());
  return "";
}

std::string failures_of(const World& world) {
  std::string all;
  for (const std::string& failure : world.oracle().failures()) all += failure + "\n";
  return all;
}

std::string newest_log_lines(const World& world) {
  constexpr std::size_t count = 15;
  const std::vector<std::string>& lines = world.log_lines();
  std::string all = "the last of the log:\n";
  for (std::size_t at = lines.size() - std::min(count, lines.size()); at < lines.size(); ++at)
    all += "  " + lines[at] + "\n";
  return all;
}

std::string name_of(Pace pace) {
  static const std::vector<std::string> names{"calm", "normal", "slow", "lagging router"};
  return names[static_cast<std::size_t>(pace)];
}

Ending tell(const Scenario& scenario, Pace pace) {
  return Telling(scenario, pace, nullptr, {scenario.name, "", false}).tell();
}

Ending tell_with_faults(const Scenario& scenario, const Ending& calm, Snapshots& snapshots,
                        const StrikeOptions& options) {
  Telling telling(scenario, Pace::calm, &snapshots, options);
  Ending ending = telling.tell();
  if (!snapshots.is_copy()) return ending;
  const Fault& fault = *telling.strikes().struck();
  const std::string failure = judge(fault, calm, ending);
  snapshots.finish(failure.empty() ? "" : fault.what + "\n" + failure);
}

}  // namespace sluice::faults
