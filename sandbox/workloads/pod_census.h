// Counting the pods of a set and choosing which of them go first.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/metadata.h"
#include "kube/time.h"

namespace sluice::sandbox {

namespace json = boost::json;

struct Pod {
  kube::ObjectKey key;
  std::shared_ptr<const json::value> object;
};

struct PodCensus {
  int replicas = 0;
  int fully_labelled = 0;  // carry every label of the template
  int ready = 0;
  int available = 0;                         // ready for minReadySeconds
  std::optional<kube::Time> next_available;  // when time alone makes the next pod available
};

// `pods` neither finished nor terminating.
PodCensus count(const std::vector<Pod>& pods, const json::object& template_labels, kube::Duration min_ready,
                kube::Time now);

// The order in which a set gives pods up, as Kubernetes does: without a node, not running, not ready, of lower deletion
// cost, ready for a shorter time, restarted more often, younger; then by name.
void sort_by_worth(std::vector<Pod>& pods);

}  // namespace sluice::sandbox
