// The AppProject: which sources, destinations and kinds its Applications may use, and when.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/application_spec.h"
#include "crds/raw_json.h"
#include "kube/metadata.h"

namespace sluice::crds {

struct ClusterResource {
  std::string group;
  std::string kind;
  std::string name;
  bool operator==(const ClusterResource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("group", self.group);
    visit.required("kind", self.kind);
    visit("name", self.name);
  }
};

struct GroupKind {
  std::string group;
  std::string kind;
  bool operator==(const GroupKind&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("group", self.group);
    visit.required("kind", self.kind);
  }
};

struct SyncWindow {
  std::string kind;      // "allow" or "deny"
  std::string schedule;  // cron: minute hour day month weekday
  std::string duration;  // Go duration
  std::vector<std::string> applications;
  std::vector<std::string> namespaces;
  std::vector<std::string> clusters;
  bool manual_sync = false;
  std::string time_zone;  // UTC when ""
  bool and_operator = false;
  std::string description;
  bool sync_overrun = false;
  bool operator==(const SyncWindow&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("kind", self.kind);
    visit("schedule", self.schedule);
    visit("duration", self.duration);
    visit("applications", self.applications);
    visit("namespaces", self.namespaces);
    visit("clusters", self.clusters);
    visit("manualSync", self.manual_sync);
    visit("timeZone", self.time_zone);
    visit("andOperator", self.and_operator);
    visit("description", self.description);
    visit("syncOverrun", self.sync_overrun);
  }
};

struct JwtToken {
  std::int64_t issued_at = 0;  // seconds since 1970
  std::int64_t expires_at = 0;
  std::string id;
  bool operator==(const JwtToken&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("iat", self.issued_at);
    visit("exp", self.expires_at);
    visit("id", self.id);
  }
};

struct ProjectRole {
  std::string name;
  std::string description;
  std::vector<std::string> policies;
  std::vector<JwtToken> jwt_tokens;
  std::vector<std::string> groups;
  bool operator==(const ProjectRole&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("description", self.description);
    visit("policies", self.policies);
    visit("jwtTokens", self.jwt_tokens);
    visit("groups", self.groups);
  }
};

struct OrphanedResourceIgnore {
  std::string group;
  std::string kind;
  std::string name;
  bool operator==(const OrphanedResourceIgnore&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("group", self.group);
    visit("kind", self.kind);
    visit("name", self.name);
  }
};

struct OrphanedResources {
  std::optional<bool> warn;
  std::vector<OrphanedResourceIgnore> ignore;
  bool operator==(const OrphanedResources&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("warn", self.warn);
    visit("ignore", self.ignore);
  }
};

struct DestinationServiceAccount {
  std::string server;
  std::string ns;
  std::string default_service_account;
  bool operator==(const DestinationServiceAccount&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("server", self.server);
    visit("namespace", self.ns);
    visit.required("defaultServiceAccount", self.default_service_account);
  }
};

struct SignatureKey {
  std::string key_id;
  bool operator==(const SignatureKey&) const = default;
  static void fields(auto& self, auto& visit) { visit.required("keyID", self.key_id); }
};

struct AppProjectSpec {
  std::vector<std::string> source_repos;  // globs; "!..." denies; empty allows none
  std::vector<Destination> destinations;
  std::string description;
  std::vector<ProjectRole> roles;
  std::vector<ClusterResource> cluster_resource_whitelist;  // empty allows none
  std::optional<std::vector<GroupKind>> namespace_resource_blacklist;
  std::optional<OrphanedResources> orphaned_resources;  // its presence switches the monitoring on
  std::vector<SyncWindow> sync_windows;
  std::optional<std::vector<GroupKind>> namespace_resource_whitelist;  // absent allows all, empty allows none
  std::vector<SignatureKey> signature_keys;
  std::vector<ClusterResource> cluster_resource_blacklist;
  std::vector<std::string> source_namespaces;
  bool permit_only_project_scoped_clusters = false;
  std::vector<DestinationServiceAccount> destination_service_accounts;
  RawJson source_integrity;
  static void fields(auto& self, auto& visit) {
    visit("sourceRepos", self.source_repos);
    visit("destinations", self.destinations);
    visit("description", self.description);
    visit("roles", self.roles);
    visit("clusterResourceWhitelist", self.cluster_resource_whitelist);
    visit("namespaceResourceBlacklist", self.namespace_resource_blacklist);
    visit("orphanedResources", self.orphaned_resources);
    visit("syncWindows", self.sync_windows);
    visit("namespaceResourceWhitelist", self.namespace_resource_whitelist);
    visit("signatureKeys", self.signature_keys);
    visit("clusterResourceBlacklist", self.cluster_resource_blacklist);
    visit("sourceNamespaces", self.source_namespaces);
    visit("permitOnlyProjectScopedClusters", self.permit_only_project_scoped_clusters);
    visit("destinationServiceAccounts", self.destination_service_accounts);
    visit("sourceIntegrity", self.source_integrity);
  }
};

struct AppProject {
  kube::ObjectMeta meta;
  std::shared_ptr<const AppProjectSpec> spec = std::make_shared<const AppProjectSpec>();  // never null
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit.required("spec", self.spec);
  }
};

}  // namespace sluice::crds
