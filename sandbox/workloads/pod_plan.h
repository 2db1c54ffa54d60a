// What will become of a pod, read from its manifest: how long it takes to start, whether it ever does, when it ends.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/time.h"

namespace sluice::sandbox {

namespace json = boost::json;

enum class PodFate {
  runs,          // until it is deleted
  never_starts,  // an image that cannot be pulled: it contains "does-not-exist" or ends in ":error"
  crashes,       // a command that begins with "/bad-": started again and again
  flaps,         // annotation `sluice.test/crashes-after: "N"`: is ready for N seconds, crashes, is started again ...
  breaks,        // annotation `sluice.test/broken: "true"`, also later: runs, and fails its readiness probe until then
  ends           // the pod of a Job: after its `sleep N`, with its `exit N`
};

// Lengths from the birth of the pod, but `stops` from the request to delete it.
struct PodPlan {
  PodFate fate = PodFate::runs;
  kube::Duration starts{};  // containers run
  kube::Duration ready{};   // containers are ready
  kube::Duration ends{};    // containers have ended
  kube::Duration serves{};  // of a flapping pod: from ready to the crash
  int exit_code = 0;
  kube::Duration stops{};  // the preStop sleep
};

// `seed` and the name of the pod choose the start between `shortest` and `longest`. Ready is the longest of the start,
// annotation `sluice.test/ready-after: "N"`, readinessProbe.initialDelaySeconds + 1 s and a postStart `sleep N` + 1 s.
PodPlan plan_of(const json::value& pod, std::uint64_t seed, kube::Duration shortest, kube::Duration longest);

// The length of the first `sleep N[smhd]` in a command line; zero when there is none.
kube::Duration sleep_in(std::string_view command);
// The code of the first `exit N`; 0 when there is none.
int exit_code_in(std::string_view command);

// How often a crashing container has been started anew after this time of crashing, and when: the pauses are 10 s, 20
// s, 40 s ... at most 5 min.
struct CrashLoop {
  int restarts = 0;
  kube::Duration last{};  // from the first crash to the newest
  kube::Duration next{};  // from the first crash to the one to come
};
CrashLoop crash_loop(kube::Duration crashing);

// The same for a container that runs for `serves` before each crash, and is there again at once after each pause.
struct FlapLoop {
  int restarts = 0;
  bool is_down = false;
  kube::Duration last{};  // from the first start to the newest crash
  kube::Duration next{};  // from the first start to the change to come
};
FlapLoop flap_loop(kube::Duration serves, kube::Duration running);

}  // namespace sluice::sandbox
