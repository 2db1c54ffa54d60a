// Objects reduced to what a comparison looks at.
#pragma once

#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "gitops/resource_id.h"

namespace sluice::gitops {

// A part of objects that a user wants to be left out of comparisons (spec.ignoreDifferences).
struct IgnoreRule {
  std::string group;                  // glob; "" is the core group
  std::string kind;                   // glob
  std::string ns;                     // "" for any
  std::string name;                   // "" for any
  std::vector<std::string> pointers;  // JSON pointers
};

bool applies_to(const IgnoreRule& rule, const ResourceId& id);

// Removes what a JSON pointer names, if it is there.
void remove_at(json::value& object, std::string_view pointer);
// Sets what a JSON pointer names to what it is in `from`, or removes it when `from` lacks it.
void copy_at(json::value& object, const json::value& from, std::string_view pointer);

// Without identity, status and what the server keeps about an object; a Secret's stringData as data; the rules of an
// aggregated ClusterRole left out.
void normalize(json::value& object);

// The configuration that was applied last, as the object's annotation tells it; null when it tells none.
json::value last_applied(const json::value& live);

}  // namespace sluice::gitops
