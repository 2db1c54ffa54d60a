// One entry of status.conditions of a Rollout or an Experiment.
#pragma once

#include "crds/word.h"
#include "kube/time.h"

namespace sluice::crds {

struct Condition {
  Word type;
  Word status;  // "True", "False" or "Unknown"
  kube::Time last_update_time;
  kube::Time last_transition_time;
  Word reason;
  Word message;

  bool operator==(const Condition&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("type", self.type);
    visit.always("status", self.status);
    visit.always("lastUpdateTime", self.last_update_time);
    visit.always("lastTransitionTime", self.last_transition_time);
    visit.always("reason", self.reason);
    visit.always("message", self.message);
  }
};

}  // namespace sluice::crds
