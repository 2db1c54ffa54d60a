// What differs between Git and the cluster, object by object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "gitops/normalize.h"
#include "gitops/ownership.h"
#include "gitops/resource_id.h"
#include "gitops/targets.h"

namespace sluice::gitops {

enum class SyncStatus { unknown, synced, out_of_sync };

// "Unknown", "Synced", "OutOfSync".
const char* name_of(SyncStatus status);

// A live object and the application instance that owns it ("" for none).
struct LiveObject {
  std::shared_ptr<const json::value> object;
  std::string owner;
};
using LiveObjects = std::map<ResourceId, LiveObject>;

// The patch that takes `live` to `desired`, empty when they agree in everything that counts.
struct Difference {
  json::object patch;
  bool lent = false;  // fields were taken over from `live`: write only on that version of it
};

Difference difference(const json::value& desired, const json::value& live, const Ownership& ownership,
                      const std::vector<IgnoreRule>& ignored);

struct ComparedResource {
  ResourceId id;
  std::string version;
  std::shared_ptr<const json::value> desired;  // nullptr when it has left Git
  std::shared_ptr<const json::value> live;     // nullptr when it is not there
  SyncStatus status = SyncStatus::unknown;
  bool hook = false;              // runs during a sync; neither compared nor counted
  bool requires_pruning = false;  // ours, and no longer in Git
  bool kind_is_known = true;
  std::vector<std::string> changed;  // paths, the first few
};

struct Comparison {
  std::vector<ComparedResource> resources;  // in the order of Git, what must go last
  SyncStatus status = SyncStatus::synced;
  std::vector<std::string> shared;  // objects that another application owns
};

// `live` holds the objects at the targets' places and all that `instance` owns.
Comparison compare(const Targets& targets, const LiveObjects& live, const std::string& instance,
                   const Ownership& ownership, const std::vector<IgnoreRule>& ignored);

// True for a target with a hook annotation.
bool is_hook(const json::value& object);

}  // namespace sluice::gitops
