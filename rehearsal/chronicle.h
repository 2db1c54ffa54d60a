// Watches the cluster of a rehearsal and tells what changes, in words and by the time since the beginning.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kube/clock.h"
#include "kube/metadata.h"
#include "rehearsal/timeline.h"
#include "sandbox/api.h"

namespace sluice::rehearsal {

// `api` and `clock` outlive it; it must stay alive as long as the API is written to.
class Chronicle {
 public:
  Chronicle(sandbox::Api& api, kube::Clock& clock, kube::ObjectKey rollout);
  Chronicle(const Chronicle&) = delete;
  Chronicle& operator=(const Chronicle&) = delete;

  // From now on; what is there is the old version.
  void begin();
  void tell(std::string what);

  const std::vector<Moment>& moments() const { return moments_; }
  // Of anything at all in the cluster but its Leases and Events.
  kube::Time last_change() const { return last_change_; }
  // When the Rollout was last seen to change its phase, its abort or its stable version.
  kube::Time settled_at() const { return settled_at_; }
  bool saw_analysis() const { return saw_analysis_; }
  bool has_new_pods() const { return has_new_pods_; }
  // Available ones of all sets together, when they were most.
  int most_pods() const { return most_pods_; }

 private:
  void note(const sandbox::Change& change);
  void note_rollout(const boost::json::value& before, const boost::json::value& after);
  void note_set(const sandbox::Change& change);
  void note_service(const boost::json::value& before, const boost::json::value& after);
  void note_run(const sandbox::Change& change);
  std::string version_of(const std::string& hash) const;

  kube::Clock& clock_;
  kube::ObjectKey rollout_;
  bool is_telling_ = false;
  kube::Time began_;
  kube::Time last_change_;
  kube::Time settled_at_;
  std::set<std::string> old_hashes_;  // of sets that were there at the beginning
  std::set<std::string> known_hashes_;
  bool saw_analysis_ = false;
  bool has_new_pods_ = false;
  std::map<kube::ObjectKey, int> available_;  // pods, by their set
  int most_pods_ = 0;
  std::vector<Moment> moments_;
};

}  // namespace sluice::rehearsal
