// The objects of one kind as the API server last told them, packed into little memory; never JSON trees.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kube/json.h"
#include "kube/kept_objects.h"
#include "kube/metadata.h"
#include "kube/packing.h"

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

// `T` has a member `meta` of type ObjectMeta and is packed (kube/packing.h) while nobody looks at it: every answer is a
// copy of its own, which stays as it is when the store changes. Listeners run on the thread of the loop, after the
// store has changed; they must not change it.
template <class T>
class Store final : public StoreSink {
 public:
  using Pointer = std::shared_ptr<const T>;
  using Decode = std::function<Pointer(const json::value&)>;  // never fails: a part that cannot be read stays default
  // `before` and `after` are nullptr when the object appeared or went.
  using Listener = std::function<void(const ObjectKey&, const T* before, const T* after)>;
  // What having() finds an object by; "" for nothing.
  using Property = std::function<std::string(const T&)>;

  explicit Store(Decode decode) : Store(std::move(decode), uid_of_controller) {}
  Store(Decode decode, Property property) : decode_(std::move(decode)), property_(std::move(property)) {}

  Pointer find(const ObjectKey& key) const {
    const KeptObjects::Kept* kept = objects_.find(key);
    return kept ? unpacked(*kept) : nullptr;
  }
  // All objects that this owner controls, in no order; of a store without a property of its own.
  std::vector<Pointer> owned_by(std::string_view uid) const { return having(uid); }
  // All objects with this property, in no order.
  std::vector<Pointer> having(std::string_view property) const {
    std::vector<Pointer> found;
    objects_.index(property, [&](const KeptObjects::Kept& kept) {
      Pointer object = unpacked(kept);
      if (property_(*object) == property) found.push_back(std::move(object));
    });
    return found;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    objects_.for_each([&](const KeptObjects::Kept& kept) {
      const Pointer object = unpacked(kept);
      visit(object->meta.key(), *object);
    });
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
    const Pointer object = find(key);
    return object && is_at_least(object->meta.resource_version, written->second);
  }

  void upsert(const json::value& value) override {
    const Pointer object = decode_(value);
    const ObjectKey key = object->meta.key();
    const auto written = own_writes_.find(key);
    if (written != own_writes_.end() && is_at_least(object->meta.resource_version, written->second))
      own_writes_.erase(written);
    KeptObjects::Kept* kept = objects_.find(key);
    const Pointer before = kept ? unpacked(*kept) : nullptr;
    if (before && before->meta.resource_version == object->meta.resource_version &&
        before->meta.uid == object->meta.uid) {
      kept->listing = listing_;
      return;
    }
    const std::string old_property = before ? property_(*before) : std::string();
    objects_.put(key, packed(*object), property_(*object), old_property).listing = listing_;
    tell(key, before.get(), object.get());
  }
  void erase(const ObjectKey& key) override {
    own_writes_.erase(key);
    const Pointer before = find(key);
    if (!before) return;
    objects_.erase(key, property_(*before));
    tell(key, before.get(), nullptr);
  }
  void begin_list() override { ++listing_; }
  void end_of_list() override {
    std::vector<ObjectKey> gone;
    objects_.for_each([&](const KeptObjects::Kept& kept) {
      if (kept.listing != listing_) gone.push_back(kept.key());
    });
    // Until the list is complete a reader may still see what has gone; afterwards it never does.
    for (const ObjectKey& key : gone) erase(key);
    synced_ = true;
  }

 private:
  static std::string uid_of_controller(const T& object) {
    const OwnerReference* owner = object.meta.controller();
    return owner ? owner->uid : std::string();
  }
  static Pointer unpacked(const KeptObjects::Kept& kept) {
    auto object = std::make_shared<T>();
    unpack(kept.bytes(), *object);
    object->meta.ns = kept.ns();
    object->meta.name = kept.name();
    return object;
  }
  void tell(const ObjectKey& key, const T* before, const T* after) {
    for (const Listener& listener : listeners_) listener(key, before, after);
  }

  Decode decode_;
  Property property_;
  KeptObjects objects_;
  std::unordered_map<ObjectKey, std::string, ObjectKeyHash> own_writes_;
  std::vector<Listener> listeners_;
  unsigned listing_ = 0;
  bool synced_ = false;
};

}  // namespace sluice::kube
