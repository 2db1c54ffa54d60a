// Keeping managedFields, and applying with them.
#include "sandbox/managed_fields.h"

#include <algorithm>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/defaulting.h"
#include "sandbox/field_set.h"
#include "sandbox/object_parts.h"
#include "sandbox/typed_value.h"

namespace sluice::sandbox {
namespace {

// One entry of managedFields.
struct Manager {
  std::string name;
  std::string operation;  // "Apply" or "Update"
  std::string api_version;
  std::string subresource;
  std::string time;
  FieldSet fields;

  bool is_same(const Manager& other) const {
    return name == other.name && operation == other.operation && api_version == other.api_version &&
           subresource == other.subresource;
  }
};
using Managers = std::vector<Manager>;

Managers managers_of(const json::value& object) {
  Managers managers;
  const json::value* list = kube::find_at(object, {"metadata", "managedFields"});
  if (!list || !list->is_array()) return managers;
  for (const json::value& entry : list->get_array()) {
    Manager manager;
    manager.name = kube::text_at(entry, {"manager"});
    manager.operation = kube::text_at(entry, {"operation"});
    manager.api_version = kube::text_at(entry, {"apiVersion"});
    manager.subresource = kube::text_at(entry, {"subresource"});
    manager.time = kube::text_at(entry, {"time"});
    if (const json::value* fields = kube::find_at(entry, {"fieldsV1"})) manager.fields = from_fields_v1(*fields);
    if (!manager.operation.empty()) managers.push_back(std::move(manager));
  }
  return managers;
}

json::value to_json(Managers managers) {
  std::erase_if(managers, [](const Manager& manager) { return manager.fields.empty(); });
  std::sort(managers.begin(), managers.end(), [](const Manager& a, const Manager& b) {
    return std::tie(a.operation, a.time, a.name, a.api_version, a.subresource) <
           std::tie(b.operation, b.time, b.name, b.api_version, b.subresource);
  });
  json::array list;
  for (const Manager& manager : managers) {
    json::object entry{{"manager", manager.name},
                       {"operation", manager.operation},
                       {"apiVersion", manager.api_version},
                       {"fieldsType", "FieldsV1"},
                       {"fieldsV1", to_fields_v1(manager.fields)}};
    if (!manager.time.empty()) entry["time"] = manager.time;
    if (!manager.subresource.empty()) entry["subresource"] = manager.subresource;
    list.push_back(std::move(entry));
  }
  return list;
}

void write_managers(Managers managers, json::value& object) {
  json::value list = to_json(std::move(managers));
  if (list.get_array().empty())
    erase_member(metadata_of(object), "managedFields");
  else
    metadata_of(object)["managedFields"] = std::move(list);
}

json::value without_managers(json::value object) {
  if (json::value* metadata = object.as_object().if_contains("metadata"); metadata && metadata->is_object())
    erase_member(metadata->get_object(), "managedFields");
  return object;
}

// Fields that belong to the server, and those that this kind of write does not reach.
FieldSet manageable(FieldSet fields, const FieldWrite& write) {
  fields.member = false;
  for (const char* name : {"f:apiVersion", "f:kind"}) fields.children.erase(name);
  for (const char* name :
       {"f:name", "f:namespace", "f:uid", "f:resourceVersion", "f:generation", "f:creationTimestamp", "f:managedFields",
        "f:selfLink", "f:deletionTimestamp", "f:deletionGracePeriodSeconds", "f:generateName"})
    remove_branch(fields, {"f:metadata", name});
  if (const auto metadata = fields.children.find("f:metadata"); metadata != fields.children.end()) {
    metadata->second.member = false;
    if (metadata->second.empty()) fields.children.erase(metadata);
  }
  if (write.subresource == "status") {
    fields.children.erase("f:spec");
    fields.children.erase("f:metadata");
  } else if (write.kind.has_status) {
    fields.children.erase("f:status");
  }
  return fields;
}

// What an object of the kind is before anybody set anything.
json::value blank(const FieldWrite& write, const Schema& schema) {
  json::value object =
      json::object{{"apiVersion", write.kind.api_version()}, {"kind", write.kind.kind}, {"metadata", json::object()}};
  if (!write.kind.custom) write_as_go(schema, object);
  return object;
}

SchemaPtr schema_of(const Kind& kind) { return whole_object_schema(kind.schema, kind.custom); }

Manager& entry_for(Managers& managers, const Manager& wanted) {
  for (Manager& manager : managers)
    if (manager.is_same(wanted)) return manager;
  managers.push_back(wanted);
  return managers.back();
}

Refusal conflicts_refusal(const std::vector<std::pair<std::string, FieldSet>>& conflicts) {
  std::size_t count = 0;
  std::string text;
  std::vector<Cause> causes;
  for (const auto& [who, fields] : conflicts) {
    const std::vector<std::string> names = field_names(fields);
    count += names.size();
    text += text.empty() ? "" : "\n";
    if (names.size() == 1) {
      text += fmt::format("conflict with {}: {}", who, names.front());
    } else {
      text += fmt::format("conflicts with {}:", who);
      for (const std::string& name : names) text += "\n- " + name;
    }
    for (const std::string& name : names) causes.push_back({"FieldManagerConflict", "conflict with " + who, name});
  }
  Refusal refusal{409, "Conflict",
                  fmt::format("Apply failed with {} conflict{}: {}", count, count == 1 ? "" : "s", text), true};
  refusal.causes = std::move(causes);
  return refusal;
}

}  // namespace

bool forgets_managers(const json::value& body) {
  const json::value* given = kube::find_at(body, {"metadata", "managedFields"});
  if (!given || !given->is_array()) return false;
  const json::array& list = given->get_array();
  return list.empty() || (list.size() == 1 && list[0].is_object() && list[0].get_object().empty());
}

void note_update(const FieldWrite& write, const json::value* before, json::value& after) {
  const SchemaPtr schema = schema_of(write.kind);
  Managers managers = before && !write.forgets ? managers_of(*before) : Managers();
  const Comparison changes = before ? compare(*schema, *before, after) : compare(*schema, blank(write, *schema), after);
  const FieldSet set_now = manageable(united(changes.added, changes.modified), write);
  const FieldSet taken = united(set_now, manageable(changes.removed, write));
  if (write.forgets || taken.empty()) {
    write_managers(std::move(managers), after);
    return;
  }
  for (Manager& manager : managers) manager.fields = without(manager.fields, taken);
  if (!write.manager.empty()) {
    const std::string now = write.subresource == "scale" ? "" : kube::format_time(write.now);
    Manager& own = entry_for(managers, {write.manager, "Update", write.kind.api_version(), write.subresource, now, {}});
    own.fields = united(own.fields, set_now);
    own.time = now;
  }
  write_managers(std::move(managers), after);
}

Outcome<json::value> apply_configuration(const FieldWrite& write, const json::value* live,
                                         const json::value& configuration, bool force) {
  const SchemaPtr schema = schema_of(write.kind);
  Managers managers = live ? managers_of(*live) : Managers();
  const json::value before = without_managers(live ? *live : blank(write, *schema));
  json::value after = merged(*schema, before, configuration);
  const FieldSet wanted = manageable(fields_of(*schema, configuration), write);

  const Manager self{
      write.manager, "Apply", write.kind.api_version(), write.subresource, kube::format_time(write.now), {}};
  const Comparison changes = compare(*schema, before, after);
  const FieldSet touched = united(changes.added, changes.modified);
  std::vector<std::pair<std::string, FieldSet>> conflicts;
  for (Manager& manager : managers) {
    if (manager.is_same(self)) continue;
    const FieldSet shared = common(manager.fields, touched);
    if (shared.empty()) continue;
    const std::string who = manager.operation == "Apply"
                                ? quoted(manager.name)
                                : fmt::format("{} using {}", quoted(manager.name), manager.api_version);
    if (force)
      manager.fields = without(manager.fields, shared);
    else
      conflicts.emplace_back(who, shared);
  }
  if (!conflicts.empty()) return conflicts_refusal(conflicts);

  FieldSet others;
  for (const Manager& manager : managers)
    if (!manager.is_same(self)) others = united(others, manager.fields);
  Manager& own = entry_for(managers, self);
  const FieldSet given_up = without(own.fields, wanted);
  remove_fields(*schema, after, given_up, united(others, wanted));
  if (own.fields != wanted || !(after == before)) own.time = self.time;
  own.fields = wanted;
  write_managers(std::move(managers), after);
  return after;
}

bool same_apart_from_times(const json::value& left, const json::value& right) {
  if (!left.is_array() || !right.is_array() || left.get_array().size() != right.get_array().size())
    return left == right;
  for (std::size_t i = 0; i < left.get_array().size(); ++i) {
    json::value a = left.get_array()[i];
    json::value b = right.get_array()[i];
    for (json::value* one : {&a, &b})
      if (one->is_object()) erase_member(one->get_object(), "time");
    if (a != b) return false;
  }
  return true;
}

}  // namespace sluice::sandbox
