// A Kubernetes label selector as objects carry it.
#pragma once

#include <string>
#include <vector>

#include "kube/string_map.h"

namespace sluice::kube {

struct LabelRequirement {
  std::string key;
  std::string op;  // "In", "NotIn", "Exists" or "DoesNotExist"
  std::vector<std::string> values;
  bool operator==(const LabelRequirement&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("key", self.key);
    visit.required("operator", self.op);
    visit("values", self.values);
  }
};

// All parts must hold. A selector without parts selects everything.
struct LabelSelector {
  StringMap match_labels;
  std::vector<LabelRequirement> match_expressions;
  bool empty() const { return match_labels.empty() && match_expressions.empty(); }
  bool operator==(const LabelSelector&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("matchLabels", self.match_labels);
    visit("matchExpressions", self.match_expressions);
  }
};

}  // namespace sluice::kube
