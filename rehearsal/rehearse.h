// Rehearsing an update before it is made: what manifests and a change of them would do, in the courses it may take.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "kube/result.h"
#include "rehearsal/timeline.h"

namespace sluice::rehearsal {

struct RehearsalOptions {
  // The Rollout as it is now; without it the manifests are also what is there, with another version in the pods.
  std::optional<boost::json::value> live;
  std::vector<std::pair<std::string, std::string>> images;  // container ("*" for all) and its new image
  kube::Duration promote_after{0};                          // how long a person lets it wait
  // How long a Job of an analysis takes that does not say it itself by a `sleep N` in its command.
  kube::Duration job_takes = std::chrono::seconds(30);
};

// The first Rollout among the manifests is updated; the others are what it refers to. Objects that it refers to and
// that are missing are made up, which a warning tells. Fault::invalid when there is no Rollout, or when the sandbox
// refuses an object, with the reason.
kube::Result<Rehearsal> rehearse(std::vector<boost::json::value> manifests, const RehearsalOptions& options);

}  // namespace sluice::rehearsal
