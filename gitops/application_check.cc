// Checking Applications field by field.
#include "gitops/application_check.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gitops/glob.h"
#include "gitops/source_tree.h"

namespace sluice::gitops {
namespace {

constexpr std::string_view own_cluster = "https://kubernetes.default.svc";
constexpr std::string_view own_cluster_name = "in-cluster";

class Checker {
 public:
  Checker(const crds::ApplicationSpec& spec, RepositoryAccess access) : spec_(spec), access_(access) {}

  CheckedApplication check() {
    if (!spec_.project.empty() && spec_.project != "default")
      wrong("spec.project: \"{}\" is not supported yet (use default)", spec_.project);
    if (spec_.source_hydrator) wrong("spec.sourceHydrator: is not supported yet");
    if (!spec_.sources.empty())
      wrong("spec.sources: more than one source is not supported yet (use spec.source)");
    else if (!spec_.source)
      wrong("spec.source: is required");
    else
      check_source(*spec_.source);
    check_destination();
    check_ignored();
    if (spec_.sync_policy) check_policy(*spec_.sync_policy);
    if (spec_.revision_history_limit.value_or(0) < 0) wrong("spec.revisionHistoryLimit: must not be negative");
    return std::move(result_);
  }

 private:
  template <class... Arguments>
  void wrong(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    result_.mistakes.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
  }

  void check_source(const crds::ApplicationSource& source) {
    const kube::Result<std::string> url = check_repository_url(source.repo_url, access_);
    if (url)
      result_.url = *url;
    else
      wrong("spec.source.{}", url.error().message);
    if (!source.chart.empty()) wrong("spec.source.chart: Helm charts are not supported yet");
    if (!source.ref.empty()) wrong("spec.source.ref: is not supported yet");
    if (source.helm) wrong("spec.source.helm: is not supported yet (a directory of YAML is)");
    if (source.kustomize) wrong("spec.source.kustomize: is not supported yet (a directory of YAML is)");
    if (source.plugin) wrong("spec.source.plugin: is not supported yet (a directory of YAML is)");
    if (source.path.empty() && source.chart.empty()) wrong("spec.source.path: is required (\".\" for the root)");
    const kube::Result<std::string> path = check_source_path(source.path);
    if (path)
      result_.path = *path;
    else
      wrong("spec.source.{}", path.error().message);
    if (source.target_revision.starts_with('-')) wrong("spec.source.targetRevision: must not start with \"-\"");
    result_.revision = source.target_revision;
    result_.tag_prefix = source.tag_prefix;
    if (source.directory) check_directory(*source.directory);
  }

  void check_directory(const crds::DirectorySource& directory) {
    if (directory.jsonnet && !(*directory.jsonnet == crds::JsonnetOptions{}))
      wrong("spec.source.directory.jsonnet: is not supported yet");
    if (directory.disable_extension_filter) wrong("spec.source.directory.disableExtensionFilter: is not supported yet");
    if (const auto mistake = glob_mistake(directory.include)) wrong("spec.source.directory.include: {}", *mistake);
    if (const auto mistake = glob_mistake(directory.exclude)) wrong("spec.source.directory.exclude: {}", *mistake);
    result_.directory = {directory.recurse, directory.include, directory.exclude};
  }

  void check_destination() {
    std::string server = spec_.destination.server;
    while (server.ends_with('/')) server.pop_back();
    const std::string& name = spec_.destination.name;
    if (!server.empty() && !name.empty()) wrong("spec.destination: server and name exclude each other");
    if (server.empty() && name.empty())
      wrong("spec.destination: server or name is required (name: {})", own_cluster_name);
    if ((!server.empty() && server != own_cluster) || (!name.empty() && name != own_cluster_name))
      wrong("spec.destination: cluster \"{}\" is not supported yet (only this controller's own: server {} or name {})",
            server.empty() ? name : server, own_cluster, own_cluster_name);
    result_.default_namespace = spec_.destination.ns;
  }

  void check_ignored() {
    for (std::size_t at = 0; at < spec_.ignore_differences.size(); ++at) {
      const crds::IgnoreDifference& rule = spec_.ignore_differences[at];
      if (!rule.jq_path_expressions.empty())
        wrong("spec.ignoreDifferences[{}].jqPathExpressions: is not supported yet (use jsonPointers)", at);
      if (!rule.managed_fields_managers.empty())
        wrong("spec.ignoreDifferences[{}].managedFieldsManagers: is not supported yet (use jsonPointers)", at);
      for (const std::string& pointer : rule.json_pointers)
        if (!pointer.starts_with('/'))
          wrong("spec.ignoreDifferences[{}].jsonPointers: \"{}\" must start with \"/\"", at, pointer);
      result_.ignored.push_back({rule.group, rule.kind, rule.ns, rule.name, rule.json_pointers});
    }
  }

  void check_policy(const crds::SyncPolicy& policy) {
    std::vector<std::string> mistakes;
    result_.options = read_sync_options(policy.sync_options, {}, mistakes);
    for (const std::string& mistake : mistakes) wrong("spec.syncPolicy.syncOptions: {}", mistake);
    if (policy.managed_namespace_metadata) wrong("spec.syncPolicy.managedNamespaceMetadata: is not supported yet");
    if (result_.options.create_namespace && spec_.destination.ns.empty())
      wrong("spec.syncPolicy.syncOptions: CreateNamespace=true needs spec.destination.namespace");
    if (!policy.retry) return;
    mistakes.clear();
    result_.retry = read_retry(*policy.retry, mistakes);
    for (const std::string& mistake : mistakes) wrong("spec.syncPolicy.{}", mistake);
  }

  const crds::ApplicationSpec& spec_;
  RepositoryAccess access_;
  CheckedApplication result_;
};

// A Go duration, or a whole number of seconds.
kube::Duration read_length(const std::string& text, kube::Duration otherwise, std::string_view field,
                           std::vector<std::string>& mistakes) {
  if (text.empty()) return otherwise;
  const bool bare = text.find_first_not_of("0123456789") == std::string::npos;
  const kube::Result<kube::Duration> length = kube::parse_duration(bare ? text + "s" : text);
  if (length && *length >= kube::Duration{0}) return *length;
  mistakes.push_back(fmt::format("retry.backoff.{}: \"{}\" is no duration such as 5s", field, text));
  return otherwise;
}

}  // namespace

CheckedApplication check(const crds::ApplicationSpec& spec, RepositoryAccess access) {
  return Checker(spec, access).check();
}

RetryPlan read_retry(const crds::RetryStrategy& strategy, std::vector<std::string>& mistakes) {
  RetryPlan plan;
  plan.limit = static_cast<int>(std::clamp<std::int64_t>(strategy.limit, -1, 1'000'000));
  if (!strategy.backoff) return plan;
  plan.first = read_length(strategy.backoff->duration, plan.first, "duration", mistakes);
  plan.longest = read_length(strategy.backoff->max_duration, plan.longest, "maxDuration", mistakes);
  plan.factor = static_cast<double>(strategy.backoff->factor.value_or(2));
  if (plan.factor < 1) mistakes.push_back("retry.backoff.factor: must be at least 1");
  return plan;
}

kube::Duration retry_delay(const RetryPlan& plan, std::int64_t failures) {
  const double wanted = static_cast<double>(plan.first.count()) * std::pow(std::max(plan.factor, 1.0), failures);
  const auto longest = static_cast<double>(plan.longest.count());
  return kube::Duration{static_cast<std::int64_t>(std::min(wanted, longest))};
}

}  // namespace sluice::gitops
