// The configurations that are explored: strategy, steps, replicas, and what may go wrong.
#include <fmt/format.h>

#include "explorer.h"

namespace sluice::exploration {
namespace {

using Steps = std::vector<crds::CanaryStep>;

crds::CanaryStep weight(int share) {
  crds::CanaryStep step;
  step.set_weight = share;
  return step;
}
crds::CanaryStep pause() {
  crds::CanaryStep step;
  step.pause.obtain();
  return step;
}
crds::CanaryStep timed_pause() {
  crds::CanaryStep step;
  step.pause.obtain().duration = kube::IntOrString{std::int64_t{30}};
  return step;
}
crds::CanaryStep scale_one() {
  crds::CanaryStep step;
  step.set_canary_scale.obtain().replicas = 1;
  return step;
}
crds::RolloutAnalysis checked() {
  crds::RolloutAnalysis analysis;
  analysis.templates.push_back({"check", false});
  return analysis;
}
crds::CanaryStep analysis() {
  crds::CanaryStep step;
  step.analysis = checked();
  return step;
}

std::string name_of(const crds::CanaryStep& step) {
  if (step.set_weight) return fmt::format("w{}", *step.set_weight);
  if (step.pause) return step.pause->duration ? "wait" : "pause";
  if (step.set_canary_scale) return "scale1";
  return "analysis";
}

crds::RolloutSpec base(int replicas) {
  crds::RolloutSpec spec;
  spec.replicas = replicas;
  spec.selector.emplace().match_labels.set("app", "web");
  // Far beyond all other deadlines; an update that never gets on is a matter of the simulation.
  spec.progress_deadline_seconds = 1'000'000;
  return spec;
}

crds::RolloutSpec canary(int replicas, Steps steps, bool is_routed) {
  crds::RolloutSpec spec = base(replicas);
  crds::CanaryStrategy& canary = spec.strategy.canary.obtain();
  canary.steps = crds::CanarySteps(std::move(steps));
  canary.max_surge = kube::IntOrString{std::int64_t{1}};
  canary.max_unavailable = kube::IntOrString{std::int64_t{0}};
  if (!is_routed) return spec;
  canary.canary_service = "web-canary";
  canary.stable_service = "web-stable";
  canary.traffic_routing.obtain().plugins["argoproj-labs/gatewayAPI"].text = R"({"httpRoute":"web"})";
  return spec;
}

crds::RolloutSpec blue_green(int replicas) {
  crds::RolloutSpec spec = base(replicas);
  crds::BlueGreenStrategy& strategy = spec.strategy.blue_green.obtain();
  strategy.active_service = "web-active";
  strategy.preview_service = "web-preview";
  return spec;
}

// What may go wrong, in the words of the report.
struct Trouble {
  const char* name;
  int acts, scales, crashes, freezes, failures, losses;
};

constexpr Trouble calm{"calm", 0, 0, 0, 0, 0, 0};
constexpr Trouble one_act{"one act", 1, 1, 0, 0, 0, 0};
constexpr Trouble two_acts{"two acts", 2, 1, 0, 0, 0, 0};
constexpr Trouble faults{"crash, stale, failed write", 0, 0, 1, 1, 1, 0};
constexpr Trouble act_and_crash{"one act, crash", 1, 1, 1, 0, 0, 0};
constexpr Trouble act_and_stale{"one act, stale", 1, 1, 0, 1, 0, 0};
constexpr Trouble act_and_loss{"one act, lost pod", 1, 0, 0, 0, 0, 1};
constexpr Trouble everything{"two acts, crash, stale, failed write", 2, 1, 1, 1, 1, 0};

class List {
 public:
  void add(const std::string& name, const crds::RolloutSpec& spec, bool has_analysis, std::vector<Trouble> troubles,
           bool is_long = false) {
    for (const Trouble& trouble : troubles) {
      Configuration one;
      one.name = fmt::format("{} x{}, {}", name, *spec.replicas, trouble.name);
      one.spec = spec;
      if (has_analysis) one.templates = {"check"};
      one.has_errors = has_analysis;
      one.acts = trouble.acts;
      one.scales = trouble.scales;
      one.crashes = trouble.crashes;
      one.freezes = trouble.freezes;
      one.failures = trouble.failures;
      one.losses = trouble.losses;
      one.is_long = is_long;
      all.push_back(std::move(one));
    }
  }
  void add_canary(bool is_routed, int replicas, const Steps& steps, std::vector<Trouble> troubles,
                  bool is_long = false) {
    std::string name = is_routed ? "routed" : "basic";
    bool has_analysis = false;
    for (const crds::CanaryStep& step : steps) {
      name += " " + name_of(step);
      has_analysis |= static_cast<bool>(step.analysis);
    }
    add(name, canary(replicas, steps, is_routed), has_analysis, std::move(troubles), is_long);
  }
  std::vector<Configuration> all;
};

// Every list of up to `most` steps.
void append_all_lists(std::vector<Steps>& lists, const Steps& begun, std::size_t most) {
  static const Steps kinds{weight(34), weight(67), weight(100), pause(), timed_pause(), scale_one(), analysis()};
  if (!begun.empty()) lists.push_back(begun);
  if (begun.size() == most) return;
  for (const crds::CanaryStep& kind : kinds) {
    Steps longer = begun;
    longer.push_back(kind);
    append_all_lists(lists, longer, most);
  }
}

}  // namespace

std::vector<Configuration> configurations() {
  List list;
  const std::vector<Trouble> usual{one_act, faults, act_and_crash, act_and_stale};
  for (const bool is_routed : {false, true}) {
    list.add_canary(is_routed, 1, {weight(34)}, {calm, one_act, two_acts, faults, everything});
    list.add_canary(is_routed, 2, {weight(34), pause(), weight(67)}, usual);
    list.add_canary(is_routed, 3, {weight(34), pause(), weight(67)}, usual);
    list.add_canary(is_routed, 3, {weight(67), timed_pause(), weight(34)}, {one_act, faults, act_and_loss});
    list.add_canary(is_routed, 2, {weight(34), analysis(), weight(100)}, {one_act, faults, act_and_crash});
    list.add_canary(is_routed, 3, {scale_one(), weight(34), pause()}, {one_act, faults});
    list.add_canary(is_routed, 2, {}, {two_acts, faults});
  }
  crds::RolloutSpec plain = blue_green(2);
  list.add("blue/green", plain, false, {calm, two_acts, faults, act_and_crash, act_and_stale, act_and_loss});
  crds::RolloutSpec manual = blue_green(2);
  manual.strategy.blue_green->auto_promotion_enabled = false;
  manual.strategy.blue_green->preview_replica_count = 1;
  list.add("blue/green manual preview 1", manual, false, {two_acts, faults, act_and_crash, act_and_stale});
  crds::RolloutSpec gated = blue_green(2);
  gated.strategy.blue_green->pre_promotion_analysis = checked();
  gated.strategy.blue_green->post_promotion_analysis = checked();
  list.add("blue/green pre post", gated, true, {one_act, faults, act_and_crash, act_and_stale});
  crds::RolloutSpec timed = blue_green(1);
  timed.strategy.blue_green->auto_promotion_seconds = 30;
  list.add("blue/green after 30 s", timed, false, {two_acts, faults});
  crds::RolloutSpec background = canary(2, {weight(34), pause(), weight(67)}, true);
  background.strategy.canary->analysis.obtain().analysis = checked();
  list.add("routed background w34 pause w67", background, true, {one_act, faults});

  std::vector<Steps> lists;
  append_all_lists(lists, {}, 3);
  for (std::size_t at = 0; at < lists.size(); ++at)
    for (const bool is_routed : {false, true})
      list.add_canary(is_routed, 1 + static_cast<int>(at % 3), lists[at], {one_act, faults}, true);
  list.add("blue/green pre post", gated, true, {two_acts, everything}, true);
  list.add("blue/green", plain, false, {everything}, true);
  for (const bool is_routed : {false, true})
    list.add_canary(is_routed, 3, {weight(34), pause(), weight(67)}, {two_acts, everything}, true);
  return list.all;
}

}  // namespace sluice::exploration
