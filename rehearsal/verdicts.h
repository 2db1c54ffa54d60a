// The analysis of a rehearsal: every AnalysisRun takes as long as its metrics say and ends as the course wants it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "crds/analysis.h"
#include "kube/clock.h"
#include "kube/tasks.h"
#include "sandbox/api.h"

namespace sluice::rehearsal {

// How long the measurements of a run take until all of them have succeeded; nullopt when it measures until it is
// stopped. A Job takes as long as the `sleep N` in its command, or `job_takes` without one; other measurements take no
// time.
std::optional<kube::Duration> length_of_success(const crds::AnalysisRunSpec& spec, kube::Duration job_takes);
// Until a run whose measurements all fail has failed.
kube::Duration length_of_failure(const crds::AnalysisRunSpec& spec, kube::Duration job_takes);

// `api`, `clock` and `tasks` outlive it, and it outlives the tasks' run.
class Verdicts {
 public:
  Verdicts(sandbox::Api& api, kube::Clock& clock, kube::Tasks& tasks, kube::Duration job_takes, bool first_fails);
  Verdicts(const Verdicts&) = delete;
  Verdicts& operator=(const Verdicts&) = delete;

  // No run is left that ends by itself.
  bool are_all_given() const;
  int given() const { return given_; }

 private:
  void note(const sandbox::Change& change);
  void take_up(kube::ObjectKey run, const crds::AnalysisRunSpec& spec);
  boost::asio::awaitable<void> give(kube::ObjectKey run, kube::Duration after, bool fails);
  void end(const kube::ObjectKey& run, const std::string& phase, const std::string& message);

  sandbox::Api& api_;
  kube::Clock& clock_;
  kube::Tasks& tasks_;
  kube::Duration job_takes_;
  bool next_fails_;
  int given_ = 0;
  std::map<kube::ObjectKey, bool> open_;  // runs without an end; true when only somebody else ends them
};

}  // namespace sluice::rehearsal
