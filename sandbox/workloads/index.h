// What belongs to what: objects by uid, dependents by the uid of their owner, pods by label.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sandbox/api.h"
#include "sandbox/workloads/label_index.h"

namespace sluice::sandbox {

// One object of any kind; `kind` is a number of the Index.
struct ObjectRef {
  int kind = 0;
  kube::ObjectKey key;
  auto operator<=>(const ObjectRef&) const = default;
};

// Follows every change in time that depends on the size of the change only.
class Index {
 public:
  void note(const Change& change);

  // The kind as its path needs it; lives as long as the index.
  kube::Resource resource(int kind) const;
  int pod_kind() const { return pod_kind_; }
  // nullptr when no object has this uid.
  const ObjectRef* find(const std::string& uid) const;
  // Everything that names this uid among its owners, in order.
  const std::set<ObjectRef>& dependents(const std::string& uid) const;
  // The pods among them.
  std::vector<kube::ObjectKey> pods_of(const std::string& uid) const;
  const LabelIndex& pods() const { return pods_; }

 private:
  struct Kind {
    std::string group, version, name, plural;
    bool namespaced;
  };
  int kind_of(const Change& change);

  std::deque<Kind> kinds_;
  std::map<std::pair<std::string, std::string>, int> kind_numbers_;  // by group and plural
  int pod_kind_ = -1;
  std::unordered_map<std::string, ObjectRef> by_uid_;
  std::unordered_map<std::string, std::set<ObjectRef>> dependents_;
  LabelIndex pods_;
};

}  // namespace sluice::sandbox
