// What is wrong with the `compare` part of a metric.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/mistake.h"

namespace sluice::crds {

struct Compare;
struct Metric;

// Every mistake at once; paths begin with `at`, such as "spec.metrics[0]". What holds "{{args.x}}" is not judged.
// Nothing when the metric has no such part.
kube::Mistakes validate_compare(const Metric& metric, const std::string& at);

// What an author should know although it is no mistake.
kube::Mistakes warnings_of_compare(const Metric& metric, const std::string& at);

// The boundaries of latency in ascending order; empty for "auto" and for none. nullopt: neither numbers nor "auto".
std::optional<std::vector<double>> boundaries_of(const Compare& compare);

}  // namespace sluice::crds
