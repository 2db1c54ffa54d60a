// The status that a node would report for a pod at one moment.
#pragma once

#include <optional>
#include <string>

#include <boost/json/fwd.hpp>

#include "sandbox/workloads/pod_plan.h"

namespace sluice::sandbox {

// Where the pod was put.
struct PodPlace {
  std::string host_ip;
  std::string pod_ip;
};

// The members of status as they should be, `now` being a time since `born`. Conditions of others (readiness gates) are
// kept, and the transition times of conditions that stay.
json::object status_of(const json::value& pod, const PodPlan& plan, const PodPlace& place, kube::Time born,
                       kube::Time now);

// The members of status while no node takes the pod.
json::object status_of_unscheduled(const json::value& pod, kube::Time now);

// The next moment at which time alone changes that status.
std::optional<kube::Time> next_change(const PodPlan& plan, kube::Time born, kube::Time now);

}  // namespace sluice::sandbox
