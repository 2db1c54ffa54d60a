// The objects of the sandbox, one counter of versions over all of them, and the recent history of every kind.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "sandbox/api.h"

namespace sluice::sandbox {

// Objects are immutable once stored and shared with whoever reads them. Collections are named "group/plural".
class Api::Store {
 public:
  using Object = std::shared_ptr<const json::value>;
  using Objects = std::map<kube::ObjectKey, Object>;

  using Watchers = std::list<std::function<void()>>;

  struct Collection {
    Objects objects;
    std::deque<Change> history;      // the newest changes, oldest first
    std::uint64_t forgotten = 0;     // changes up to this version are no longer in the history
    std::uint64_t last_dropped = 0;  // the newest change that was in the history and no longer is
    std::shared_ptr<Watchers> watchers = std::make_shared<Watchers>();
  };

  // Adds or replaces an object. Its metadata.resourceVersion becomes the next version. Returns what is stored.
  Object put(const std::string& collection, const kube::ObjectKey& key, json::value object);
  // Removes an object that exists. Returns its last state, with the version of the deletion.
  Object erase(const std::string& collection, const kube::ObjectKey& key);
  // The same when the deleting write changed the object once more: `last` is what is told.
  Object erase(const std::string& collection, const kube::ObjectKey& key, json::value last);

  Object find(const std::string& collection, const kube::ObjectKey& key) const;
  // The collection, empty if nothing was ever in it. References stay valid.
  Collection& collection(const std::string& name) { return collections_[name]; }
  // The objects as they were after the change `version`; nullopt-like false when the history does not reach back.
  bool objects_at(const std::string& collection, std::uint64_t version, Objects& to) const;

  std::uint64_t version() const { return version_; }
  void compact();
  // How many changes of each kind are remembered.
  void keep(std::size_t changes) { kept_ = changes; }

  // Called for every change, in the order of versions; a change made by a listener is told after the current one.
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  // All collections by name.
  const std::map<std::string, Collection, std::less<>>& all() const { return collections_; }

  // Calls `changed` after every change of a collection until the subscription is destroyed, which may be later than
  // the store.
  class Subscription {
   public:
    Subscription(Store& store, const std::string& collection, std::function<void()> changed);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    std::shared_ptr<Watchers> watchers_;
    Watchers::iterator at_;
  };

 private:
  void record(Collection& collection, Change change);
  void tell_listeners();

  std::map<std::string, Collection, std::less<>> collections_;
  std::uint64_t version_ = 0;
  std::size_t kept_ = 10000;
  std::vector<Listener> listeners_;
  std::deque<Change> untold_;
  bool telling_ = false;
};

}  // namespace sluice::sandbox
