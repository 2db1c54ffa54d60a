// Finding objects by labels and selectors by objects.
#include "sandbox/workloads/label_index.h"

#include <boost/json.hpp>

namespace sluice::sandbox {
namespace {

std::string place_of(std::string_view ns, std::string_view label, const json::value& value) {
  std::string place(ns);
  place += '/';
  place += label;
  place += '=';
  if (value.is_string()) place += std::string_view(value.get_string());
  return place;
}

std::string all_of(std::string_view ns) { return std::string(ns) + "/"; }

}  // namespace

void LabelIndex::add(const kube::ObjectKey& key, const json::object& labels) {
  names_[all_of(key.ns)].insert(key.name);
  for (const auto& [label, value] : labels) names_[place_of(key.ns, label, value)].insert(key.name);
}

void LabelIndex::remove(const kube::ObjectKey& key, const json::object& labels) {
  const auto drop = [&](const std::string& place) {
    const auto found = names_.find(place);
    if (found == names_.end()) return;
    found->second.erase(key.name);
    if (found->second.empty()) names_.erase(found);
  };
  drop(all_of(key.ns));
  for (const auto& [label, value] : labels) drop(place_of(key.ns, label, value));
}

const std::set<std::string>& LabelIndex::candidates(std::string_view ns, const json::object& match_labels) const {
  static const std::set<std::string> none;
  const auto names_at = [&](const std::string& place) -> const std::set<std::string>& {
    const auto found = names_.find(place);
    return found == names_.end() ? none : found->second;
  };
  const std::set<std::string>* fewest = &names_at(all_of(ns));
  for (const auto& [label, value] : match_labels) {
    const std::set<std::string>& named = names_at(place_of(ns, label, value));
    if (named.size() < fewest->size()) fewest = &named;
  }
  return *fewest;
}

void SelectorIndex::set(const kube::ObjectKey& key, const json::object& match_labels) {
  erase(key);
  std::string best = all_of(key.ns);
  std::size_t fewest = SIZE_MAX;
  for (const auto& [label, value] : match_labels) {
    std::string place = place_of(key.ns, label, value);
    const auto found = names_.find(place);
    const std::size_t size = found == names_.end() ? 0 : found->second.size();
    if (size >= fewest) continue;
    fewest = size;
    best = std::move(place);
  }
  names_[best].insert(key.name);
  places_.emplace(key, std::move(best));
}

void SelectorIndex::erase(const kube::ObjectKey& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return;
  const auto names = names_.find(place->second);
  names->second.erase(key.name);
  if (names->second.empty()) names_.erase(names);
  places_.erase(place);
}

std::vector<kube::ObjectKey> SelectorIndex::candidates(std::string_view ns, const json::object& labels) const {
  std::set<std::string> found;
  const auto take = [&](const std::string& place) {
    if (const auto names = names_.find(place); names != names_.end())
      found.insert(names->second.begin(), names->second.end());
  };
  take(all_of(ns));
  for (const auto& [label, value] : labels) take(place_of(ns, label, value));
  std::vector<kube::ObjectKey> keys;
  for (const std::string& name : found) keys.push_back({std::string(ns), name});
  return keys;
}

}  // namespace sluice::sandbox
