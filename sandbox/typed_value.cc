// Walking values along their schemas.
#include "sandbox/typed_value.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kube/patch.h"
#include "sandbox/builtin_types.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

// Lists in free-form values are one value; their members are apart.
bool is_one_value(const Schema& schema, const json::value& value) {
  if (value.is_object()) return schema.grouping == Grouping::whole;
  if (value.is_array()) return schema.grouping != Grouping::keyed && schema.grouping != Grouping::set;
  return true;
}

const Schema& member_schema(const Schema& schema, std::string_view name) {
  const Schema* part = schema.member(name);
  return part ? *part : free_schema();
}

const Schema& item_schema(const Schema& schema) { return schema.items ? *schema.items : free_schema(); }

// The path element of a list's item; a key that was left out has its default.
std::string element_of(const Schema& list, const json::value& item) {
  if (list.grouping == Grouping::set) return "v:" + kube::print_json(item);
  std::vector<std::string> names = list.keys;
  std::sort(names.begin(), names.end());
  json::object keys;
  for (const std::string& name : names) {
    const json::value* found = item.is_object() ? item.get_object().if_contains(name) : nullptr;
    const Schema* part = item_schema(list).member(name);
    if (found)
      keys[name] = *found;
    else if (part && part->default_value)
      keys[name] = *part->default_value;
  }
  return "k:" + kube::print_json(keys);
}

using Path = std::vector<std::string>;

class Comparer {
 public:
  Comparison result;

  void visit(const Schema& schema, const json::value* before, const json::value* after) {
    if (!before && !after) return;
    const json::value& shape = after && !after->is_null()     ? *after
                               : before && !before->is_null() ? *before
                               : after                        ? *after
                                                              : *before;
    const bool same_kind =
        !before || !after || before->is_null() || after->is_null() || before->kind() == after->kind();
    if (is_one_value(schema, shape) || !same_kind) {
      if (!before)
        result.added.insert(path_);
      else if (!after)
        result.removed.insert(path_);
      else if (!kube::same_json(*before, *after))
        result.modified.insert(path_);
      return;
    }
    if (shape.is_object())
      visit_members(schema, before ? before->if_object() : nullptr, after ? after->if_object() : nullptr);
    else
      visit_items(schema, before ? before->if_array() : nullptr, after ? after->if_array() : nullptr);
    if (path_.empty()) return;
    if (!before) result.added.insert(path_);
    if (!after) result.removed.insert(path_);
  }

 private:
  void visit_members(const Schema& schema, const json::object* before, const json::object* after) {
    std::set<std::string> names;
    for (const json::object* one : {before, after})
      if (one)
        for (const auto& member : *one) names.emplace(member.key());
    for (const std::string& name : names) {
      path_.push_back("f:" + name);
      visit(member_schema(schema, name), before ? before->if_contains(name) : nullptr,
            after ? after->if_contains(name) : nullptr);
      path_.pop_back();
    }
  }

  void visit_items(const Schema& schema, const json::array* before, const json::array* after) {
    std::map<std::string, std::pair<const json::value*, const json::value*>> items;
    if (before)
      for (const json::value& item : *before) items[element_of(schema, item)].first = &item;
    if (after)
      for (const json::value& item : *after) items[element_of(schema, item)].second = &item;
    for (const auto& [element, pair] : items) {
      path_.push_back(element);
      visit(item_schema(schema), pair.first, pair.second);
      path_.pop_back();
    }
  }

  Path path_;
};

void collect_fields(const Schema& schema, const json::value& value, Path& path, FieldSet& to) {
  if (is_one_value(schema, value)) {
    to.insert(path);
    return;
  }
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      path.push_back("f:" + std::string(member.key()));
      const bool declared = schema.properties.contains(member.key());
      const bool hollow =
          member.value().is_null() || (member.value().is_object() && member.value().get_object().empty());
      if (hollow || !declared) to.insert(path);
      if (!hollow) collect_fields(member_schema(schema, member.key()), member.value(), path, to);
      path.pop_back();
    }
    return;
  }
  for (const json::value& item : value.get_array()) {
    path.push_back(element_of(schema, item));
    to.insert(path);
    if (schema.grouping == Grouping::keyed) collect_fields(item_schema(schema), item, path, to);
    path.pop_back();
  }
}

void merge_into(const Schema& schema, json::value& live, const json::value& configuration) {
  const bool same_kind = live.kind() == configuration.kind();
  if (!same_kind || is_one_value(schema, configuration)) {
    live = configuration;
    return;
  }
  if (configuration.is_object()) {
    for (const auto& member : configuration.get_object()) {
      json::value* found = live.get_object().if_contains(member.key());
      if (found)
        merge_into(member_schema(schema, member.key()), *found, member.value());
      else
        live.get_object()[member.key()] = member.value();
    }
    return;
  }
  for (const json::value& item : configuration.get_array()) {
    const std::string element = element_of(schema, item);
    json::array& list = live.get_array();
    const auto at = std::find_if(list.begin(), list.end(),
                                 [&](const json::value& other) { return element_of(schema, other) == element; });
    if (at == list.end())
      list.push_back(item);
    else
      merge_into(item_schema(schema), *at, item);
  }
}

bool is_hollow(const json::value& value) {
  return (value.is_object() && value.get_object().empty()) || (value.is_array() && value.get_array().empty());
}

const FieldSet& child_of(const FieldSet& set, const std::string& element) {
  static const FieldSet none;
  const auto at = set.children.find(element);
  return at == set.children.end() ? none : at->second;
}

// Removes one field when nobody keeps it or anything in it; answers whether it is to go.
bool goes(const Schema& schema, json::value& value, const FieldSet& fields, const FieldSet& kept) {
  if (fields.member && kept.empty()) return true;
  const bool was_hollow = is_hollow(value);
  remove_fields(schema, value, fields, kept);
  return !was_hollow && is_hollow(value) && kept.empty();
}

}  // namespace

Comparison compare(const Schema& schema, const json::value& before, const json::value& after) {
  Comparer comparer;
  comparer.visit(schema, &before, &after);
  return std::move(comparer.result);
}

FieldSet fields_of(const Schema& schema, const json::value& configuration) {
  FieldSet set;
  Path path;
  collect_fields(schema, configuration, path, set);
  return set;
}

json::value merged(const Schema& schema, const json::value& live, const json::value& configuration) {
  json::value result = live;
  merge_into(schema, result, configuration);
  return result;
}

void remove_fields(const Schema& schema, json::value& value, const FieldSet& fields, const FieldSet& kept) {
  if (fields.children.empty()) return;
  if (value.is_object()) {
    std::vector<std::string> gone;
    for (auto& member : value.get_object()) {
      const std::string element = "f:" + std::string(member.key());
      const FieldSet& own = child_of(fields, element);
      if (!own.empty() && goes(member_schema(schema, member.key()), member.value(), own, child_of(kept, element)))
        gone.emplace_back(member.key());
    }
    for (const std::string& name : gone) erase_member(value.get_object(), name);
  } else if (value.is_array() && !is_one_value(schema, value)) {
    json::array rest;
    for (json::value& item : value.get_array()) {
      const std::string element = element_of(schema, item);
      const FieldSet& own = child_of(fields, element);
      if (own.empty() || !goes(item_schema(schema), item, own, child_of(kept, element)))
        rest.push_back(std::move(item));
    }
    value = std::move(rest);
  }
}

std::string undeclared_field(const Schema& schema, const json::value& configuration) {
  if (configuration.is_object()) {
    for (const auto& member : configuration.get_object()) {
      const Schema* part = schema.member(member.key());
      const std::string here = "." + std::string(member.key());
      if (!part && !schema.keeps_unknown()) return here;
      if (const std::string below = part ? undeclared_field(*part, member.value()) : ""; !below.empty())
        return here + below;
    }
  } else if (configuration.is_array() && schema.items) {
    const json::array& list = configuration.get_array();
    for (std::size_t i = 0; i < list.size(); ++i)
      if (const std::string below = undeclared_field(*schema.items, list[i]); !below.empty())
        return item_path("", i) + below;
  }
  return "";
}

SchemaPtr whole_object_schema(const SchemaPtr& of_kind, bool custom) {
  if (of_kind && !custom) return of_kind;
  auto schema = of_kind ? std::make_shared<Schema>(*of_kind) : std::make_shared<Schema>();
  if (!of_kind) schema->preserve_unknown = true;
  for (const char* name : {"apiVersion", "kind"}) {
    auto text = std::make_shared<Schema>();
    text->type = Schema::Type::string;
    schema->properties[name] = std::move(text);
  }
  schema->properties["metadata"] = builtin_type("meta.v1.ObjectMeta");
  return schema;
}

}  // namespace sluice::sandbox
