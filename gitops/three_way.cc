// Three-way merging of JSON objects with the list keys of the built-in kinds.
#include "gitops/three_way.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/merge_keys.h"
#include "kube/quantity.h"

namespace sluice::gitops {
namespace {

using Path = std::vector<std::string_view>;

const json::object no_object;

// With a second member, two elements of one key are different things: a port for TCP and for UDP.
struct SecondKey {
  std::string_view key;
  std::string_view second;
  std::string_view otherwise;
};
constexpr std::array<SecondKey, 3> second_keys{{{"port", "protocol", "TCP"},
                                                {"containerPort", "protocol", "TCP"},
                                                {"topologyKey", "whenUnsatisfiable", "DoNotSchedule"}}};

struct ListKey {
  std::string_view key;
  std::string_view second;
  std::string_view second_default;
};

ListKey list_key(const kube::MergeRule& rule) {
  for (const SecondKey& one : second_keys)
    if (one.key == rule.key) return {rule.key, one.second, one.otherwise};
  return {rule.key, "", ""};
}

const json::value* member(const json::object& of, std::string_view name) {
  const json::value* found = of.if_contains(name);
  return found && !found->is_null() ? found : nullptr;
}

const json::object& object_member(const json::object& of, std::string_view name) {
  const json::value* found = of.if_contains(name);
  return found && found->is_object() ? found->get_object() : no_object;
}

// True for a value that Go leaves out when it writes a field.
bool is_zero(const json::value& value, bool built_in) {
  if (value.is_null()) return true;
  if (value.is_object())
    return std::ranges::all_of(value.get_object(), [&](const auto& inner) { return is_zero(inner.value(), built_in); });
  if (value.is_array()) return value.get_array().empty();
  if (!built_in) return false;  // a custom resource is kept as it was written
  if (value.is_string()) return value.get_string().empty();
  if (value.is_bool()) return !value.get_bool();
  return value.is_number() && value.to_number<double>() == 0;
}

bool is_quantity_place(const Path& path) {
  constexpr std::array<std::string_view, 12> parents{"limits", "requests", "capacity",    "hard",
                                                     "max",    "min",      "default",     "defaultRequest",
                                                     "used",   "podFixed", "allocatable", "maxLimitRequestRatio"};
  constexpr std::array<std::string_view, 4> own{"sizeLimit", "averageValue", "divisor", "value"};
  if (path.size() > 1 && std::ranges::find(parents, path[path.size() - 2]) != parents.end()) return true;
  if (path.empty() || std::ranges::find(own, path.back()) == own.end()) return false;
  // "value" is a quantity in an autoscaler's target and a plain text in an environment variable.
  return path.back() != "value" || (path.size() > 1 && path[path.size() - 2] == "target");
}

std::string scalar_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : kube::print_json(value);
}

bool same_quantity(const json::value& left, const json::value& right) {
  const auto a = kube::Quantity::parse(scalar_text(left));
  const auto b = kube::Quantity::parse(scalar_text(right));
  return a && b && *a == *b;
}

bool same_scalar(const json::value& desired, const json::value& live, const Path& path) {
  if (desired.is_number() && live.is_number()) {
    if (desired == live) return true;
    return (desired.is_double() || live.is_double()) && desired.to_number<double>() == live.to_number<double>();
  }
  if (desired == live) return true;
  return is_quantity_place(path) && same_quantity(desired, live);
}

// True when everything that `desired` says holds in `live`; more may be there.
bool covers(const json::value& live, const json::value& desired, Path& path, bool built_in);
bool covers_list(const json::array& live, const json::array& desired, Path& path, bool built_in);

bool covers_object(const json::object& live, const json::object& desired, Path& path, bool built_in) {
  return std::ranges::all_of(desired, [&](const auto& entry) {
    const json::value* there = member(live, entry.key());
    if (!there) return is_zero(entry.value(), built_in);
    path.push_back(entry.key());
    const bool covered = entry.value().is_null() || covers(*there, entry.value(), path, built_in);
    path.pop_back();
    return covered;
  });
}

bool covers(const json::value& live, const json::value& desired, Path& path, bool built_in) {
  if (desired.is_object() && live.is_object())
    return covers_object(live.get_object(), desired.get_object(), path, built_in);
  if (desired.is_array() && live.is_array()) return covers_list(live.get_array(), desired.get_array(), path, built_in);
  return same_scalar(desired, live, path);
}

bool covers_list(const json::array& live, const json::array& desired, Path& path, bool built_in) {
  if (live.size() != desired.size()) return false;
  for (std::size_t at = 0; at < desired.size(); ++at)
    if (!covers(live[at], desired[at], path, built_in)) return false;
  return true;
}

// Some objects are one of several things, and a default may have filled in the old one: the members that Git does not
// name must go when Git chooses another.
bool is_union(const Path& path) {
  return !path.empty() && (path.back() == "volumes" || path.back() == "strategy" || path.back() == "updateStrategy");
}

bool chooses_another(const json::object& desired, const json::object& live) {
  const json::value* type = member(desired, "type");
  const json::value* live_type = member(live, "type");
  if (type || live_type) return type && live_type && *type != *live_type;
  return std::ranges::any_of(
      desired, [&](const auto& entry) { return !entry.value().is_null() && !live.contains(entry.key()); });
}

class Merge {
 public:
  explicit Merge(bool built_in) : built_in_(built_in) {}

  // `type` is that of the built-in object, "" when nothing below it is merged by key.
  json::object object(const json::object& applied, const json::object& desired, const json::object& live,
                      std::string_view type) {
    json::object patch;
    for (const auto& [name, value] : desired) {
      if (value.is_null()) continue;
      const json::value* there = member(live, name);
      if (!there) {
        if (!is_zero(value, built_in_)) patch[name] = value;
        continue;
      }
      path_.push_back(name);
      change(applied, name, value, *there, type, patch);
      path_.pop_back();
    }
    for (const auto& [name, value] : applied)
      if (!value.is_null() && !member(desired, name) && member(live, name)) patch[name] = nullptr;
    if (is_union(path_) && chooses_another(desired, live))
      for (const auto& [name, value] : live)
        if (!member(desired, name)) patch[name] = nullptr;
    return patch;
  }

 private:
  void change(const json::object& applied, std::string_view name, const json::value& desired, const json::value& live,
              std::string_view type, json::object& patch) {
    const kube::MergeRule* rule = built_in_ ? kube::merge_rule_for(type, name) : nullptr;
    if (desired.is_object() && live.is_object()) {
      json::object inner = object(object_member(applied, name), desired.get_object(), live.get_object(),
                                  rule ? rule->child : std::string_view());
      if (!inner.empty()) patch[name] = std::move(inner);
    } else if (desired.is_array() && live.is_array()) {
      list(member(applied, name), desired.get_array(), live.get_array(), name, rule, patch);
    } else if (!same_scalar(desired, live, path_)) {
      patch[name] = desired;
    }
  }

  void list(const json::value* applied, const json::array& desired, const json::array& live, std::string_view name,
            const kube::MergeRule* rule, json::object& patch) {
    if (name == "finalizers" && path_.size() == 2) return finalizers(desired, live, patch);
    if (rule && rule->merges && !rule->key.empty()) return keyed(applied, *rule, desired, live, name, patch);
    if (!covers_list(live, desired, path_, built_in_)) patch[name] = desired;
  }

  // Others add their own; those in Git must be among them.
  static void finalizers(const json::array& desired, const json::array& live, json::object& patch) {
    json::array all = live;
    for (const json::value& one : desired)
      if (std::ranges::find(live, one) == live.end()) all.push_back(one);
    if (all.size() != live.size()) patch["finalizers"] = std::move(all);
  }

  static std::optional<std::string> identity(const ListKey& key, const json::value& element) {
    if (!element.is_object()) return std::nullopt;
    const json::value* first = member(element.get_object(), key.key);
    if (!first) return std::nullopt;
    std::string text = scalar_text(*first);
    if (key.second.empty()) return text;
    const json::value* second = member(element.get_object(), key.second);
    return text + "/" + (second ? scalar_text(*second) : std::string(key.second_default));
  }

  static const json::object* find(const ListKey& key, const json::array& in, const std::string& wanted) {
    for (const json::value& element : in)
      if (identity(key, element) == wanted) return &element.get_object();
    return nullptr;
  }

  // True when elements cannot be patched one by one: an unclear or repeated key, or another order.
  static bool must_replace(const ListKey& key, const json::array& desired, const json::array& live) {
    std::vector<std::string> seen;
    std::vector<std::string_view> single;
    std::size_t last = 0;
    for (const json::value& element : desired) {
      const auto id = identity(key, element);
      if (!id || std::ranges::find(seen, *id) != seen.end()) return true;
      seen.push_back(*id);
      for (std::size_t at = 0; at < live.size(); ++at)
        if (identity(key, live[at]) == *id) {
          if (at < last) return true;
          last = at;
        }
    }
    std::vector<std::string> keys;
    for (const std::string& id : seen) keys.push_back(id.substr(0, id.find('/')));
    if (key.second.empty()) return false;
    std::ranges::sort(keys);
    return std::ranges::adjacent_find(keys) != keys.end();
  }

  void keyed(const json::value* applied, const kube::MergeRule& rule, const json::array& desired,
             const json::array& live, std::string_view name, json::object& patch) {
    const ListKey key = list_key(rule);
    const json::array none;
    const json::array& before = applied && applied->is_array() ? applied->get_array() : none;
    json::array changes;
    for (const json::value& element : desired) {
      const auto id = identity(key, element);
      const json::object* there = id ? find(key, live, *id) : nullptr;
      if (!there) {
        changes.push_back(element);
        continue;
      }
      const json::object* old = find(key, before, *id);
      json::object inner = object(old ? *old : no_object, element.get_object(), *there, rule.child);
      if (inner.empty()) continue;
      inner[key.key] = element.get_object().at(key.key);
      changes.push_back(std::move(inner));
    }
    for (const json::value& element : before) {
      const auto id = identity(key, element);
      if (!id || find(key, desired, *id) || !find(key, live, *id)) continue;
      json::object gone;
      gone["$patch"] = "delete";
      gone[key.key] = element.get_object().at(key.key);
      changes.push_back(std::move(gone));
    }
    if (must_replace(key, desired, live)) {
      if (covers_list(live, desired, path_, built_in_)) return;
      changes = desired;
      json::object replace;
      replace["$patch"] = "replace";
      changes.insert(changes.begin(), std::move(replace));
    }
    if (!changes.empty()) patch[name] = std::move(changes);
  }

  bool built_in_;
  Path path_;
};

void collect(const json::value& patch, const std::string& path, std::size_t most, std::vector<std::string>& to) {
  if (to.size() >= most) return;
  if (patch.is_object()) {
    for (const auto& [name, value] : patch.get_object()) {
      const std::string next = path.empty() ? std::string(name) : fmt::format("{}.{}", path, std::string_view(name));
      collect(value, next, most, to);
    }
    return;
  }
  const bool elements = patch.is_array() && !patch.get_array().empty() && patch.get_array()[0].is_object();
  if (!elements) {
    to.push_back(path);
    return;
  }
  for (const json::value& element : patch.get_array()) {
    const json::value* name = element.is_object() ? element.get_object().if_contains("name") : nullptr;
    if (!name || element.get_object().size() == 1 || element.get_object().contains("$patch")) {
      to.push_back(path);
      return;
    }
    json::object rest = element.get_object();
    rest.stable_erase("name");
    collect(rest, fmt::format("{}[name={}]", path, scalar_text(*name)), most, to);
  }
}

std::string pointer_part(std::string_view name) {
  std::string part = "/";
  for (const char c : name) part += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return part;
}

void collect_absent(const json::object& patch, const json::object& object, const std::string& at,
                    std::vector<std::string>& to) {
  for (const auto& [name, value] : patch) {
    if (value.is_null()) continue;
    const json::value* there = member(object, name);
    const std::string next = at + pointer_part(name);
    if (!there)
      to.push_back(next);
    else if (there->is_object() && value.is_object())
      collect_absent(value.get_object(), there->get_object(), next, to);
  }
}

}  // namespace

json::object three_way_patch(const json::object& last_applied, const json::object& desired, const json::object& live,
                             std::string_view group, std::string_view kind) {
  const bool built_in = kube::is_built_in_group(group);
  return Merge(built_in).object(last_applied, desired, live,
                                built_in ? kube::root_type_of(group, kind) : std::string_view());
}

std::vector<std::string> changed_paths(const json::object& patch, std::size_t most) {
  std::vector<std::string> paths;
  collect(json::value(patch), "", most, paths);
  return paths;
}

std::vector<std::string> absent_members(const json::object& patch, const json::object& object) {
  std::vector<std::string> pointers;
  collect_absent(patch, object, "", pointers);
  return pointers;
}

}  // namespace sluice::gitops
