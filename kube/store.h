// The objects of one kind as the API server last told them, as compact structs; never JSON trees.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kube/json.h"
#include "kube/metadata.h"

namespace sluice::kube {

// What a Reflector (kube/reflector.h) feeds: lists and watch events of one kind.
class StoreSink {
 public:
  virtual ~StoreSink() = default;
  // An object as the server has it. `version` is its resourceVersion.
  virtual void upsert(const json::value& object) = 0;
  virtual void erase(const ObjectKey& key) = 0;
  // A list begins: whatever is not upserted until end_of_list() has gone from the server.
  virtual void begin_list() = 0;
  virtual void end_of_list() = 0;
};

// `T` has a member `meta` of type ObjectMeta. Listeners run on the thread of the loop, after the store has changed;
// they must not change it. Objects are shared and immutable, so a reader may keep one across a change.
template <class T>
class Store final : public StoreSink {
 public:
  using Pointer = std::shared_ptr<const T>;
  using Decode = std::function<Pointer(const json::value&)>;  // never fails: a part that cannot be read stays default
  // `before` and `after` are nullptr when the object appeared or went.
  using Listener = std::function<void(const ObjectKey&, const T* before, const T* after)>;

  explicit Store(Decode decode) : decode_(std::move(decode)) {}

  Pointer find(const ObjectKey& key) const {
    const auto at = objects_.find(key);
    return at == objects_.end() ? nullptr : at->second.object;
  }
  // All objects controlled by this uid, in no order.
  std::vector<Pointer> owned_by(const std::string& uid) const {
    std::vector<Pointer> found;
    for (auto [at, end] = owners_.equal_range(uid); at != end; ++at)
      if (const Pointer object = find(at->second)) found.push_back(object);
    return found;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [key, entry] : objects_) visit(key, *entry.object);
  }
  std::size_t size() const { return objects_.size(); }
  // True once the first list is complete.
  bool is_synced() const { return synced_; }
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }

  // Notes the version that the server gave to this program's own write. Until the watch has shown it (or a later one)
  // is_current() answers false and no decision may be taken on the object.
  void note_own_write(const ObjectKey& key, std::string version) { own_writes_[key] = std::move(version); }
  bool is_current(const ObjectKey& key) const {
    const auto written = own_writes_.find(key);
    if (written == own_writes_.end()) return true;
    const auto at = objects_.find(key);
    return at != objects_.end() && is_at_least(at->second.object->meta.resource_version, written->second);
  }

  void upsert(const json::value& value) override {
    Pointer object = decode_(value);
    const ObjectKey key = object->meta.key();
    const auto written = own_writes_.find(key);
    if (written != own_writes_.end() && is_at_least(object->meta.resource_version, written->second))
      own_writes_.erase(written);
    Entry& entry = objects_[key];
    entry.listing = listing_;
    const Pointer before = std::exchange(entry.object, object);
    if (before && before->meta.resource_version == object->meta.resource_version &&
        before->meta.uid == object->meta.uid)
      return;
    reindex(key, before.get(), object.get());
    tell(key, before.get(), object.get());
  }
  void erase(const ObjectKey& key) override {
    own_writes_.erase(key);
    const auto at = objects_.find(key);
    if (at == objects_.end()) return;
    const Pointer before = at->second.object;
    objects_.erase(at);
    reindex(key, before.get(), nullptr);
    tell(key, before.get(), nullptr);
  }
  void begin_list() override { ++listing_; }
  void end_of_list() override {
    std::vector<ObjectKey> gone;
    for (const auto& [key, entry] : objects_)
      if (entry.listing != listing_) gone.push_back(key);
    // Until the list is complete a reader may still see what has gone; afterwards it never does.
    for (const ObjectKey& key : gone) erase(key);
    synced_ = true;
  }

 private:
  struct Entry {
    Pointer object;
    unsigned listing = 0;  // the list that named it last
  };

  static std::string owner_of(const T* object) {
    const OwnerReference* owner = object ? object->meta.controller() : nullptr;
    return owner ? owner->uid : std::string();
  }
  void reindex(const ObjectKey& key, const T* before, const T* after) {
    const std::string old_owner = owner_of(before);
    const std::string new_owner = owner_of(after);
    if (old_owner == new_owner) return;
    for (auto [at, end] = owners_.equal_range(old_owner); at != end; ++at)
      if (at->second == key) {
        owners_.erase(at);
        break;
      }
    if (!new_owner.empty()) owners_.emplace(new_owner, key);
  }
  void tell(const ObjectKey& key, const T* before, const T* after) {
    for (const Listener& listener : listeners_) listener(key, before, after);
  }

  Decode decode_;
  std::unordered_map<ObjectKey, Entry, ObjectKeyHash> objects_;
  std::unordered_multimap<std::string, ObjectKey> owners_;  // uid of the controlling owner
  std::unordered_map<ObjectKey, std::string, ObjectKeyHash> own_writes_;
  std::vector<Listener> listeners_;
  unsigned listing_ = 0;
  bool synced_ = false;
};

}  // namespace sluice::kube
