// Phases and their signs.
#include "view/phase.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sluice::view {
namespace {

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Builds before 0.10 stored a hash here; what is no number, or is ahead, counts as observed.
bool is_observed(const crds::Rollout& rollout) {
  const auto observed = number_in(rollout.status.observed_generation);
  return !observed || *observed >= rollout.meta.generation;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

}  // namespace

PhaseView phase_of(const crds::Rollout& rollout) {
  const crds::RolloutStatus& status = rollout.status;
  if (status.observed_generation.empty() || !is_observed(rollout))
    return {"Progressing", "waiting for rollout spec update to be observed"};
  if (status.controller_pause && status.pause_conditions.empty())
    return {"Progressing", "waiting for rollout to unpause"};
  return {status.phase.text(), status.message};
}

std::string_view rollout_icon(std::string_view phase) {
  if (phase == "Progressing") return "◌";
  if (phase == "Paused") return "॥";
  if (phase == "Healthy") return "✔";
  if (phase == "Degraded") return "✖";
  return "";
}

std::string_view replica_set_icon(std::string_view status) {
  if (status == "Healthy") return "✔";
  if (status == "ScaledDown") return "•";
  if (status == "ReplicaFailure") return "✖";
  return "◌";
}

std::string_view pod_icon(std::string_view status) {
  if (status.starts_with("Init:") || is_one_of(status, {"Pending", "Terminating", "ContainerCreating"})) return "◌";
  if (is_one_of(status, {"Running", "Completed", "Succeeded"})) return "✔";
  if (status.starts_with("Signal:") || status.starts_with("ExitCode:") ||
      is_one_of(status, {"Failed", "InvalidImageName", "CrashLoopBackOff"}))
    return "✖";
  if (status.ends_with("Error") || status.starts_with("Err") ||
      is_one_of(status, {"ImagePullBackOff", "RegistryUnavailable"}))
    return "⚠";
  if (status == "Unknown") return "?";
  return "";
}

std::string_view analysis_icon(std::string_view phase) {
  if (phase == "Successful") return "✔";
  if (phase == "Failed") return "✖";
  if (phase == "Error") return "⚠";
  if (phase == "Inconclusive") return "?";
  if (phase == "Running") return "◌";
  return "◷";
}

}  // namespace sluice::view
