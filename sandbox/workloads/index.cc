// What belongs to what.
#include "sandbox/workloads/index.h"

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {

void Index::note(const Change& change) {
  const bool is_gone = change.type == kube::WatchType::deleted;
  const json::value none;
  const json::value& before = change.before ? *change.before : is_gone && change.after ? *change.after : none;
  const json::value& after = is_gone || !change.after ? none : *change.after;
  const ObjectRef self{kind_of(change), change.key};

  if (std::string uid(uid_of(before)); !uid.empty() && uid != uid_of(after)) by_uid_.erase(uid);
  if (std::string uid(uid_of(after)); !uid.empty()) by_uid_.emplace(uid, self);

  const json::array& owners_before = array_at(before, {"metadata", "ownerReferences"});
  const json::array& owners_after = array_at(after, {"metadata", "ownerReferences"});
  if (owners_before != owners_after) {
    for (const json::value& owner : owners_before) {
      const auto found = dependents_.find(std::string(kube::text_at(owner, {"uid"})));
      if (found == dependents_.end()) continue;
      found->second.erase(self);
      if (found->second.empty()) dependents_.erase(found);
    }
    for (const json::value& owner : owners_after) dependents_[std::string(kube::text_at(owner, {"uid"}))].insert(self);
  }

  if (self.kind != pod_kind_) return;
  if (before.is_object() && after.is_object() && labels_of(before) == labels_of(after)) return;
  if (before.is_object()) pods_.remove(change.key, labels_of(before));
  if (after.is_object()) pods_.add(change.key, labels_of(after));
}

kube::Resource Index::resource(int kind) const {
  const Kind& found = kinds_[static_cast<std::size_t>(kind)];
  return {found.group, found.version, found.name, found.plural, found.namespaced};
}

const ObjectRef* Index::find(const std::string& uid) const {
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? nullptr : &found->second;
}

const std::set<ObjectRef>& Index::dependents(const std::string& uid) const {
  static const std::set<ObjectRef> none;
  const auto found = dependents_.find(uid);
  return found == dependents_.end() ? none : found->second;
}

std::vector<kube::ObjectKey> Index::pods_of(const std::string& uid) const {
  std::vector<kube::ObjectKey> keys;
  for (const ObjectRef& dependent : dependents(uid))
    if (dependent.kind == pod_kind_) keys.push_back(dependent.key);
  return keys;
}

int Index::kind_of(const Change& change) {
  const auto [found, is_new] =
      kind_numbers_.try_emplace({change.group, change.plural}, static_cast<int>(kinds_.size()));
  if (!is_new) return found->second;
  const json::value& object = change.after ? *change.after : *change.before;
  const std::string_view api_version = kube::text_at(object, {"apiVersion"});
  kinds_.push_back({change.group, std::string(api_version.substr(api_version.find('/') + 1)),
                    std::string(kube::text_at(object, {"kind"})), change.plural, !change.key.ns.empty()});
  if (change.group.empty() && change.plural == "pods") pod_kind_ = found->second;
  return found->second;
}

}  // namespace sluice::sandbox
