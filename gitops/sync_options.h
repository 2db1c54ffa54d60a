// The options of a sync: "Key=value" texts of an application, an operation or one object.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

namespace sluice::gitops {

namespace json = boost::json;

enum class PruneOrder { foreground, background, orphan };

struct SyncOptions {
  bool create_namespace = false;
  bool prune = true;  // false keeps objects that have left Git
  bool prune_last = false;
  PruneOrder propagation = PruneOrder::foreground;
  bool server_side_apply = false;
  bool respect_ignored = false;  // ignored differences are not overwritten either
  bool fail_on_shared = false;
  bool skip_dry_run_on_missing = false;
  bool remove = true;  // false keeps the object when the application is deleted
  bool operator==(const SyncOptions&) const = default;
};

// Reads options over `base`. Appends a sentence to `mistakes` for each that is unknown or not supported; an object
// may carry fewer options than an application.
SyncOptions read_sync_options(const std::vector<std::string>& options, SyncOptions base,
                              std::vector<std::string>& mistakes);

// The options of one object: the application's, changed by its annotation.
SyncOptions options_of(const json::value& object, const SyncOptions& application, std::vector<std::string>& mistakes);

}  // namespace sluice::gitops
