// The steps of a canary, read at one index.
#include "controller/steps.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sluice::controller {
namespace {

// Three hundred years; longer ones would leave the range of times.
kube::Duration bounded_seconds(std::int64_t count) {
  return kube::seconds(std::clamp<std::int64_t>(count, 0, 10'000'000'000));
}

}  // namespace

int step_index(const crds::RolloutStatus& status, const crds::CanarySteps& steps) {
  return std::clamp<int>(status.current_step_index.value_or(0), 0, static_cast<int>(steps.size()));
}

const crds::CanaryStep* step_at(const crds::CanarySteps& steps, int index) {
  if (index < 0 || index >= static_cast<int>(steps.size())) return nullptr;
  return &steps[static_cast<std::size_t>(index)];
}

int weight_at(const crds::CanarySteps& steps, int index, int max) {
  if (index >= static_cast<int>(steps.size())) return max;
  for (int at = index; at >= 0; --at)
    if (const auto& weight = step_at(steps, at)->set_weight) return std::clamp<int>(*weight, 0, max);
  return 0;
}

const crds::SetCanaryScale* canary_scale_at(const crds::CanarySteps& steps, int index) {
  if (index >= static_cast<int>(steps.size())) return nullptr;
  for (int at = index; at >= 0; --at)
    if (const auto& scale = step_at(steps, at)->set_canary_scale)
      return scale->match_traffic_weight ? nullptr : &*scale;
  return nullptr;
}

std::optional<kube::Duration> duration_of(const crds::PauseStep& pause) {
  if (!pause.duration) return std::nullopt;
  if (pause.duration->is_int()) return bounded_seconds(std::get<0>(pause.duration->value));
  const std::string& text = std::get<1>(pause.duration->value);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!text.empty() && error == std::errc{} && end == text.data() + text.size()) return bounded_seconds(seconds);
  const kube::Result<kube::Duration> duration = kube::parse_duration(text);
  return duration ? std::optional(*duration) : std::nullopt;
}

bool is_indefinite(const crds::CanaryStep& step) {
  return step.pause || step.experiment || step.analysis || step.plugin;
}

std::string text_of(const crds::CanaryStep& step) {
  if (step.pause) return step.pause->duration ? "pause: " + step.pause->duration->text() : "pause";
  if (step.set_canary_scale) {
    const crds::SetCanaryScale& scale = *step.set_canary_scale;
    if (scale.match_traffic_weight) return "setCanaryScale{matchTrafficWeight: true}";
    if (scale.replicas) return fmt::format("setCanaryScale{{replicas: {}}}", *scale.replicas);
    if (scale.weight) return fmt::format("setCanaryScale{{weight: {}}}", *scale.weight);
  }
  if (step.set_weight) return fmt::format("setWeight: {}", *step.set_weight);
  if (step.experiment) return "experiment";
  if (step.analysis) return "analysis";
  if (step.set_header_route) return "setHeaderRoute: " + step.set_header_route->name;
  if (step.set_mirror_route) return "setMirrorRoute: " + step.set_mirror_route->name;
  if (step.plugin) return "plugin: " + step.plugin->name;
  return "invalid";
}

}  // namespace sluice::controller
