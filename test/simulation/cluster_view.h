// The cluster as the oracle sees it: what every object says, in plain values, kept up to date by each committed change.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/rollout.h"
#include "kube/metadata.h"
#include "sandbox/api.h"

namespace sluice::simulation {

using kube::ObjectKey;

struct SetView {
  std::string name;
  std::string hash;
  std::string uid;
  std::string owner;  // uid of the controlling owner
  int desired = 0;
  kube::Time created;
  bool has_deadline = false;
};

struct ServiceView {
  std::string hash;   // that it selects; "" for none
  int endpoints = 0;  // ready ones that its slices publish
};

struct RouteView {
  std::vector<std::map<std::string, int>> rules;  // weight by Service
  bool is_reported = false;                       // a router has said something about it
  bool is_accepted = false;                       // the router's word is about this generation
  // The largest share, in percent, that a rule with this Service gives to it; -1 when no rule names it.
  int share(const std::string& service) const;
};

struct RunView {
  std::string name;
  std::string owner;
  std::string hash;
  std::string type;  // Step, Background, PrePromotion, PostPromotion
  int step = -1;
  std::string phase;
  kube::Time created;
};

class ClusterView {
 public:
  void note(const sandbox::Change& change);

  const std::map<ObjectKey, std::shared_ptr<const crds::Rollout>>& rollouts() const { return rollouts_; }
  // The sets that a Rollout controls.
  std::vector<const SetView*> sets_of(const crds::Rollout& rollout) const;
  const SetView* set_with(const crds::Rollout& rollout, const std::string& hash) const;
  const SetView* set(const ObjectKey& key) const;
  const ServiceView* service(const ObjectKey& key) const;
  const RouteView* route(const ObjectKey& key) const;
  // The routes with this Service as a backend.
  std::vector<ObjectKey> routes_with(const std::string& ns, const std::string& service) const;
  std::vector<const RunView*> runs_of(const crds::Rollout& rollout) const;
  // Pods of a set that are Ready and not terminating.
  int ready_pods(const std::string& set_uid) const;
  // An object of that uid exists and is a Rollout, an AnalysisRun or an Experiment.
  bool is_known_owner(const std::string& uid) const { return owners_.contains(uid); }

 private:
  struct PodView {
    std::string set;  // uid
    bool is_ready = false;
  };
  struct SliceView {
    ObjectKey service;
    int ready = 0;
  };
  void note_slice(const sandbox::Change& change);
  void note_pod(const sandbox::Change& change);

  std::map<ObjectKey, std::shared_ptr<const crds::Rollout>> rollouts_;
  std::map<ObjectKey, SetView> sets_;
  std::map<ObjectKey, ServiceView> services_;
  std::map<ObjectKey, RouteView> routes_;
  std::map<ObjectKey, RunView> runs_;
  std::map<ObjectKey, PodView> pods_;
  std::map<std::string, int> ready_;  // pods, by uid of their set
  std::map<ObjectKey, SliceView> slices_;
  std::map<std::string, std::string> owners_;  // uid -> name
};

// What an object says that matters to a rollout, in a few words; "" when nothing does.
std::string described(const sandbox::Change& change);

}  // namespace sluice::simulation
