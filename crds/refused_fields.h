// Fields that the definitions accept but that this version does not act on: they are refused, never silently ignored.
#pragma once

#include <span>
#include <string_view>

#include "kube/mistake.h"

namespace sluice::crds {

struct AnalysisRunSpec;
struct AnalysisTemplateSpec;
struct ApplicationSpec;
struct RolloutSpec;

// Whoever makes the program act on a field removes its row.
struct Refusal {
  std::string_view field;   // "spec.strategy.canary.steps[].plugin"; "x{}" is any element of the map x
  std::string_view detail;  // what is missing, and what to use instead
};

std::span<const Refusal> refusals_of_rollouts();
std::span<const Refusal> refusals_of_analyses();
std::span<const Refusal> refusals_of_applications();

// "<path>: Forbidden: <detail>" for every such field that is set.
kube::Mistakes find_refused_fields(const RolloutSpec& spec);
kube::Mistakes find_refused_fields(const AnalysisTemplateSpec& spec);
kube::Mistakes find_refused_fields(const AnalysisRunSpec& spec);
kube::Mistakes find_refused_fields(const ApplicationSpec& spec);

}  // namespace sluice::crds
