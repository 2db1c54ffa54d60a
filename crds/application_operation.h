// A sync that somebody asked for, and how far it has come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/application_spec.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/time.h"

namespace sluice::crds {

struct SyncResource {
  std::string group;
  std::string kind;
  std::string name;
  std::string ns;  // "" matches any
  bool operator==(const SyncResource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("group", self.group);
    visit.required("kind", self.kind);
    visit.required("name", self.name);
    visit("namespace", self.ns);
  }
};

struct SyncForce {
  bool force = false;
  bool operator==(const SyncForce&) const = default;
  static void fields(auto& self, auto& visit) { visit("force", self.force); }
};

// `apply` runs no hooks; `hook` is the default.
struct SyncStrategy {
  std::optional<SyncForce> apply;
  std::optional<SyncForce> hook;
  bool operator==(const SyncStrategy&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("apply", self.apply);
    visit("hook", self.hook);
  }
};

struct SyncOperation {
  std::string revision;  // target revision when ""
  bool prune = false;
  bool dry_run = false;
  std::optional<SyncStrategy> sync_strategy;
  std::vector<SyncResource> resources;  // only these; all when empty
  Seldom<ApplicationSource> source;
  std::vector<std::string> manifests;  // instead of Git
  std::vector<std::string> sync_options;
  std::vector<ApplicationSource> sources;
  std::vector<std::string> revisions;
  std::int64_t auto_heal_attempts_count = 0;
  bool operator==(const SyncOperation&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("revision", self.revision);
    visit("prune", self.prune);
    visit("dryRun", self.dry_run);
    visit("syncStrategy", self.sync_strategy);
    visit("resources", self.resources);
    visit("source", self.source);
    visit("manifests", self.manifests);
    visit("syncOptions", self.sync_options);
    visit("sources", self.sources);
    visit("revisions", self.revisions);
    visit("autoHealAttemptsCount", self.auto_heal_attempts_count);
  }
};

struct OperationInitiator {
  std::string username;
  bool automated = false;
  bool operator==(const OperationInitiator&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("username", self.username);
    visit("automated", self.automated);
  }
};

struct Operation {
  std::optional<SyncOperation> sync;
  OperationInitiator initiated_by;
  std::vector<NameValue> info;
  RetryStrategy retry;
  bool operator==(const Operation&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("sync", self.sync);
    visit("initiatedBy", self.initiated_by);
    visit("info", self.info);
    visit("retry", self.retry);
  }
};

struct ResourceResult {
  Word group;
  Word version;
  Word kind;
  std::string ns;
  std::string name;
  Word status;  // Synced, SyncFailed, Pruned or PruneSkipped
  std::string message;
  Word hook_type;
  Word hook_phase;
  Word sync_phase;
  std::vector<std::string> images;
  bool operator==(const ResourceResult&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("group", self.group);
    visit.always("version", self.version);
    visit.always("kind", self.kind);
    visit.always("namespace", self.ns);
    visit.always("name", self.name);
    visit("status", self.status);
    visit("message", self.message);
    visit("hookType", self.hook_type);
    visit("hookPhase", self.hook_phase);
    visit("syncPhase", self.sync_phase);
    visit("images", self.images);
  }
};

struct SyncResult {
  std::vector<ResourceResult> resources;
  std::string revision;
  ApplicationSource source;
  std::vector<ApplicationSource> sources;
  std::vector<std::string> revisions;
  std::optional<NamespaceMetadata> managed_namespace_metadata;
  bool operator==(const SyncResult&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("resources", self.resources);
    visit.always("revision", self.revision);
    visit.always("source", self.source);
    visit("sources", self.sources);
    visit("revisions", self.revisions);
    visit("managedNamespaceMetadata", self.managed_namespace_metadata);
  }
};

struct OperationState {
  Operation operation;
  Word phase;  // Running, Terminating, Succeeded, Failed or Error
  std::string message;
  std::optional<SyncResult> sync_result;
  kube::Time started_at;
  std::optional<kube::Time> finished_at;
  std::int64_t retry_count = 0;
  bool operator==(const OperationState&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("operation", self.operation);
    visit.always("phase", self.phase);
    visit("message", self.message);
    visit("syncResult", self.sync_result);
    visit.always("startedAt", self.started_at);
    visit("finishedAt", self.finished_at);
    visit("retryCount", self.retry_count);
  }
};

}  // namespace sluice::crds
