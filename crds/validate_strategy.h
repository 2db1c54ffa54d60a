// What is wrong with the strategy of a Rollout by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "crds/rollout.h"
#include "kube/mistake.h"

namespace sluice::crds {

// In the order of the reference. `spec` has a strategy of that kind.
kube::Mistakes validate_blue_green(const RolloutSpec& spec);
kube::Mistakes validate_canary(const RolloutSpec& spec);

// The part that both have.
void validate_anti_affinity(const Seldom<AntiAffinity>& anti_affinity, kube::Mistakes& mistakes);

// A number of pods, or a percentage with or without "%"; nullopt for other text.
std::optional<std::int64_t> amount_in(const kube::IntOrString& value);
// Text that is no amount, and negative ones. Without a check they would silently count as none.
void validate_amount(const Seldom<kube::IntOrString>& value, std::string path, kube::Mistakes& mistakes);

}  // namespace sluice::crds
