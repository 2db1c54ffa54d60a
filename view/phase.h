// How a rollout is doing, as a client sees it: the stored phase, unless the controller has not looked yet.
#pragma once

#include <string>
#include <string_view>

#include "crds/rollout.h"

namespace sluice::view {

struct PhaseView {
  std::string phase;  // "Healthy", "Degraded", "Progressing", "Paused"
  std::string message;
  // "Progressing - more replicas need to be updated", or the phase alone.
  std::string text() const { return message.empty() ? phase : phase + " - " + message; }
};

PhaseView phase_of(const crds::Rollout& rollout);

// The sign in front of a status: "✔", "✖", "⚠", "◌", "◷", "?", "॥", "•" or "".
std::string_view rollout_icon(std::string_view phase);
std::string_view replica_set_icon(std::string_view status);
std::string_view pod_icon(std::string_view status);
std::string_view analysis_icon(std::string_view phase);

}  // namespace sluice::view
