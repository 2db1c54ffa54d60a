// The Application: what of Git belongs where in a cluster, and how far that is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/application_operation.h"
#include "crds/application_spec.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/metadata.h"

namespace sluice::crds {

struct HealthStatus {
  Word status;  // Healthy, Suspended, Progressing, Missing, Degraded or Unknown
  std::string message;
  std::optional<kube::Time> last_transition_time;
  bool operator==(const HealthStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("status", self.status);
    visit("message", self.message);
    visit("lastTransitionTime", self.last_transition_time);
  }
};

struct ResourceStatus {
  Word group;
  Word version;
  Word kind;
  std::string ns;
  std::string name;
  Word status;  // Synced, OutOfSync or Unknown
  Seldom<HealthStatus> health;
  bool hook = false;
  bool requires_pruning = false;
  std::int64_t sync_wave = 0;
  bool requires_deletion_confirmation = false;
  bool operator==(const ResourceStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("group", self.group);
    visit("version", self.version);
    visit("kind", self.kind);
    visit("namespace", self.ns);
    visit("name", self.name);
    visit("status", self.status);
    visit("health", self.health);
    visit("hook", self.hook);
    visit("requiresPruning", self.requires_pruning);
    visit("syncWave", self.sync_wave);
    visit("requiresDeletionConfirmation", self.requires_deletion_confirmation);
  }
};

// What the last comparison used; when the spec says something else a new one is due.
struct ComparedTo {
  Seldom<ApplicationSource> source;
  Destination destination;
  std::vector<ApplicationSource> sources;
  std::vector<IgnoreDifference> ignore_differences;
  bool operator==(const ComparedTo&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("source", self.source);
    visit.always("destination", self.destination);
    visit("sources", self.sources);
    visit("ignoreDifferences", self.ignore_differences);
  }
};

struct SyncStatus {
  Word status;  // Unknown, Synced or OutOfSync
  std::optional<ComparedTo> compared_to;
  std::string revision;
  std::vector<std::string> revisions;
  bool operator==(const SyncStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("status", self.status);
    visit("comparedTo", self.compared_to);
    visit("revision", self.revision);
    visit("revisions", self.revisions);
  }
};

struct RevisionHistory {
  std::string revision;
  kube::Time deployed_at;
  std::int64_t id = 0;
  Seldom<ApplicationSource> source;
  std::optional<kube::Time> deploy_started_at;
  std::vector<ApplicationSource> sources;
  std::vector<std::string> revisions;
  std::optional<OperationInitiator> initiated_by;
  bool operator==(const RevisionHistory&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("revision", self.revision);
    visit.always("deployedAt", self.deployed_at);
    visit.always("id", self.id);
    visit("source", self.source);
    visit("deployStartedAt", self.deploy_started_at);
    visit("sources", self.sources);
    visit("revisions", self.revisions);
    visit("initiatedBy", self.initiated_by);
  }
};

struct ApplicationCondition {
  Word type;
  std::string message;
  std::optional<kube::Time> last_transition_time;
  bool operator==(const ApplicationCondition&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.always("type", self.type);
    visit.always("message", self.message);
    visit("lastTransitionTime", self.last_transition_time);
  }
};

struct ApplicationSummary {
  std::vector<std::string> external_urls;
  std::vector<std::string> images;
  bool is_app_of_apps = false;
  bool operator==(const ApplicationSummary&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("externalURLs", self.external_urls);
    visit("images", self.images);
    visit("isAppOfApps", self.is_app_of_apps);
  }
};

struct ApplicationStatus {
  std::vector<ResourceStatus> resources;
  SyncStatus sync;
  HealthStatus health;
  std::vector<RevisionHistory> history;  // oldest first
  std::vector<ApplicationCondition> conditions;
  std::optional<kube::Time> reconciled_at;
  Seldom<OperationState> operation_state;
  std::optional<kube::Time> observed_at;
  Word source_type;  // Helm, Kustomize, Directory or Plugin
  ApplicationSummary summary;
  Word resource_health_source;
  std::vector<Word> source_types;
  std::string controller_namespace;
  RawJson source_hydrator;
  bool operator==(const ApplicationStatus&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("resources", self.resources);
    visit("sync", self.sync);
    visit("health", self.health);
    visit("history", self.history);
    visit("conditions", self.conditions);
    visit("reconciledAt", self.reconciled_at);
    visit("operationState", self.operation_state);
    visit("observedAt", self.observed_at);
    visit("sourceType", self.source_type);
    visit("summary", self.summary);
    visit("resourceHealthSource", self.resource_health_source);
    visit("sourceTypes", self.source_types);
    visit("controllerNamespace", self.controller_namespace);
    visit("sourceHydrator", self.source_hydrator);
  }
};

// Its CRD has no status subresource: the status is written to the object itself.
struct Application {
  kube::ObjectMeta meta;  // without the annotation kubectl.kubernetes.io/last-applied-configuration
  std::shared_ptr<const ApplicationSpec> spec = std::make_shared<const ApplicationSpec>();  // never null
  ApplicationStatus status;
  Seldom<Operation> operation;  // asked for, not finished
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit.required("spec", self.spec);
    visit("status", self.status);
    visit("operation", self.operation);
  }
};

}  // namespace sluice::crds
