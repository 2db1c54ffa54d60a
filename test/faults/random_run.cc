// Choosing, running, and cutting down.
#include "random_run.h"

#include <algorithm>

#include <boost/test/execution_monitor.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "end_state.h"
#include "sandbox/workloads/dice.h"

namespace sluice::faults {
namespace {

using namespace simulation;
using sandbox::Dice;
using std::chrono::seconds;

int pick(Dice& dice, int most) { return static_cast<int>(dice.next() % static_cast<std::uint64_t>(most)); }
bool flip(Dice& dice, double share) { return dice.next_share() < share; }

std::string random_step(Dice& dice, bool is_routed, bool& has_analysis) {
  const int kind = pick(dice, is_routed ? 9 : 7);
  if (kind < 3) return fmt::format("setWeight: {}", pick(dice, 101));
  if (kind < 5) return fmt::format("pause: {{duration: {}s}}", 1 + pick(dice, 40));
  if (kind == 5) return "pause: {}";
  if (kind == 6) {
    has_analysis = true;
    return "analysis: {templates: [{templateName: check}]}";
  }
  if (kind == 7) return fmt::format("setCanaryScale: {{replicas: {}}}", 1 + pick(dice, 4));
  return "setCanaryScale: {matchTrafficWeight: true}";
}

WriteFault random_write_fault(Dice& dice) {
  using Kind = WriteFault::Kind;
  static constexpr unsigned answers[]{409, 429, 500, 504};
  const Kind kinds[]{Kind::crash_before, Kind::crash_after, Kind::crash_in_flight, Kind::refused,
                     Kind::disowned,     Kind::unanswered,  Kind::answer_lost,     Kind::stopped};
  WriteFault fault;
  fault.kind = kinds[pick(dice, 8)];
  fault.status = answers[pick(dice, 4)];
  fault.wait = seconds(1 + pick(dice, 40));
  return fault;
}

LineFault random_line_fault(Dice& dice) {
  using Kind = LineFault::Kind;
  const Kind kinds[]{Kind::late, Kind::late, Kind::cut, Kind::expired};
  return {kinds[pick(dice, 4)], seconds(pick(dice, 60))};
}

std::string name_of(const WriteFault& fault) {
  static const std::vector<std::string> names{"none",    "crash before", "crash after", "crash, the write comes later",
                                              "refused", "disowned",     "unanswered",  "answer lost",
                                              "stopped"};
  return fmt::format("{} ({}, {} s)", names[static_cast<std::size_t>(fault.kind)], fault.status,
                     fault.wait / seconds(1));
}

std::string strategy_text(const Recipe& recipe) {
  std::string more;
  for (const std::string& line : recipe.more) more += "      " + line + "\n";
  if (recipe.strategy == "blue/green") return blue_green_with(more);
  if (!recipe.steps.empty()) more += fmt::format("      steps: [{{{}}}]\n", fmt::join(recipe.steps, "}, {"));
  return recipe.strategy == "routed" ? routed_canary_with(more) : basic_canary_with(more);
}

void act(Story& story, const std::string& what) {
  World& world = story.world;
  const auto patch = [&](const std::string& body, const std::string& subresource = "") {
    world.attempt({"PATCH", kube::resources::rollouts.object_path({"default", "web"}, subresource),
                   "application/merge-patch+json", body});
  };
  if (what == "promote") story.promote();
  if (what == "promote full") patch(R"({"status":{"promoteFull":true}})", "status");
  if (what == "abort") patch(R"({"status":{"abort":true}})", "status");
  if (what == "retry") patch(R"({"status":{"abort":false}})", "status");
  if (what == "pause") patch(R"({"spec":{"paused":true}})");
  if (what == "resume") patch(R"({"spec":{"paused":false}})");
  if (what.starts_with("release ")) story.release(what.substr(8));
  if (what.starts_with("scale ")) story.scale(std::stoi(what.substr(6)));
}

// Faults by the number of the write or line, all lives of the controllers together.
void arm(Story& story, const Recipe& recipe) {
  World& world = story.world;
  auto writes = std::make_shared<int>(0), lines = std::make_shared<int>(0);
  const auto slowed = world.fit;
  world.fit = [&world, &recipe, writes, lines, slowed](FaultyTransport& transport) {
    if (slowed) slowed(transport);
    transport.clock = &world.clock();
    const auto late = transport.hold;
    transport.strike = [&recipe, writes](const kube::ApiRequest&) {
      const int number = ++*writes;
      for (const auto& [at, fault] : recipe.write_faults)
        if (at == number) return fault;
      return WriteFault();
    };
    transport.hold = [&recipe, lines, late](const std::string& target, const std::string& line) {
      const int number = ++*lines;
      for (const auto& [at, fault] : recipe.line_faults)
        if (at == number) return fault;
      return late ? late(target, line) : LineFault();
    };
    transport.leave_in_flight = [&world](kube::ApiRequest request, kube::Duration wait) {
      world.send_late(std::move(request), wait);
    };
  };
}

// A copy of this process runs it, so that not even a crash ends the search.
bool fails(const Recipe& recipe) {
  Snapshots snapshots(1);
  if (snapshots.branch("")) snapshots.finish(run(recipe).failure);
  return !snapshots.collect().front().failure.empty();
}

template <class T>
bool without_parts(Recipe& recipe, std::vector<T> Recipe::* member) {
  bool was_cut = false;
  for (std::size_t at = (recipe.*member).size(); at-- > 0;) {
    Recipe smaller = recipe;
    (smaller.*member).erase((smaller.*member).begin() + static_cast<std::ptrdiff_t>(at));
    if (!fails(smaller)) continue;
    recipe = std::move(smaller);
    was_cut = true;
  }
  return was_cut;
}

}  // namespace

Recipe recipe_for(std::uint64_t seed) {
  Dice dice(seed);
  Recipe recipe;
  recipe.seed = seed;
  const int strategy = pick(dice, 5);
  recipe.strategy = strategy == 0 ? "basic" : strategy < 3 ? "routed" : "blue/green";
  recipe.replicas = 1 << pick(dice, 4);
  recipe.replicas += pick(dice, recipe.replicas);
  const bool is_canary = recipe.strategy != "blue/green";
  for (int count = is_canary ? pick(dice, 7) : 0; count > 0; --count)
    recipe.steps.push_back(random_step(dice, recipe.strategy == "routed", recipe.has_analysis));
  if (recipe.strategy == "basic") recipe.more = {"maxSurge: 1", fmt::format("maxUnavailable: {}", pick(dice, 2))};
  if (!is_canary) {
    if (flip(dice, 0.4)) recipe.more.push_back("autoPromotionEnabled: false");
    if (flip(dice, 0.3)) recipe.more.push_back("previewReplicaCount: 1");
    if (flip(dice, 0.3)) recipe.more.push_back(fmt::format("autoPromotionSeconds: {}", 1 + pick(dice, 30)));
    for (const char* gate : {"prePromotionAnalysis", "postPromotionAnalysis"})
      if (flip(dice, 0.4)) {
        recipe.more.push_back(fmt::format("{}: {{templates: [{{templateName: check}}]}}", gate));
        recipe.has_analysis = true;
      }
  }
  if (recipe.strategy != "basic") {
    recipe.more.push_back(fmt::format("scaleDownDelaySeconds: {}", pick(dice, 40)));
    recipe.more.push_back(fmt::format("abortScaleDownDelaySeconds: {}", 1 + pick(dice, 40)));
  }
  recipe.success_rate = flip(dice, 0.7) ? "0.99" : "0.5";
  recipe.pace = flip(dice, 0.7) ? Pace::calm : flip(dice, 0.5) ? Pace::normal : Pace::slow;
  static const std::vector<std::string> acts{"promote", "promote full", "abort",      "retry",   "pause",   "resume",
                                             "promote", "release v3",   "release v1", "scale 1", "scale 6", "promote"};
  for (int count = pick(dice, 7); count > 0; --count)
    recipe.acts.emplace_back(pick(dice, 60), acts[static_cast<std::size_t>(pick(dice, static_cast<int>(acts.size())))]);
  if (flip(dice, 0.5))
    for (int count = 1 + pick(dice, 3); count > 0; --count)
      recipe.write_faults.emplace_back(1 + pick(dice, 30), random_write_fault(dice));
  if (flip(dice, 0.5))
    for (int count = 1 + pick(dice, 3); count > 0; --count)
      recipe.line_faults.emplace_back(1 + pick(dice, 120), random_line_fault(dice));
  return recipe;
}

Outcome run(const Recipe& recipe) {
  sandbox::SandboxOptions options = options_for(recipe.pace);
  options.workloads.seed = recipe.seed;
  Story story({recipe.replicas, strategy_text(recipe), ""}, options);
  World& world = story.world;
  world.oracle().be_quiet();
  world.patience = std::chrono::hours(2);
  if (recipe.has_analysis)
    world.prometheus = [&](const kube::HttpRequest&) { return prometheus_says(recipe.success_rate); };
  slow_down(world, recipe.pace);
  arm(story, recipe);
  try {
    story.begin(recipe.has_analysis ? prometheus_template("check", 2) : "");
  } catch (const boost::execution_aborted&) {
    return {"the first version does not become healthy\n" + world.oracle().newest_changes(), ""};
  }
  story.release("v2");
  for (const auto& [wait, what] : recipe.acts) {
    world.pass(seconds(wait));
    act(story, what);
  }
  // At the end nobody's verdict stands in the way.
  std::string failure = judge_free_end(story);
  if (failure.empty()) world.come_to_rest(seconds(32));
  if (!failure.empty()) failure += "\n" + world.oracle().newest_changes() + "\n";
  return {failure + failures_of(world),
          fmt::format("{} changes, {} writes\n{}", world.oracle().changes(), world.writes(), end_state(world))};
}

Recipe minimised(Recipe recipe) {
  for (bool was_cut = true; was_cut;) {
    was_cut = without_parts(recipe, &Recipe::write_faults);
    was_cut |= without_parts(recipe, &Recipe::line_faults);
    was_cut |= without_parts(recipe, &Recipe::acts);
    was_cut |= without_parts(recipe, &Recipe::steps);
    was_cut |= without_parts(recipe, &Recipe::more);
  }
  for (const int replicas : {1, 2, 3, 4}) {
    Recipe smaller = recipe;
    smaller.replicas = replicas;
    if (replicas >= recipe.replicas || !fails(smaller)) continue;
    recipe = std::move(smaller);
    break;
  }
  if (Recipe calm = recipe; recipe.pace != Pace::calm) {
    calm.pace = Pace::calm;
    if (fails(calm)) recipe = std::move(calm);
  }
  return recipe;
}

std::string described(const Recipe& recipe) {
  std::string text = fmt::format("{} with {} replicas, pace {}, success rate {}\n", recipe.strategy, recipe.replicas,
                                 name_of(recipe.pace), recipe.success_rate);
  for (const std::string& line : recipe.more) text += "  " + line + "\n";
  for (const std::string& step : recipe.steps) text += "  step " + step + "\n";
  for (const auto& [wait, what] : recipe.acts) text += fmt::format("  {} s later a person: {}\n", wait, what);
  for (const auto& [at, fault] : recipe.write_faults) text += fmt::format("  write {}: {}\n", at, name_of(fault));
  for (const auto& [at, fault] : recipe.line_faults)
    text += fmt::format("  line {} of the watches: {} {} s\n", at,
                        fault.kind == LineFault::Kind::late  ? "late"
                        : fault.kind == LineFault::Kind::cut ? "cut after"
                                                             : "410 after",
                        fault.wait / seconds(1));
  return text;
}

}  // namespace sluice::faults
