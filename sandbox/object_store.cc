// Committing changes and telling about them.
#include "sandbox/object_store.h"

#include <boost/json.hpp>

namespace sluice::sandbox {
namespace {

void set_version(json::value& object, std::uint64_t version) {
  json::value& metadata = object.as_object()["metadata"];
  if (!metadata.is_object()) metadata = json::object();
  metadata.get_object()["resourceVersion"] = std::to_string(version);
}

Change change_of(kube::WatchType type, const std::string& collection, const kube::ObjectKey& key, std::uint64_t version,
                 Api::Store::Object before, Api::Store::Object after) {
  const std::size_t slash = collection.find('/');
  return {type,
          collection.substr(0, slash),
          collection.substr(slash + 1),
          key,
          version,
          std::move(before),
          std::move(after)};
}

}  // namespace

Api::Store::Object Api::Store::put(const std::string& name, const kube::ObjectKey& key, json::value object) {
  Collection& collection = collections_[name];
  const std::uint64_t version = ++version_;
  set_version(object, version);
  const Object after = std::make_shared<const json::value>(std::move(object));
  Object& slot = collection.objects[key];
  const Object before = std::exchange(slot, after);
  record(collection,
         change_of(before ? kube::WatchType::modified : kube::WatchType::added, name, key, version, before, after));
  return after;
}

Api::Store::Object Api::Store::erase(const std::string& name, const kube::ObjectKey& key) {
  return erase(name, key, *collections_[name].objects.at(key));
}

Api::Store::Object Api::Store::erase(const std::string& name, const kube::ObjectKey& key, json::value last) {
  Collection& collection = collections_[name];
  const auto at = collection.objects.find(key);
  const Object before = at->second;
  collection.objects.erase(at);
  const std::uint64_t version = ++version_;
  set_version(last, version);
  const Object after = std::make_shared<const json::value>(std::move(last));
  record(collection, change_of(kube::WatchType::deleted, name, key, version, before, after));
  return after;
}

void Api::Store::record(Collection& collection, Change change) {
  untold_.push_back(change);
  collection.history.push_back(std::move(change));
  while (collection.history.size() > kept_) {
    collection.forgotten = collection.last_dropped = collection.history.front().version;
    collection.history.pop_front();
  }
  for (const auto& changed : *collection.watchers) changed();
  tell_listeners();
}

// Listeners may write, which comes back here: the outermost call tells everything in order.
void Api::Store::tell_listeners() {
  if (telling_) return;
  telling_ = true;
  while (!untold_.empty()) {
    const Change change = std::move(untold_.front());
    untold_.pop_front();
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      const Listener listener = listeners_[i];
      listener(change);
    }
  }
  telling_ = false;
}

Api::Store::Object Api::Store::find(const std::string& name, const kube::ObjectKey& key) const {
  const auto collection = collections_.find(name);
  if (collection == collections_.end()) return nullptr;
  const auto at = collection->second.objects.find(key);
  return at == collection->second.objects.end() ? nullptr : at->second;
}

bool Api::Store::objects_at(const std::string& name, std::uint64_t version, Objects& to) const {
  const auto found = collections_.find(name);
  if (found == collections_.end()) return true;
  const Collection& collection = found->second;
  if (version < collection.forgotten) return false;
  to = collection.objects;
  for (auto change = collection.history.rbegin(); change != collection.history.rend(); ++change) {
    if (change->version <= version) break;
    if (change->before)
      to[change->key] = change->before;
    else
      to.erase(change->key);
  }
  return true;
}

void Api::Store::compact() {
  for (auto& [name, collection] : collections_) {
    collection.forgotten = version_;
    if (!collection.history.empty()) collection.last_dropped = collection.history.back().version;
    collection.history.clear();
  }
}

Api::Store::Subscription::Subscription(Store& store, const std::string& collection, std::function<void()> changed)
    : watchers_(store.collection(collection).watchers), at_(watchers_->insert(watchers_->end(), std::move(changed))) {}

Api::Store::Subscription::~Subscription() { watchers_->erase(at_); }

}  // namespace sluice::sandbox
