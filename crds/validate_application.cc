// The rules for project, source, destination and sync policy.
#include "crds/validate_application.h"

#include <algorithm>

#include <fmt/format.h>

#include "crds/application.h"
#include "crds/field_error.h"
#include "crds/refused_fields.h"
#include "kube/time.h"

namespace sluice::crds {
namespace {

constexpr std::string_view in_cluster_server = "https://kubernetes.default.svc";

void check_source(kube::Mistakes& mistakes, const ApplicationSpec& spec) {
  if (!spec.source) {
    if (spec.sources.empty() && !spec.source_hydrator)
      add(mistakes, required("spec.source", "say in which repository and path the manifests are"));
    return;
  }
  const ApplicationSource& source = *spec.source;
  const std::string at = "spec.source";
  if (source.repo_url.empty()) add(mistakes, required(at + ".repoURL"));
  if (source.path.empty() && source.chart.empty() && source.ref.empty())
    add(mistakes, required(at + ".path", "a directory of the repository; \".\" is its root"));
  if (source.path.starts_with('/'))
    add(mistakes, invalid(at + ".path", source.path, "must be relative to the root of the repository"));
  const bool climbs = source.path == ".." || source.path.starts_with("../") || source.path.ends_with("/..") ||
                      source.path.find("/../") != std::string::npos;
  if (climbs) add(mistakes, invalid(at + ".path", source.path, "must not lead out of the repository"));
  const int tools =
      source.helm.has_value() + source.kustomize.has_value() + source.directory.has_value() + source.plugin.has_value();
  if (tools > 1) add(mistakes, invalid(at, "at most one of helm, kustomize, directory and plugin may be set"));
}

void check_destination(kube::Mistakes& mistakes, const Destination& destination) {
  const std::string at = "spec.destination";
  std::string server = destination.server;
  while (server.ends_with('/')) server.pop_back();
  if (server.empty() && destination.name.empty())
    add(mistakes, required(at, fmt::format("server or name is missing; use server: {}", in_cluster_server)));
  if (!server.empty() && !destination.name.empty()) add(mistakes, invalid(at, "server and name must not be set both"));
  if (!server.empty() && server != in_cluster_server)
    add(mistakes, forbidden(at + ".server",
                            fmt::format("this version syncs to its own cluster only; use {}", in_cluster_server)));
  if (!destination.name.empty() && destination.name != "in-cluster")
    add(mistakes, forbidden(at + ".name", "this version syncs to its own cluster only; use in-cluster"));
}

// A Go duration, or a whole number of seconds.
bool is_duration(const std::string& text) {
  const bool number =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return number || kube::parse_duration(text);
}

void check_retry(kube::Mistakes& mistakes, const RetryStrategy& retry) {
  if (!retry.backoff) return;
  const std::string at = "spec.syncPolicy.retry.backoff";
  for (const auto& [name, text] :
       {std::pair{"duration", &retry.backoff->duration}, std::pair{"maxDuration", &retry.backoff->max_duration}})
    if (!text->empty() && !is_duration(*text))
      add(mistakes, invalid(fmt::format("{}.{}", at, name), *text, "must be a duration such as 5s or 3m"));
  if (retry.backoff->factor && *retry.backoff->factor < 1)
    add(mistakes, invalid(at + ".factor", *retry.backoff->factor, "must be at least 1"));
}

void check_ignored(kube::Mistakes& mistakes, const std::vector<IgnoreDifference>& rules) {
  for (std::size_t index = 0; index < rules.size(); ++index) {
    const std::string at = fmt::format("spec.ignoreDifferences[{}]", index);
    if (rules[index].kind.empty()) add(mistakes, required(at + ".kind"));
    for (const std::string& pointer : rules[index].json_pointers)
      if (!pointer.starts_with('/'))
        add(mistakes, invalid(at + ".jsonPointers", pointer, "a JSON pointer begins with /"));
  }
}

}  // namespace

kube::Mistakes validate_application(const Application& application) {
  const ApplicationSpec& spec = *application.spec;
  kube::Mistakes mistakes;
  if (!spec.project.empty() && spec.project != "default")
    add(mistakes, forbidden("spec.project", "this version knows the project default only"));
  check_source(mistakes, spec);
  check_destination(mistakes, spec.destination);
  if (spec.sync_policy && spec.sync_policy->retry) check_retry(mistakes, *spec.sync_policy->retry);
  if (spec.sync_policy)
    for (const std::string& option : spec.sync_policy->sync_options)
      if (option.find('=') == std::string::npos)
        add(mistakes, invalid("spec.syncPolicy.syncOptions", option, "must be written as Key=value"));
  check_ignored(mistakes, spec.ignore_differences);
  if (spec.revision_history_limit && *spec.revision_history_limit < 0)
    add(mistakes,
        invalid("spec.revisionHistoryLimit", *spec.revision_history_limit, "must be greater than or equal to 0"));
  for (const kube::Mistake& refused : find_refused_fields(spec)) add(mistakes, refused);
  return mistakes;
}

}  // namespace sluice::crds
