// A request to the sandbox taken apart: which kind, which object, which options.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kube/metadata.h"
#include "kube/transport.h"
#include "sandbox/kinds.h"

namespace sluice::sandbox {

// The decoded path: segments without slashes, and the query; of a repeated parameter the last counts.
struct Target {
  std::vector<std::string> path;
  std::map<std::string, std::string, std::less<>> query;

  // The parameter's value, "" when absent.
  std::string_view option(std::string_view name) const;
  // True for "true", "1" and a parameter without a value.
  bool flag(std::string_view name) const;
};

Target parse_target(std::string_view target);

// Where in the API a path leads. `resource` is the plural as asked for, even when no such kind is served.
struct Place {
  bool is_resource = false;  // /api/v1/... or /apis/<group>/<version>/... with at least a plural
  std::string group;
  std::string version;
  std::string ns;
  std::string resource;
  std::string name;
  std::string subresource;
};

Place place_of(const std::vector<std::string>& path);

// A request whose kind is served.
struct Request {
  std::string method;
  std::string content_type;
  std::string accept;
  std::string_view body;  // valid while the request is handled
  std::string user;
  std::string agent;
  Target target;
  Place place;
  KindPtr kind;

  kube::ObjectKey key() const { return {place.ns, place.name}; }
  bool dry_run() const { return target.option("dryRun") == "All"; }
  // Who is written to managedFields.
  std::string manager() const;
};

}  // namespace sluice::sandbox
