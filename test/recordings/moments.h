// The states of a cluster between the writes of a recording.
#pragma once

#include <string>
#include <vector>

#include "test/recordings/recording.h"

namespace sluice::recordings {

// Everything that existed right after one write.
struct Moment {
  std::size_t write = 0;  // its number in Recording::versions
  kube::Duration at{};
  std::vector<const Version*> objects;
  std::size_t next_act = 0;  // the first of Recording::acts that is still to come; remarks do not count
  // Equal for moments that a controller cannot tell apart but by how long ago something was.
  std::string canonical;

  const json::value* find(std::string_view kind, std::string_view name) const;
};

// One after each write; pointers go into the recording.
std::vector<Moment> moments_of(const Recording& recording);

// What the story demands of one moment: where the rollout was when the person acted next, or at the end.
struct Goal {
  Row row;
  kube::Duration end{};  // when that was
  bool is_over = false;  // the Rollout does not exist any more
  // spec.replicas by name of the ReplicaSet; empty when sizes were changing at that time.
  std::map<std::string, std::int64_t> sizes;
  // The smallest spec.replicas that each ReplicaSet of the moment has until then.
  std::map<std::string, std::int64_t> smallest;
  std::vector<std::string> sets;  // all that exist at any time until then
  bool restarts = false;          // pods are replaced on purpose
};
Goal goal_of(const Recording& recording, const Moment& moment);
// Where the story ends.
Goal last_goal(const Recording& recording);

}  // namespace sluice::recordings
