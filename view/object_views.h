// Views of the objects that rollouts and experiments are made of: ReplicaSets with their pods, runs with their Jobs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis.h"
#include "crds/workloads.h"
#include "kube/time.h"

namespace sluice::view {

using Pods = std::vector<std::shared_ptr<const crds::Pod>>;
using Runs = std::vector<std::shared_ptr<const crds::AnalysisRun>>;

struct PodView {
  std::string name;
  std::string status;  // as kubectl says it: Running, Terminating, CrashLoopBackOff, ...
  std::string age;
  int ready_containers = 0;
  int containers = 0;
  int restarts = 0;
};

struct ReplicaSetView {
  std::string name;
  std::string status;  // Healthy, Progressing, ScaledDown or ReplicaFailure
  std::string age;
  std::vector<std::string> tags;     // of stable, canary, active, preview, ping, pong, in this order
  std::optional<std::string> delay;  // until it is scaled down: "24s", or "passed"
  int desired = 0;
  int available = 0;
  std::vector<PodView> pods;
};

struct JobView {
  std::string name;
  std::string status;
  std::string age;
};

struct AnalysisRunView {
  std::string name;
  std::string phase;
  std::string message;
  std::string age;
  int successful = 0;
  int failed = 0;
  int inconclusive = 0;
  int errors = 0;
  std::vector<JobView> jobs;
};

struct ImageView {
  std::string image;
  std::vector<std::string> tags;
};

// The revision that an object was made for; 0 when it does not say.
std::int64_t revision_of(const kube::ObjectMeta& meta);
bool is_owned_by(const kube::ObjectMeta& meta, const std::string& uid);
// "3m12s"; "" when the moment is not known.
std::string age_of(const std::optional<kube::Time>& since, kube::Time now);

std::vector<PodView> pods_of(const crds::ReplicaSet& set, const Pods& pods, kube::Time now);
// Without tags.
ReplicaSetView set_view(const crds::ReplicaSet& set, const Pods& pods, kube::Time now);
AnalysisRunView run_view(const crds::AnalysisRun& run, kube::Time now);
// Those of one owner, oldest first.
std::vector<AnalysisRunView> runs_of(const Runs& runs, const std::string& owner, kube::Time now);

}  // namespace sluice::view
