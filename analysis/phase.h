// The phases of runs, metrics and measurements.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::analysis {

// From best to worst, as the worst of several metrics is chosen. `none` is the phase of a run nobody has looked at.
enum class Phase : std::uint8_t { none, successful, running, pending, inconclusive, error, failed };

constexpr std::array<std::string_view, 7> phase_names{"",      "Successful", "Running", "Pending", "Inconclusive",
                                                      "Error", "Failed"};

constexpr std::string_view name_of(Phase phase) { return phase_names[static_cast<std::size_t>(phase)]; }
// Anything unknown reads as none.
constexpr Phase phase_of(std::string_view name) {
  for (std::size_t i = 0; i < phase_names.size(); ++i)
    if (phase_names[i] == name) return static_cast<Phase>(i);
  return Phase::none;
}

constexpr bool is_completed(Phase phase) { return phase == Phase::successful || phase >= Phase::inconclusive; }
// A verdict that ends the whole run.
constexpr bool is_bad(Phase phase) { return phase >= Phase::inconclusive; }
// Whether people are told of it by a Warning.
constexpr bool is_warning(Phase phase) { return phase == Phase::error || phase == Phase::failed; }

}  // namespace sluice::analysis
