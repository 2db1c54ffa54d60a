// Reading sync options from a table.
#include "gitops/sync_options.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gitops/resource_id.h"

namespace sluice::gitops {
namespace {

struct Option {
  std::string_view text;
  void (*set)(SyncOptions&);
};

void nothing(SyncOptions&) {}

// The options that are acted on. ApplyOutOfSyncOnly and Validate=true are what happens anyway: an object that agrees
// with Git is never written, and the server validates every write.
constexpr std::array<Option, 27> known{{
    {"CreateNamespace=true", [](SyncOptions& o) { o.create_namespace = true; }},
    {"CreateNamespace=false", [](SyncOptions& o) { o.create_namespace = false; }},
    {"Prune=true", [](SyncOptions& o) { o.prune = true; }},
    {"Prune=false", [](SyncOptions& o) { o.prune = false; }},
    {"PruneLast=true", [](SyncOptions& o) { o.prune_last = true; }},
    {"PruneLast=false", [](SyncOptions& o) { o.prune_last = false; }},
    {"PrunePropagationPolicy=foreground", [](SyncOptions& o) { o.propagation = PruneOrder::foreground; }},
    {"PrunePropagationPolicy=background", [](SyncOptions& o) { o.propagation = PruneOrder::background; }},
    {"PrunePropagationPolicy=orphan", [](SyncOptions& o) { o.propagation = PruneOrder::orphan; }},
    {"ServerSideApply=true", [](SyncOptions& o) { o.server_side_apply = true; }},
    {"ServerSideApply=false", [](SyncOptions& o) { o.server_side_apply = false; }},
    {"RespectIgnoreDifferences=true", [](SyncOptions& o) { o.respect_ignored = true; }},
    {"RespectIgnoreDifferences=false", [](SyncOptions& o) { o.respect_ignored = false; }},
    {"FailOnSharedResource=true", [](SyncOptions& o) { o.fail_on_shared = true; }},
    {"FailOnSharedResource=false", [](SyncOptions& o) { o.fail_on_shared = false; }},
    {"SkipDryRunOnMissingResource=true", [](SyncOptions& o) { o.skip_dry_run_on_missing = true; }},
    {"SkipDryRunOnMissingResource=false", [](SyncOptions& o) { o.skip_dry_run_on_missing = false; }},
    {"Delete=true", [](SyncOptions& o) { o.remove = true; }},
    {"Delete=false", [](SyncOptions& o) { o.remove = false; }},
    {"ApplyOutOfSyncOnly=true", nothing},
    {"ApplyOutOfSyncOnly=false", nothing},
    {"Validate=true", nothing},
    {"Replace=false", nothing},
    {"Force=false", nothing},
    {"ClientSideApplyMigration=true", nothing},
    {"ClientSideApplyMigration=false", nothing},
    {"", nothing},
}};

constexpr std::array<std::string_view, 5> not_supported{"Replace=true", "Force=true", "Prune=confirm", "Delete=confirm",
                                                        "Validate=false"};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

SyncOptions read_sync_options(const std::vector<std::string>& options, SyncOptions base,
                              std::vector<std::string>& mistakes) {
  for (const std::string& raw : options) {
    const std::string_view option = trimmed(raw);
    const auto found = std::ranges::find(known, option, &Option::text);
    if (found != known.end())
      found->set(base);
    else if (std::ranges::find(not_supported, option) != not_supported.end())
      mistakes.push_back(fmt::format("sync option \"{}\" is not supported yet", option));
    else
      mistakes.push_back(fmt::format("sync option \"{}\" is not known", option));
  }
  return base;
}

SyncOptions options_of(const json::value& object, const SyncOptions& application, std::vector<std::string>& mistakes) {
  std::string_view text = annotation(object, annotations::sync_options);
  std::vector<std::string> options;
  while (!text.empty()) {
    const std::string_view option = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), option.size() + 1));
    options.emplace_back(option);
  }
  std::vector<std::string> own;
  const SyncOptions result = read_sync_options(options, application, own);
  for (const std::string& mistake : own) mistakes.push_back(fmt::format("{}: {}", text_of(id_of(object)), mistake));
  return result;
}

}  // namespace sluice::gitops
