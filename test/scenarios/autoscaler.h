// A HorizontalPodAutoscaler as a cluster has it: it knows the Rollout only through the scale subresource.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kube/time.h"
#include "test/simulation/world.h"

namespace sluice::simulation {

// Every 15 s it asks for ceil(ready pods that status.selector finds × usage / target), within the limits; within 10 %
// of the target it lets be, and it shrinks only to the largest number of the last 300 s.
class Autoscaler {
 public:
  // Usage as a share of the target for one pod, given the number of ready pods: constant for memory, falling for work
  // that is divided among them.
  using Usage = std::function<double(int ready_pods)>;
  // Works on the Rollout "web" as long as it lives; `world` outlives it.
  Autoscaler(World& world, int least, int most, Usage usage);
  ~Autoscaler() { *is_alive_ = false; }
  Autoscaler(const Autoscaler&) = delete;
  Autoscaler& operator=(const Autoscaler&) = delete;

  // All numbers that it has asked for, the first at its start.
  const std::vector<int>& asked() const { return asked_; }
  int largest() const;

 private:
  void look();
  void look_again();

  World& world_;
  int least_;
  int most_;
  Usage usage_;
  std::vector<int> asked_;
  std::vector<std::pair<kube::Time, int>> wishes_;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::simulation
