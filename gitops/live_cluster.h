// The live objects of all applications: one watch per kind that any of them uses, kept as compact text.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gitops/compare.h"
#include "gitops/ownership.h"
#include "gitops/resource_id.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/store.h"
#include "kube/tasks.h"

namespace sluice::gitops {

// One live object: its JSON text without managedFields.
struct LiveRecord {
  std::string text;
  std::string uid;
  std::string version;  // resourceVersion
  std::string owner;    // instance that tracks it; "" for none
};

class LiveCluster {
 public:
  // Told which instance an event concerns, after the objects have changed; "" when a Rollout, an autoscaler or the end
  // of a first list may concern any.
  using Listener = std::function<void(const std::string& instance)>;

  struct Options {
    std::string ns;  // "" for all namespaces
  };

  // Everything that is passed outlives the tasks.
  LiveCluster(kube::Client& client, kube::Clock& clock, const kube::Log& log, kube::Tasks& tasks, Options options,
              Listener listener);
  ~LiveCluster();

  // Starts watching a kind, once.
  void watch(const kube::Resource& resource);
  bool is_synced(const kube::Resource& resource) const;

  // Says which objects an instance wants to see besides those that it tracks, instead of those it named before. Answers
  // those that are wanted newly while their kind is watched already; the caller reads and offers them.
  std::vector<ResourceId> want(const std::string& instance, std::set<ResourceId> ids);
  void forget(const std::string& instance);
  // An object as a read has just shown it; ignored when a newer one is known.
  void offer(const json::value& object);

  // The record of an object; nullptr when it is not there or nobody asked for it.
  const LiveRecord* find(const ResourceId& id) const;
  // What an instance tracks or wants, parsed.
  LiveObjects objects_of(const std::string& instance) const;
  // What Rollouts and autoscalers of these namespaces own.
  Ownership ownership(const std::set<std::string>& namespaces) const;

  // Notes a write of this program; until the watch has shown it, is_current() answers false for its instance. A
  // deletion is noted with version "".
  void note_own_write(const std::string& instance, const ResourceId& id, const std::string& version);
  bool is_current(const std::string& instance) const;

 private:
  class Kind;
  friend class Kind;

  void upsert(const json::value& object);
  void erase(const ResourceId& id);
  void settle_write(const ResourceId& id, const std::string& version, bool deleting);
  bool is_wanted(const ResourceId& id) const;
  void tell(const ResourceId& id, const std::string& owner);

  kube::Client& client_;
  kube::Clock& clock_;
  const kube::Log& log_;
  kube::Tasks& tasks_;
  Options options_;
  Listener listener_;
  std::map<std::string, std::unique_ptr<Kind>> kinds_;  // by "group/version/kind"
  std::map<ResourceId, LiveRecord> records_;
  std::map<std::string, std::set<ResourceId>> tracked_;  // by instance
  std::map<std::string, std::set<ResourceId>> wanted_;   // by instance
  std::map<ResourceId, std::set<std::string>> wanted_by_;
  std::map<std::string, std::map<ResourceId, std::string>> owners_;  // Rollouts and autoscalers by namespace, trimmed
  struct OwnWrite {
    std::string instance;
    std::string version;  // "" for a deletion
    unsigned list = 0;    // lists that had begun when it was noted
  };
  std::map<ResourceId, OwnWrite> own_writes_;
};

}  // namespace sluice::gitops
