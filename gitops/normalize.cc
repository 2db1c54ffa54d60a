// Taking out of objects what never counts as a difference.
#include "gitops/normalize.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <boost/json.hpp>
#include <openssl/evp.h>

#include "gitops/glob.h"
#include "kube/json.h"

namespace sluice::gitops {
namespace {

std::string base64(std::string_view text) {
  std::string coded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  coded.resize(static_cast<std::size_t>(length));
  return coded;
}

void fold_string_data(json::object& secret) {
  json::value* strings = secret.if_contains("stringData");
  if (!strings) return;
  if (strings->is_object()) {
    json::value& data = secret["data"];
    if (!data.is_object()) data = json::object();
    for (const auto& [key, value] : secret.at("stringData").get_object())
      if (value.is_string()) data.get_object()[key] = base64(value.get_string());
  }
  secret.stable_erase("stringData");
}

// The parts of a JSON pointer with ~1 and ~0 read as "/" and "~".
std::vector<std::string> parts_of(std::string_view pointer) {
  std::vector<std::string> parts;
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(raw.size());
    std::string part;
    for (std::size_t at = 0; at < raw.size(); ++at) {
      const bool escaped = raw[at] == '~' && at + 1 < raw.size() && (raw[at + 1] == '0' || raw[at + 1] == '1');
      part += escaped ? (raw[++at] == '1' ? '/' : '~') : raw[at];
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

std::optional<std::size_t> index_in(const json::array& list, const std::string& part) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (error != std::errc{} || end != part.data() + part.size() || index >= list.size()) return std::nullopt;
  return index;
}

template <class Value>
Value* step(Value* at, const std::string& part) {
  if (!at) return nullptr;
  if (at->is_object()) return at->get_object().if_contains(part);
  if (!at->is_array()) return nullptr;
  const auto index = index_in(at->get_array(), part);
  return index ? &at->get_array()[*index] : nullptr;
}

}  // namespace

bool applies_to(const IgnoreRule& rule, const ResourceId& id) {
  return matches_glob(rule.group, id.group) && matches_glob(rule.kind, id.kind) &&
         (rule.ns.empty() || rule.ns == id.ns) && (rule.name.empty() || rule.name == id.name);
}

void remove_at(json::value& object, std::string_view pointer) {
  std::vector<std::string> parts = parts_of(pointer);
  if (parts.empty()) return;
  const std::string last = std::move(parts.back());
  parts.pop_back();
  json::value* at = &object;
  for (const std::string& part : parts) at = step(at, part);
  if (!at) return;
  if (at->is_object()) {
    at->get_object().stable_erase(last);
  } else if (at->is_array()) {
    if (const auto index = index_in(at->get_array(), last))
      at->get_array().erase(at->get_array().begin() + static_cast<std::ptrdiff_t>(*index));
  }
}

void copy_at(json::value& object, const json::value& from, std::string_view pointer) {
  const json::value* source = &from;
  json::value* to = &object;
  const std::vector<std::string> parts = parts_of(pointer);
  for (const std::string& part : parts) source = step(source, part);
  if (!source) {
    remove_at(object, pointer);
    return;
  }
  for (const std::string& part : parts) {
    json::value* next = step(to, part);
    if (!next && to->is_object()) next = &(to->get_object()[part] = json::object());
    if (!next) return;  // a list that has no such place
    to = next;
  }
  *to = *source;
}

void normalize(json::value& object) {
  if (!object.is_object()) return;
  json::object& top = object.get_object();
  const std::string kind(kube::text_at(object, {"kind"}));
  const std::string group(group_of(kube::text_at(object, {"apiVersion"})));
  if (kind == "Secret" && group.empty()) fold_string_data(top);
  if (kind == "ClusterRole" && top.contains("aggregationRule")) top.stable_erase("rules");
  for (const std::string_view name : {"apiVersion", "kind", "status"}) top.stable_erase(name);
  json::value* metadata = top.if_contains("metadata");
  if (!metadata || !metadata->is_object()) return;
  for (const std::string_view name :
       {"name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink"})
    metadata->get_object().stable_erase(name);
  if (json::value* notes = metadata->get_object().if_contains("annotations"); notes && notes->is_object())
    notes->get_object().stable_erase(annotations::last_applied);
}

json::value last_applied(const json::value& live) {
  const std::string_view text = annotation(live, annotations::last_applied);
  if (text.empty()) return nullptr;
  auto parsed = kube::parse_json(text);
  if (!parsed || !parsed->is_object()) return nullptr;
  return std::move(*parsed);
}

}  // namespace sluice::gitops
