// One thing that a cluster does by itself, such as making pods for ReplicaSets.
#pragma once

#include <string_view>

#include "sandbox/api.h"

namespace sluice::sandbox {

// Level-triggered: reconcile() looks at the state as it is and may be called at any time, for any name, also for
// objects that are gone.
class Behaviour {
 public:
  virtual ~Behaviour() = default;
  // Told of every committed change while the write is still in progress: only puts names on the agenda.
  virtual void noted(const Change& change) = 0;
  // False when a write was refused; it is tried again later.
  virtual bool reconcile(const kube::ObjectKey& key) = 0;
};

}  // namespace sluice::sandbox
