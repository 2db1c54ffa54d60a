// Where the manifests of an Application come from and which tool makes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "kube/int_or_string.h"
#include "kube/string_map.h"

namespace sluice::crds {

struct NameValue {
  std::string name;
  std::string value;
  bool operator==(const NameValue&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("value", self.value);
  }
};

struct JsonnetVariable {
  std::string name;
  std::string value;
  bool code = false;
  bool operator==(const JsonnetVariable&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("value", self.value);
    visit("code", self.code);
  }
};

struct JsonnetOptions {
  std::vector<JsonnetVariable> ext_vars;
  std::vector<JsonnetVariable> tlas;
  std::vector<std::string> libs;
  bool operator==(const JsonnetOptions&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("extVars", self.ext_vars);
    visit("tlas", self.tlas);
    visit("libs", self.libs);
  }
};

struct DirectorySource {
  bool recurse = false;
  std::optional<JsonnetOptions> jsonnet;
  std::string exclude;  // glob
  std::string include;  // glob
  bool disable_extension_filter = false;
  bool operator==(const DirectorySource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("recurse", self.recurse);
    visit("jsonnet", self.jsonnet);
    visit("exclude", self.exclude);
    visit("include", self.include);
    visit("disableExtensionFilter", self.disable_extension_filter);
  }
};

struct HelmParameter {
  std::string name;
  std::string value;
  bool force_string = false;
  bool operator==(const HelmParameter&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("value", self.value);
    visit("forceString", self.force_string);
  }
};

struct HelmFileParameter {
  std::string name;
  std::string path;
  bool operator==(const HelmFileParameter&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("path", self.path);
  }
};

struct HelmSource {
  std::vector<std::string> value_files;
  std::vector<HelmParameter> parameters;
  std::string release_name;  // the name of the Application when ""
  std::string values;        // YAML text
  std::vector<HelmFileParameter> file_parameters;
  std::string version;
  bool pass_credentials = false;
  bool ignore_missing_value_files = false;
  bool skip_crds = false;
  RawJson values_object;  // wins over values
  std::string ns;
  std::string kube_version;
  std::vector<std::string> api_versions;
  bool skip_tests = false;
  bool skip_schema_validation = false;
  bool operator==(const HelmSource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("valueFiles", self.value_files);
    visit("parameters", self.parameters);
    visit("releaseName", self.release_name);
    visit("values", self.values);
    visit("fileParameters", self.file_parameters);
    visit("version", self.version);
    visit("passCredentials", self.pass_credentials);
    visit("ignoreMissingValueFiles", self.ignore_missing_value_files);
    visit("skipCrds", self.skip_crds);
    visit("valuesObject", self.values_object);
    visit("namespace", self.ns);
    visit("kubeVersion", self.kube_version);
    visit("apiVersions", self.api_versions);
    visit("skipTests", self.skip_tests);
    visit("skipSchemaValidation", self.skip_schema_validation);
  }
};

struct KustomizeReplica {
  std::string name;
  kube::IntOrString count;
  bool operator==(const KustomizeReplica&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("count", self.count);
  }
};

struct KustomizeSource {
  std::string name_prefix;
  std::string name_suffix;
  std::vector<std::string> images;
  kube::StringMap common_labels;
  std::string version;
  kube::StringMap common_annotations;
  bool force_common_labels = false;
  bool force_common_annotations = false;
  std::string ns;
  bool common_annotations_envsubst = false;
  std::vector<KustomizeReplica> replicas;
  std::vector<RawJson> patches;
  std::vector<std::string> components;
  bool ignore_missing_components = false;
  bool label_without_selector = false;
  std::string kube_version;
  std::vector<std::string> api_versions;
  bool label_include_templates = false;
  bool operator==(const KustomizeSource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("namePrefix", self.name_prefix);
    visit("nameSuffix", self.name_suffix);
    visit("images", self.images);
    visit("commonLabels", self.common_labels);
    visit("version", self.version);
    visit("commonAnnotations", self.common_annotations);
    visit("forceCommonLabels", self.force_common_labels);
    visit("forceCommonAnnotations", self.force_common_annotations);
    visit("namespace", self.ns);
    visit("commonAnnotationsEnvsubst", self.common_annotations_envsubst);
    visit("replicas", self.replicas);
    visit("patches", self.patches);
    visit("components", self.components);
    visit("ignoreMissingComponents", self.ignore_missing_components);
    visit("labelWithoutSelector", self.label_without_selector);
    visit("kubeVersion", self.kube_version);
    visit("apiVersions", self.api_versions);
    visit("labelIncludeTemplates", self.label_include_templates);
  }
};

struct PluginSource {
  std::string name;
  std::vector<NameValue> env;
  std::vector<RawJson> parameters;  // name and one of string, map, array
  bool operator==(const PluginSource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("name", self.name);
    visit("env", self.env);
    visit("parameters", self.parameters);
  }
};

// At most one of helm, kustomize, directory and plugin is meant to be set; without any the tool is detected.
struct ApplicationSource {
  std::string repo_url;
  std::string path;             // directory in Git
  std::string target_revision;  // branch, tag, version constraint or commit; HEAD when ""
  Seldom<HelmSource> helm;
  Seldom<KustomizeSource> kustomize;
  Seldom<DirectorySource> directory;
  Seldom<PluginSource> plugin;
  std::string chart;
  std::string ref;  // the name by which other sources use its files
  std::string name;
  std::string tag_prefix;
  bool operator==(const ApplicationSource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("repoURL", self.repo_url);
    visit("path", self.path);
    visit("targetRevision", self.target_revision);
    visit("helm", self.helm);
    visit("kustomize", self.kustomize);
    visit("directory", self.directory);
    visit("plugin", self.plugin);
    visit("chart", self.chart);
    visit("ref", self.ref);
    visit("name", self.name);
    visit("tagPrefix", self.tag_prefix);
  }
};

struct DrySource {
  std::string repo_url;
  std::string target_revision;
  std::string path;
  Seldom<HelmSource> helm;
  Seldom<KustomizeSource> kustomize;
  Seldom<DirectorySource> directory;
  Seldom<PluginSource> plugin;
  bool operator==(const DrySource&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("repoURL", self.repo_url);
    visit.required("targetRevision", self.target_revision);
    visit.required("path", self.path);
    visit("helm", self.helm);
    visit("kustomize", self.kustomize);
    visit("directory", self.directory);
    visit("plugin", self.plugin);
  }
};

struct BranchPath {
  std::string target_branch;
  std::string path;
  bool operator==(const BranchPath&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("targetBranch", self.target_branch);
    visit("path", self.path);
  }
};

struct BranchReference {
  std::string target_branch;
  bool operator==(const BranchReference&) const = default;
  static void fields(auto& self, auto& visit) { visit.required("targetBranch", self.target_branch); }
};

// Renders from one place and commits the result to another, from where it is synced.
struct SourceHydrator {
  DrySource dry_source;
  BranchPath sync_source;
  std::optional<BranchReference> hydrate_to;
  bool operator==(const SourceHydrator&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("drySource", self.dry_source);
    visit.required("syncSource", self.sync_source);
    visit("hydrateTo", self.hydrate_to);
  }
};

}  // namespace sluice::crds
