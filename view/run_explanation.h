// An analysis run as a person is told of it: what each metric asks, what came back, by which rule, and what would have
// to be different for another verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/time.h"

namespace sluice::view {

struct MeasurementLine {
  std::optional<kube::Time> at;  // when it ended, or began if it lasts
  std::string phase;
  std::string value;  // "" when there is none
  std::string message;
  bool operator==(const MeasurementLine&) const = default;
};

struct MetricExplanation {
  std::string name;
  std::string phase;
  bool dry_run = false;
  std::string rhythm;                 // "every 30s, 5 times"
  std::string source;                 // "Prometheus at http://prometheus:9090"
  std::vector<std::string> queries;   // as they were really asked
  std::string window;                 // "each looks back 1m"; "" when it is not known
  std::vector<std::string> rules;     // "successful when result[0] >= 0.95"
  std::vector<std::string> evidence;  // of a comparison: where it stands
  std::vector<MeasurementLine> measurements;
  std::size_t dropped = 0;         // measurements that were made and are not kept
  std::vector<std::string> flips;  // what would change the verdict
  bool operator==(const MetricExplanation&) const = default;
};

struct RunExplanation {
  std::string ns;
  std::string name;
  std::string phase;
  std::string message;
  std::optional<kube::Time> started;
  std::optional<kube::Time> ended;
  std::vector<MetricExplanation> metrics;
  std::vector<std::string> notes;
};

// Several lines with a line feed at the end of each.
std::string text_of(const RunExplanation& run, kube::Time now);

}  // namespace sluice::view
