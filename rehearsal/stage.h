// One course of a rehearsal: the real decisions on a cluster in one process, on virtual time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "rehearsal/timeline.h"

namespace sluice::rehearsal {

// What happens besides the change of the Rollout.
enum class Fate {
  well,              // pods start and all analysis succeeds
  failing_analysis,  // the first AnalysisRun fails
  pods_never_ready,  // no pod of the new version ever becomes ready
  rescaled,          // an autoscaler doubles spec.replicas as soon as the new version has a pod
};

struct Script {
  std::vector<boost::json::value>
      surroundings;           // namespaced objects that are there before: Services, routes, templates
  boost::json::value before;  // the Rollout whose version is stable
  boost::json::value after;   // the Rollout that is applied over it
  Fate fate = Fate::well;
  kube::Duration promote_after{0};  // how long a person lets an update wait that pauses for one
  kube::Duration job_takes{0};      // a Job of an analysis that does not say it itself by a `sleep`
};

struct Staged {
  Course course;
  bool had_analysis = false;
  std::vector<std::string> blind_spots;  // what no router reports
};

// Plays one course to its end. The same script gives the same course, byte for byte.
Staged play(const Script& script);

}  // namespace sluice::rehearsal
