// What is wrong with a Rollout: by itself, and with what it refers to.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "kube/mistake.h"

namespace sluice::crds {

struct AnalysisTemplate;
struct Rollout;
struct Service;

// Every mistake of the spec at once, in the order in which the reference looks for them (it tells only the first), then
// what only this program refuses: fields that it does not act on (crds/refused_fields.h) and values that make no sense.
// Paths are those of the reference: mistakes of a strategy are told at spec.strategy without its name.
kube::Mistakes validate_rollout(const Rollout& rollout);

// What there is in the Rollout's namespace. Answers nullptr for what does not exist.
struct RolloutReferences {
  std::function<const Service*(const std::string& name)> service;
  std::function<const AnalysisTemplate*(const std::string& name, bool cluster_scope)> analysis_template;
};

// Services and analysis templates that do not exist, Services that cannot select the pods or belong to another Rollout.
// Meant for a Rollout without mistakes of its own. What arguments and metrics of the templates lack is told by
// the analysis room.
kube::Mistakes validate_references(const Rollout& rollout, const RolloutReferences& references);

// The message of the condition InvalidSpec: all mistakes, the reference's first one first.
std::string invalid_spec_message(std::string_view rollout_name, const kube::Mistakes& mistakes);

}  // namespace sluice::crds
