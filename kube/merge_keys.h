// Which lists of the built-in kinds are merged, and by which key, when they are patched.
#pragma once

#include <string_view>

namespace sluice::kube {

// How a strategic merge treats one member of a built-in type.
struct MergeRule {
  std::string_view type;    // "PodSpec"
  std::string_view member;  // "containers"
  std::string_view child;   // type of the member or of its items; "" when nothing below it has a rule
  bool merges = false;      // a list that is merged instead of replaced
  std::string_view key;     // the member that identifies an item; "" for a merged list of scalars
};

// True for the API groups that Kubernetes itself serves; only their kinds know strategic merge patches.
bool is_built_in_group(std::string_view group);

// The type at which the rules of a kind begin; for kinds without a rule of their own, one that knows metadata only.
std::string_view root_type_of(std::string_view group, std::string_view kind);

// nullptr when the member has no rule: objects are merged, lists replaced.
const MergeRule* merge_rule_for(std::string_view type, std::string_view member);

}  // namespace sluice::kube
