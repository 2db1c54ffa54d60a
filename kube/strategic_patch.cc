// Strategic merge patch: merging by keys, and the directives that a patch may carry.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/merge_keys.h"
#include "kube/patch.h"

namespace sluice::kube {
namespace {

constexpr std::string_view patch_directive = "$patch";
constexpr std::string_view retain_directive = "$retainKeys";
constexpr std::string_view order_prefix = "$setElementOrder/";
constexpr std::string_view delete_prefix = "$deleteFromPrimitiveList/";

struct Refused {
  std::string message;
};

[[noreturn]] void refuse(std::string message) { throw Refused{std::move(message)}; }

bool is_directive(std::string_view name) {
  return name == patch_directive || name == retain_directive || name.starts_with(order_prefix) ||
         name.starts_with(delete_prefix);
}

bool has_patch_directive(const json::value& value) {
  return value.is_object() && value.get_object().contains(patch_directive);
}

// A value that the target does not have yet: without directives, without members that are null, and without the parts
// that say how to change what is not there.
json::value fresh(const json::value& value) {
  if (value.is_array()) {
    json::array kept;
    for (const json::value& item : value.get_array())
      if (!has_patch_directive(item)) kept.push_back(fresh(item));
    return json::value(std::move(kept));
  }
  if (!value.is_object()) return value;
  json::object kept;
  for (const auto& member : value.get_object()) {
    const bool is_dropped =
        member.value().is_null() || is_directive(member.key()) || has_patch_directive(member.value());
    if (!is_dropped) kept[member.key()] = fresh(member.value());
  }
  return json::value(std::move(kept));
}

const json::array& list_of(const json::value& value, std::string_view name) {
  if (!value.is_array()) refuse(fmt::format("{} must be a list", name));
  return value.get_array();
}

bool holds_objects(const json::array& one, const json::array& other) {
  const json::array& some = one.empty() ? other : one;
  return !some.empty() && some[0].is_object();
}

// The key of an item; the item itself in a list of scalars.
const json::value& identity(const json::value& item, std::string_view key) {
  if (key.empty()) return item;
  const json::value* value = item.is_object() ? item.get_object().if_contains(key) : nullptr;
  if (!value)
    refuse(
        fmt::format("an item of a list that is merged by \"{}\" has none: {}", key, print_json(item).substr(0, 200)));
  return *value;
}

// Where the item of the same identity stands; the size of the list when there is none.
std::size_t place_of(const json::array& list, const json::value& id, std::string_view key) {
  for (std::size_t i = 0; i < list.size(); ++i)
    if (same_json(identity(list[i], key), id)) return i;
  return list.size();
}

// Puts the items that `wanted` names into its order, and the others between them where they stood in `before`.
json::array ordered(json::array merged, const json::array& wanted, const json::array& before, std::string_view key) {
  struct Placed {
    std::size_t place;
    std::size_t was;  // among equals
    json::value value;
    bool operator<(const Placed& right) const { return place != right.place ? place < right.place : was < right.was; }
  };
  std::vector<Placed> named;
  std::vector<Placed> others;
  for (std::size_t i = 0; i < merged.size(); ++i) {
    const json::value& id = identity(merged[i], key);
    const std::size_t place = place_of(wanted, id, key);
    if (place < wanted.size())
      named.push_back({place, i, merged[i]});
    else
      others.push_back({place_of(before, id, key), i, merged[i]});
  }
  std::sort(named.begin(), named.end());
  std::sort(others.begin(), others.end());

  json::array result;
  auto other = others.begin();
  for (Placed& item : named) {
    const std::size_t stood = place_of(before, identity(item.value, key), key);
    for (; stood < before.size() && other != others.end() && other->place < stood; ++other)
      result.push_back(std::move(other->value));
    result.push_back(std::move(item.value));
  }
  for (; other != others.end(); ++other) result.push_back(std::move(other->value));
  return result;
}

json::object merged_object(json::object target, json::object patch, std::string_view type);

// Obeys the items that only carry out a deletion or a replacement, and takes them out of the patch.
void obey_special_items(json::array& target, json::array& patch, std::string_view key) {
  json::array plain;
  bool replaces = false;
  for (json::value& item : patch) {
    const json::value* directive = item.is_object() ? item.get_object().if_contains(patch_directive) : nullptr;
    if (!directive) {
      plain.push_back(std::move(item));
      continue;
    }
    const std::string_view word =
        directive->is_string() ? std::string_view(directive->get_string()) : std::string_view();
    if (word == "replace") {
      replaces = true;
    } else if (word == "delete") {
      const json::value& id = identity(item, key);
      for (std::size_t at = place_of(target, id, key); at < target.size(); at = place_of(target, id, key))
        target.erase(target.begin() + at);
    } else {
      refuse(
          fmt::format("$patch in an item of a list must be \"delete\" or \"replace\", not {}", print_json(*directive)));
    }
  }
  if (replaces) {
    target = std::move(plain);
    plain = json::array();
  }
  patch = std::move(plain);
}

json::array merged_list(json::array target, json::array patch, const MergeRule& rule) {
  if (!holds_objects(target, patch)) {
    if (!rule.key.empty() && !(target.empty() && patch.empty()))
      refuse(fmt::format("the items of {} must be objects", rule.member));
    json::array all = target;
    for (const json::value& item : patch)
      if (place_of(all, item, "") == all.size()) all.push_back(item);
    return ordered(std::move(all), patch, target, "");
  }
  obey_special_items(target, patch, rule.key);
  json::array all = target;
  for (const json::value& item : patch) {
    const std::size_t at = place_of(all, identity(item, rule.key), rule.key);
    if (at == all.size()) {
      all.push_back(fresh(item));
    } else {
      if (!item.is_object()) refuse(fmt::format("the items of {} must be objects", rule.member));
      all[at] = merged_object(std::move(all[at].get_object()), item.get_object(), rule.child);
    }
  }
  return ordered(std::move(all), patch, target, rule.key);
}

json::array merged_list_of(const MergeRule* rule, json::array target, json::array patch) {
  return rule && rule->merges ? merged_list(std::move(target), std::move(patch), *rule)
                              : std::move(fresh(json::value(std::move(patch))).get_array());
}

void retain_keys(json::object& target, json::object& patch) {
  const auto found = patch.find(retain_directive);
  if (found == patch.end()) return;
  const json::array names = list_of(found->value(), retain_directive);
  patch.stable_erase(found);
  const auto retained = [&](json::string_view name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const json::value& kept) { return kept.is_string() && kept.get_string() == name; });
  };
  for (const auto& member : patch)
    if (!is_directive(member.key()) && !retained(member.key()))
      refuse(fmt::format("{} is patched, but $retainKeys does not name it", std::string_view(member.key())));
  std::vector<std::string> dropped;
  for (const auto& member : target)
    if (!retained(member.key())) dropped.emplace_back(member.key());
  for (const std::string& name : dropped) target.stable_erase(target.find(name));
}

// The order by which the API server places the items that $setElementOrder does not name: that of the old list, in
// which the first new items have taken over the places that deleted ones left at the end.
json::array order_before(const json::array& before, const json::array& merged, std::string_view key) {
  json::array order;
  for (const json::value& item : before)
    if (place_of(merged, identity(item, key), key) < merged.size()) order.push_back(item);
  for (const json::value& item : merged) {
    if (order.size() >= before.size()) break;
    if (place_of(before, identity(item, key), key) == before.size()) order.push_back(item);
  }
  return order;
}

// $setElementOrder: merges the list it speaks of and brings it into that order.
void set_element_order(json::object& target, json::object& patch, std::string_view type) {
  std::vector<std::string> names;
  for (const auto& member : patch)
    if (member.key().starts_with(order_prefix)) names.emplace_back(member.key().substr(order_prefix.size()));
  for (const std::string& name : names) {
    const std::string directive = std::string(order_prefix) + name;
    const json::array order = list_of(patch.at(directive), directive);
    patch.stable_erase(patch.find(directive));
    const MergeRule* rule = merge_rule_for(type, name);
    const std::string_view key = rule ? rule->key : std::string_view();
    const json::value* old = target.if_contains(name);
    const json::value* change = patch.if_contains(name);
    if (change) {
      std::size_t last = 0;
      for (const json::value& item : list_of(*change, name)) {
        if (has_patch_directive(item)) continue;
        const std::size_t place = place_of(order, identity(item, key), key);
        if (place == order.size() || place < last)
          refuse(fmt::format("the items of {} do not follow the order in {}", name, directive));
        last = place;
      }
    }
    if (!old && !change) continue;
    const json::array before = old ? list_of(*old, name) : json::array();
    json::array merged;
    if (!change)
      merged = before;
    else if (!old)
      merged = std::move(fresh(*change).get_array());
    else
      merged = merged_list_of(rule, before, change->get_array());
    const json::array stood = order_before(before, merged, key);
    target[name] = ordered(std::move(merged), order, stood, key);
    if (change) patch.stable_erase(patch.find(name));
  }
}

void delete_from_list(json::object& target, std::string_view name, const json::value& unwanted) {
  json::value* list = target.if_contains(name);
  const json::array& items = list_of(unwanted, name);
  if (!list || !list->is_array()) return;
  json::array kept;
  for (json::value& item : list->get_array())
    if (place_of(items, item, "") == items.size()) kept.push_back(std::move(item));
  *list = std::move(kept);
}

json::object merged_object(json::object target, json::object patch, std::string_view type) {
  if (const auto at = patch.find(patch_directive); at != patch.end()) {
    const json::value directive = at->value();
    patch.stable_erase(at);
    if (directive == "replace") return patch;
    if (directive == "delete") return {};
    refuse(fmt::format("$patch must be \"delete\" or \"replace\", not {}", print_json(directive)));
  }
  retain_keys(target, patch);
  set_element_order(target, patch, type);
  for (auto& member : patch) {
    const std::string_view name = member.key();
    json::value& change = member.value();
    if (name.starts_with(delete_prefix)) {
      delete_from_list(target, name.substr(delete_prefix.size()), change);
      continue;
    }
    const auto old = target.find(name);
    if (change.is_null()) {
      if (old != target.end()) target.stable_erase(old);
      continue;
    }
    if (old == target.end()) {
      if (!has_patch_directive(change)) target[name] = fresh(change);
      continue;
    }
    json::value& place = old->value();
    const MergeRule* rule = merge_rule_for(type, name);
    if (place.is_object() && change.is_object())
      place = merged_object(std::move(place.get_object()), std::move(change.get_object()),
                            rule ? rule->child : std::string_view());
    else if (place.is_array() && change.is_array())
      place = merged_list_of(rule, std::move(place.get_array()), std::move(change.get_array()));
    else
      place = fresh(change);
  }
  return target;
}

}  // namespace

Result<json::value> apply_strategic_patch(json::value target, const json::value& patch, std::string_view group,
                                          std::string_view kind) {
  if (!target.is_object() || !patch.is_object())
    return Error{Fault::invalid, "a strategic merge patch and what it patches must be objects"};
  try {
    json::object merged = merged_object(std::move(target.get_object()), patch.get_object(), root_type_of(group, kind));
    return json::value(std::move(merged));
  } catch (const Refused& refused) {
    return Error{Fault::invalid, refused.message};
  }
}

}  // namespace sluice::kube
