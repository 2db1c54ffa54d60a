// Doing again what a person did in a recording, on any cluster: simulated or real.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "test/recordings/recording.h"

namespace sluice::recordings {

namespace net = boost::asio;

// Where a story is told. `client` acts as the person; it and `clock` outlive the telling.
struct Stage {
  kube::Client& client;
  kube::Clock& clock;
  std::string ns;
  // From now on the metrics server answers this sample: "0.5"; "" for an empty vector; "500" for that HTTP status.
  std::function<void(const std::string& answer)> metrics;
  // For an object of the recording's manifests before it is created.
  std::function<void(json::value& object)> adapt = [](json::value&) {};
  // What was done in the midst of progress is done as soon as that progress is seen: where pods are ready in their own
  // time, it may be over when the recorded time comes.
  bool acts_on_sight = false;
};

struct Telling {
  std::vector<TimedRow> rows;      // what the rollout went through; distinct neighbours
  std::vector<std::string> notes;  // where the cluster did not come to the state in which the person acted
  bool is_over = false;
};

// Follows the Rollout and does the acts from number `first` (0 for the first) on: each not before its time, and not
// before the rollout is where it was in the recording when the person acted. `began` is the time of the recording's
// start. Ends when the rollout is where the recording ended, or after a while with a note. Throws std::runtime_error
// when an act is refused that was not refused in the recording, or the other way round.
net::awaitable<void> tell(const Recording& recording, Stage stage, std::size_t first, kube::Time began,
                          Telling& telling);

}  // namespace sluice::recordings
