// Another writer of an object: a GitOps engine that puts back what its manifest says, whenever it sees something else.
#pragma once

#include <memory>
#include <string>

#include "kube/resource.h"
#include "test/simulation/world.h"

namespace sluice::simulation {

// Puts back by a merge patch as often as the controllers change the object. Each time it waits for `delay` first.
class Restorer {
 public:
  // Works as long as it lives; `world` outlives it.
  Restorer(World& world, const kube::Resource& resource, std::string name, std::string patch, kube::Duration delay)
      : parts_(std::make_shared<Parts>(Parts{world, resource, std::move(name), std::move(patch), delay, 0, true})) {
    world.api().listen([parts = parts_](const sandbox::Change& change) { note(parts, change); });
  }
  ~Restorer() { parts_->is_alive = false; }
  Restorer(const Restorer&) = delete;
  Restorer& operator=(const Restorer&) = delete;

  int times() const { return parts_->times; }

 private:
  struct Parts {
    World& world;
    kube::Resource resource;
    std::string name;
    std::string patch;
    kube::Duration delay;
    int times = 0;
    bool is_alive = true;
  };
  static void note(const std::shared_ptr<Parts>& parts, const sandbox::Change& change) {
    if (!parts->is_alive || change.plural != parts->resource.plural || change.key.name != parts->name) return;
    if (parts->world.acting().actor() != Actor::controller) return;
    parts->world.later(parts->delay, [parts] {
      if (!parts->is_alive) return;
      ++parts->times;
      parts->world.patch(parts->resource, parts->name, parts->patch);
    });
  }

  std::shared_ptr<Parts> parts_;
};

}  // namespace sluice::simulation
