// What the reference controller did in one scenario, as test/data/traces keeps it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "kube/client.h"
#include "kube/time.h"

namespace sluice::recordings {

namespace json = boost::json;

// What a person sees of a rollout at one moment. Two moments with equal rows are one.
struct Row {
  std::string phase;
  std::string message;
  std::optional<int> step;
  std::string stable;  // hashes
  std::string active;  // of blue/green
  bool operator==(const Row&) const = default;
};
Row row_of(const json::value& rollout);
// "Paused | CanaryPauseStep | step 1 | stable 55947b5ccd", with "| active <hash>" for blue/green.
std::string text_of(const Row& row);

struct TimedRow {
  kube::Duration at;  // since the start
  Row row;
};

// Something that a person did.
struct Act {
  kube::Duration at;
  std::vector<std::string> words;  // of the command; quotes are taken off; {"#", ...} for a remark
  std::string answer;              // what it printed
};

// One write of one object.
struct Version {
  kube::Duration at;
  kube::WatchType type;  // added, modified or deleted
  std::string kind;
  std::string name;
  std::string uid;
  json::value object;  // whole; the last state of a deleted one
};

struct Recording {
  std::string name;
  std::string rollout;  // the name of its Rollout
  kube::Time start;
  std::vector<json::value> manifests;
  std::vector<Act> acts;
  std::vector<TimedRow> rows;       // distinct neighbours
  std::vector<Version> versions;    // in the order of writes
  std::vector<std::string> events;  // "Rollout/web Normal RolloutUpdated: Rollout updated to revision 1"
  std::vector<std::string> writes;  // "patch rollouts/status", those that were taken, in order
};

// The names of all scenarios, sorted.
std::vector<std::string> all_recordings();
// Throws std::runtime_error for a file that is not as it should be.
Recording read_recording(const std::string& name);
// The text of a file of test/data/traces; nullopt when there is none.
std::optional<std::string> data_file(const std::string& name);

}  // namespace sluice::recordings
