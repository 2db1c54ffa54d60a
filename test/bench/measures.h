// What the program can measure. Each prints JSON lines, one per sample; an incorrect run throws and has no result.
#pragma once

#include <cstddef>
#include <string>

#include <boost/json/object.hpp>

namespace sluice::bench {

// One line on standard output: {"bench": name, ...values}.
void print_sample(const std::string& bench, boost::json::object values);

// B1 and B5: the controller started on `rollouts` Rollouts at rest; then `idle_seconds` in which nothing happens.
void measure_idle(const std::string& controller, std::size_t rollouts, std::size_t foreign, int idle_seconds);

enum class Story { canary, blue_green, abort };
// B2: `times` updates, one at a time, whose pods become ready together after `pod_milliseconds`.
void measure_updates(const std::string& controller, Story story, int times, int pod_milliseconds);

// B4: `runs` AnalysisRuns of 3 metrics at 10 s, created at once, watched for `length` seconds after they have settled.
void measure_lateness(const std::string& controller, int runs, int length);
// What the controller keeps of `runs` finished AnalysisRuns.
void measure_finished_runs(const std::string& controller, int runs);

// B12: reading objects and deciding, in this process.
void measure_parts(int repetitions);

}  // namespace sluice::bench
