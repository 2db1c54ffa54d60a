// Labels, annotations, matchLabels: a small sorted map from string to string in one allocation.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::kube {

class StringMap {
 public:
  using value_type = std::pair<std::string, std::string>;
  using const_iterator = std::vector<value_type>::const_iterator;

  StringMap() = default;
  StringMap(std::initializer_list<value_type> entries) {
    for (const value_type& entry : entries) set(entry.first, entry.second);
  }

  // nullptr when the key is absent; valid until the next change.
  const std::string* find(std::string_view key) const {
    const auto at = place_of(key);
    return at != entries_.end() && at->first == key ? &at->second : nullptr;
  }
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  // The value, or "" when the key is absent.
  std::string_view get(std::string_view key) const {
    const std::string* value = find(key);
    return value ? std::string_view(*value) : std::string_view();
  }
  void set(std::string_view key, std::string_view value) {
    const auto at = place_of(key);
    if (at != entries_.end() && at->first == key)
      at->second = value;
    else
      entries_.emplace(at, key, value);
  }
  bool erase(std::string_view key) {
    const auto at = place_of(key);
    if (at == entries_.end() || at->first != key) return false;
    entries_.erase(at);
    return true;
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  const_iterator begin() const { return entries_.begin(); }
  const_iterator end() const { return entries_.end(); }
  void shrink_to_fit() { entries_.shrink_to_fit(); }
  bool operator==(const StringMap&) const = default;

 private:
  static bool is_before(const value_type& entry, std::string_view key) { return entry.first < key; }
  const_iterator place_of(std::string_view key) const {
    return std::lower_bound(entries_.begin(), entries_.end(), key, is_before);
  }
  std::vector<value_type>::iterator place_of(std::string_view key) {
    return std::lower_bound(entries_.begin(), entries_.end(), key, is_before);
  }

  std::vector<value_type> entries_;  // sorted by key, keys unique
};

}  // namespace sluice::kube
