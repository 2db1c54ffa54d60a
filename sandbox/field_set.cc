// Arithmetic on sets of fields.
#include "sandbox/field_set.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::sandbox {
namespace {

// "f:spec" is ".spec", `k:{"name":"p"}` is `[name="p"]`, `v:"x"` is `[="x"]`.
std::string shown(const std::string& element) {
  const std::string_view rest = std::string_view(element).substr(2);
  if (element.starts_with("f:")) return "." + std::string(rest);
  if (element.starts_with("v:")) return fmt::format("[={}]", rest);
  const kube::Result<json::value> keys = kube::parse_json(rest);
  if (!keys || !keys->is_object()) return "[" + std::string(rest) + "]";
  std::string text;
  for (const auto& key : keys->get_object())
    text += fmt::format("{}{}={}", text.empty() ? "" : ",", std::string_view(key.key()), kube::print_json(key.value()));
  return "[" + text + "]";
}

void collect(const FieldSet& set, const std::string& path, std::vector<std::string>& names) {
  for (const auto& [element, child] : set.children)
    if (child.member) names.push_back(path + shown(element));
  for (const auto& [element, child] : set.children)
    if (!child.children.empty()) collect(child, path + shown(element), names);
}

}  // namespace

FieldSet& FieldSet::at(const std::vector<std::string>& path) {
  FieldSet* node = this;
  for (const std::string& element : path) node = &node->children[element];
  return *node;
}

FieldSet united(const FieldSet& a, const FieldSet& b) {
  FieldSet set = a;
  set.member = a.member || b.member;
  for (const auto& [element, child] : b.children) {
    FieldSet& place = set.children[element];
    place = united(place, child);
  }
  return set;
}

FieldSet common(const FieldSet& a, const FieldSet& b) {
  FieldSet set;
  set.member = a.member && b.member;
  for (const auto& [element, child] : a.children) {
    const auto other = b.children.find(element);
    if (other == b.children.end()) continue;
    FieldSet shared = common(child, other->second);
    if (!shared.empty()) set.children.emplace(element, std::move(shared));
  }
  return set;
}

FieldSet without(const FieldSet& a, const FieldSet& b) {
  FieldSet set;
  set.member = a.member && !b.member;
  for (const auto& [element, child] : a.children) {
    const auto other = b.children.find(element);
    FieldSet rest = other == b.children.end() ? child : without(child, other->second);
    if (!rest.empty()) set.children.emplace(element, std::move(rest));
  }
  return set;
}

void remove_branch(FieldSet& set, const std::vector<std::string>& path) {
  FieldSet* node = &set;
  std::vector<FieldSet*> way;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const auto at = node->children.find(path[i]);
    if (at == node->children.end()) return;
    way.push_back(node);
    node = &at->second;
  }
  node->children.erase(path.back());
  for (std::size_t i = way.size(); i-- > 0;) {
    const auto at = way[i]->children.find(path[i]);
    if (at->second.empty()) way[i]->children.erase(at);
  }
}

json::value to_fields_v1(const FieldSet& set) {
  json::object fields;
  if (set.member && !set.children.empty()) fields["."] = json::object();
  for (const auto& [element, child] : set.children) fields[element] = to_fields_v1(child);
  return fields;
}

FieldSet from_fields_v1(const json::value& fields) {
  FieldSet set;
  if (!fields.is_object()) return set;
  for (const auto& field : fields.get_object()) {
    if (field.key() == ".") {
      set.member = true;
      continue;
    }
    FieldSet child = from_fields_v1(field.value());
    if (child.children.empty()) child.member = true;
    set.children.emplace(std::string(field.key()), std::move(child));
  }
  return set;
}

std::vector<std::string> field_names(const FieldSet& set) {
  std::vector<std::string> names;
  collect(set, "", names);
  return names;
}

}  // namespace sluice::sandbox
