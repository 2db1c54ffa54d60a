// How well a live object does, by the rules of its kind; and an application by its objects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "gitops/resource_id.h"

namespace sluice::gitops {

// From best to worst.
enum class HealthStatus { healthy, suspended, progressing, missing, degraded, unknown };

// "Healthy", "Suspended", ...
const char* name_of(HealthStatus status);

struct Health {
  HealthStatus status = HealthStatus::healthy;
  std::string message;
  bool operator==(const Health&) const = default;
};

// nullopt for kinds that have no health, such as a ConfigMap.
std::optional<Health> assess_health(const json::value& live);

struct ResourceHealth {
  ResourceId id;
  bool is_live = true;
  bool counts = true;  // false for hooks and objects whose health is to be ignored
  std::optional<Health> health;
};

// The worst of the objects, with the names of up to three that are to blame. Missing only when nothing at all is there.
Health assess_application(const std::vector<ResourceHealth>& resources);

}  // namespace sluice::gitops
