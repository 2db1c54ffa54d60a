// Sluice in the place of a reference controller that stopped between two of its writes.
#pragma once

#include <string>
#include <vector>

#include "retelling.h"
#include "test/recordings/moments.h"

namespace sluice::simulation {

// A simulated cluster in which everything is as it was at one moment of a recording: objects with their uids and
// status, and the pods that the status of the ReplicaSets tells of. Times are moved so that the moment is now.
class Takeover {
 public:
  Takeover(const recordings::Recording& recording, const recordings::Moment& moment);

  // Starts Sluice and lets the time pass until the rollout is where the story wants it before a person acts again.
  // Answers what is not as it should be, "" when all is: the place, the sizes, and that no pod and no ReplicaSet was
  // replaced that the reference kept.
  std::string reach(const recordings::Goal& goal);
  // The first invariant that was violated; "" for none.
  std::string violation() const;
  // Starts Sluice and tells the rest of the story; answers what is not as it should be at the end.
  std::string tell_the_rest();

 private:
  void load(const recordings::Version& version);
  void load_pods(const json::value& set);
  std::string fault(const recordings::Goal& goal) const;
  std::string pods_lost(const recordings::Goal& goal) const;
  std::string last_words() const;

  const recordings::Recording& recording_;
  const recordings::Moment& moment_;
  Retelling retelling_;
  std::map<std::string, std::vector<std::string>> pods_;  // loaded, by name of their ReplicaSet
};

}  // namespace sluice::simulation
