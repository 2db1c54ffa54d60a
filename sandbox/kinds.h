// Which kinds of objects the sandbox serves, and how: names, scope, subresources, printer columns, schema.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox {

struct Schema;  // sandbox/schema.h

// The scale subresource of a kind: dotted paths without the leading dot ("spec.replicas"); "" for none.
struct ScalePaths {
  std::string spec_replicas;
  std::string status_replicas;
  std::string label_selector;
};

// One column of `kubectl get` that a CustomResourceDefinition asks for.
struct PrinterColumn {
  std::string name;
  std::string type;
  std::string format;
  std::string description;
  std::string json_path;  // ".spec.replicas"
  int priority = 0;
};

struct Kind {
  std::string group;
  std::string version;
  std::string kind;
  std::string plural;
  std::string singular;
  std::string list_kind;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  bool custom = false;            // registered by a CustomResourceDefinition
  bool has_status = false;        // the status subresource exists: other writes leave status alone
  bool has_generation = false;    // metadata.generation counts changes of the specification
  bool graceful = false;          // deletion waits for a grace period (pods)
  bool returns_deleted = false;   // DELETE answers the object instead of a Status
  bool create_on_update = false;  // PUT of an absent object creates it
  bool virtual_only = false;      // create is answered but nothing is stored (reviews)
  std::optional<ScalePaths> scale;
  std::shared_ptr<const Schema> schema;  // nullptr: anything goes
  std::vector<PrinterColumn> columns;
  std::string storage;  // where objects are kept, "group/plural"; shared by all versions of a kind

  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  // "replicasets.apps", as messages name a resource; without the dot in the core group.
  std::string resource_name() const { return group.empty() ? plural : plural + "." + group; }
  // "ReplicaSet.apps", likewise.
  std::string kind_name() const { return group.empty() ? kind : kind + "." + group; }
};

using KindPtr = std::shared_ptr<const Kind>;

// All kinds that are served now.
class Kinds {
 public:
  // Replaces the kind of the same group, version and plural.
  void add(Kind kind);
  // Forgets all versions of a kind.
  void remove(std::string_view group, std::string_view plural);

  // nullptr when it is not served.
  KindPtr find(std::string_view group, std::string_view version, std::string_view plural) const;
  // The same by the name of the kind ("ReplicaSet").
  KindPtr find_kind(std::string_view group, std::string_view version, std::string_view kind) const;
  bool has_version(std::string_view group, std::string_view version) const;
  // In the order of registration.
  const std::vector<KindPtr>& all() const { return kinds_; }
  // Grows with every change of what is served.
  std::uint64_t revision() const { return revision_; }

 private:
  std::vector<KindPtr> kinds_;
  std::uint64_t revision_ = 0;
};

// Adds the kinds that every API server has.
void add_builtin_kinds(Kinds& kinds);

}  // namespace sluice::sandbox
