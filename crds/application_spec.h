// spec of an Application: what of Git belongs where in a cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/application_source.h"
#include "crds/seldom.h"
#include "crds/word.h"
#include "kube/metadata.h"

namespace sluice::crds {

// Exactly one of server and name is meant to be set.
struct Destination {
  std::string server;
  std::string name;
  std::string ns;  // for objects that carry no namespace
  bool operator==(const Destination&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("server", self.server);
    visit("namespace", self.ns);
    visit("name", self.name);
  }
};

struct AutomatedSync {
  bool prune = false;
  bool self_heal = false;
  bool allow_empty = false;
  std::optional<bool> enabled;  // true when absent
  bool operator==(const AutomatedSync&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("prune", self.prune);
    visit("selfHeal", self.self_heal);
    visit("allowEmpty", self.allow_empty);
    visit("enabled", self.enabled);
  }
};

struct RetryBackoff {
  std::string duration;  // Go duration, or a whole number of seconds
  std::optional<std::int64_t> factor;
  std::string max_duration;
  bool operator==(const RetryBackoff&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("duration", self.duration);
    visit("factor", self.factor);
    visit("maxDuration", self.max_duration);
  }
};

struct RetryStrategy {
  std::int64_t limit = 0;  // negative: for ever
  std::optional<RetryBackoff> backoff;
  bool refresh = false;
  bool operator==(const RetryStrategy&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("limit", self.limit);
    visit("backoff", self.backoff);
    visit("refresh", self.refresh);
  }
};

struct NamespaceMetadata {
  kube::StringMap labels;
  kube::StringMap annotations;
  bool operator==(const NamespaceMetadata&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("labels", self.labels);
    visit("annotations", self.annotations);
  }
};

struct SyncPolicy {
  std::optional<AutomatedSync> automated;  // absent: only by hand
  std::vector<std::string> sync_options;   // "Key=value"
  std::optional<RetryStrategy> retry;
  std::optional<NamespaceMetadata> managed_namespace_metadata;
  bool operator==(const SyncPolicy&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("automated", self.automated);
    visit("syncOptions", self.sync_options);
    visit("retry", self.retry);
    visit("managedNamespaceMetadata", self.managed_namespace_metadata);
  }
};

struct IgnoreDifference {
  std::string group;
  std::string kind;
  std::string name;
  std::string ns;
  std::vector<std::string> json_pointers;
  std::vector<std::string> jq_path_expressions;
  std::vector<std::string> managed_fields_managers;
  bool operator==(const IgnoreDifference&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("group", self.group);
    visit.required("kind", self.kind);
    visit("name", self.name);
    visit("namespace", self.ns);
    visit("jsonPointers", self.json_pointers);
    visit("jqPathExpressions", self.jq_path_expressions);
    visit("managedFieldsManagers", self.managed_fields_managers);
  }
};

struct ApplicationSpec {
  std::string project;  // "default" when ""
  Seldom<ApplicationSource> source;
  std::vector<ApplicationSource> sources;  // more than one place; wins over source
  Seldom<SourceHydrator> source_hydrator;
  Destination destination;
  Seldom<SyncPolicy> sync_policy;
  std::vector<IgnoreDifference> ignore_differences;
  std::vector<NameValue> info;
  std::optional<std::int64_t> revision_history_limit;  // 10 when absent
  bool operator==(const ApplicationSpec&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("source", self.source);
    visit("sources", self.sources);
    visit("sourceHydrator", self.source_hydrator);
    visit.required("destination", self.destination);
    visit.required("project", self.project);
    visit("syncPolicy", self.sync_policy);
    visit("ignoreDifferences", self.ignore_differences);
    visit("info", self.info);
    visit("revisionHistoryLimit", self.revision_history_limit);
  }
};

}  // namespace sluice::crds
