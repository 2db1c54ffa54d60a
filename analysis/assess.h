// The life of an AnalysisRun as a pure decision: what its status should be, what is measured next, when to look again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/beat.h"
#include "crds/analysis.h"
#include "kube/time.h"

namespace sluice::analysis {

// What a provider has found out since the status was written: a measurement that has begun, or the newer state of the
// one that was unfinished. Those of one metric are in the order in which they happened.
struct Outcome {
  std::string metric;
  crds::Measurement measurement;
  kube::StringMap metadata;  // of the metric, such as the query with its arguments filled in
};

// A run as it is known at one moment.
struct RunObservation {
  const crds::AnalysisRunSpec& spec;      // metrics with their arguments filled in; outlives the call
  const crds::AnalysisRunStatus& status;  // as the server has it; outlives the call
  std::string problem;                    // why the run cannot be measured at all; "" when it can
  std::vector<Outcome> outcomes;          // not yet in the status
  std::vector<std::string> under_way;     // metrics for which a provider is at work right now
  // By metric, for those that this process has begun to measure; without one the whole seconds of the status count.
  std::map<std::string, Beat> beats = {};
};

// A measurement to begin. `number` counts the measurements of the metric from 1 and names its Job.
struct Start {
  std::size_t metric = 0;  // index in the spec
  std::int64_t number = 1;
  kube::Time due = {};  // when it should begin; never in the future
};

struct RunEvent {
  std::string reason;  // "AnalysisRunFailed", "MetricSuccessful"
  bool warning = false;
  std::string message;
};

struct RunDecision {
  crds::AnalysisRunStatus status;  // what the server should have
  std::vector<Start> start;
  std::vector<std::size_t> resume;     // metrics (index in the spec) whose unfinished measurement is looked at again
  std::vector<std::size_t> terminate;  // metrics whose unfinished measurement is to be ended
  std::vector<RunEvent> events;        // to be told once the status is written
  // The run lasts and nothing has got a verdict: the write may wait a moment for what is under way.
  bool write_can_wait = false;
  bool remove = false;                // its time to live is over: delete it
  std::optional<kube::Time> wake_at;  // when time alone may change this decision
};

// Total: answers every observation. A settled run answers with its own status, no work and no wake-up.
RunDecision assess(const RunObservation& seen, kube::Time now);

}  // namespace sluice::analysis
