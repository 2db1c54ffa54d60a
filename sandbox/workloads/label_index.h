// Finding objects by labels, and selectors by the labels of an object, without looking at all of them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/metadata.h"

namespace sluice::sandbox {

namespace json = boost::json;

// Objects under each of their labels.
class LabelIndex {
 public:
  void add(const kube::ObjectKey& key, const json::object& labels);
  void remove(const kube::ObjectKey& key, const json::object& labels);
  // The names in a namespace that may be selected by a LabelSelector, in order: those with the rarest of its
  // matchLabels. The caller compares the rest.
  const std::set<std::string>& candidates(std::string_view ns, const json::object& match_labels) const;

 private:
  std::unordered_map<std::string, std::set<std::string>> names_;  // by "namespace/label=value"; "namespace/" for all
};

// Selectors under one of the labels that they demand.
class SelectorIndex {
 public:
  // Replaces what was known of `key`.
  void set(const kube::ObjectKey& key, const json::object& match_labels);
  void erase(const kube::ObjectKey& key);
  // Names in a namespace whose selector may select these labels, in order.
  std::vector<kube::ObjectKey> candidates(std::string_view ns, const json::object& labels) const;

 private:
  std::unordered_map<std::string, std::set<std::string>> names_;  // "namespace/" for those that demand nothing
  std::unordered_map<kube::ObjectKey, std::string, kube::ObjectKeyHash> places_;
};

}  // namespace sluice::sandbox
