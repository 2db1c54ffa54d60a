// Why a rollout stands where it stands, as a person is told: where it is, what holds it, and what comes next.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kube/time.h"
#include "view/phase.h"
#include "view/rollout_view.h"

namespace sluice::view {

// One thing that holds the rollout back, with what was seen in the cluster.
struct Obstacle {
  std::string guard;                // its short name: "capacity", "pause", "analysis", "route", ...
  std::string sentence;             // "2 of 5 canary pods are available"
  std::string release;              // "3 more become available"; "" when nobody can say
  std::optional<kube::Time> since;  // nullopt when that is not recorded
  bool operator==(const Obstacle&) const = default;
};

// Something that will happen. Without a time it follows what stands before it.
struct Outlook {
  std::optional<kube::Time> at;
  std::string sentence;  // "the canary gets 50 % of the requests"
  bool operator==(const Outlook&) const = default;
};

struct Explanation {
  std::string ns;
  std::string name;
  PhaseView phase;
  std::string place;                // "step 2 of 6, pause: 1m"; "" where there are no steps
  std::vector<Obstacle> obstacles;  // the most important first; empty when nothing holds it
  std::vector<std::string> pods;    // those that do not serve, and what is known of each
  std::vector<std::string> due;     // what the controller is about to write
  std::vector<Outlook> next;        // in the order in which it will happen
  std::vector<std::string> unseen;  // what cannot be observed here, so that it is assumed
  std::vector<std::string> notes;   // about the answer itself: what could not be read
};

// What is known of the pods that do not serve: "pod web-abc-x of revision 2: ImagePullBackOff, 0 of 1 containers
// ready". At most `most` of them, and then how many more there are.
std::vector<std::string> pods_that_do_not_serve(const RolloutView& view, std::size_t most = 5);

// Several lines with a line feed at the end of each. Ages are counted from `now`.
std::string text_of(const Explanation& explanation, kube::Time now);
// "held by capacity: 2 of 5 canary pods are available; goes on when 3 more become available". "" for none.
std::string sentence_of(const Obstacle& obstacle);

}  // namespace sluice::view
