// The routing objects that Rollouts name: one store for each kind, watched from the first Rollout on that names it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/label_selector.h"
#include "kube/log.h"
#include "kube/metadata.h"
#include "kube/store.h"
#include "kube/tasks.h"

namespace sluice::controller {

// A traffic router's object as compact JSON text, without what nobody reads of it.
struct RouteText {
  kube::ObjectMeta meta;  // name, namespace, uid, version, generation and labels
  std::string text;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("text", self.text);
  }
};

class RouteStores {
 public:
  using Listener = std::function<void(std::string_view kind, const kube::ObjectKey&)>;

  RouteStores();

  // The store of a kind in the table; never called for another one.
  kube::Store<RouteText>& of(std::string_view kind);
  const kube::Store<RouteText>& of(std::string_view kind) const;
  bool is_known(std::string_view kind) const { return find(kind) != nullptr; }
  // How its objects are addressed, in the version that the server was found to serve.
  kube::Resource resource(std::string_view kind) const;
  // The names of the objects whose labels match, in order.
  std::vector<std::string> matching(std::string_view kind, const std::string& ns,
                                    const kube::LabelSelector& selector) const;

  // Watches a kind from now on; nothing when it is watched or unknown. Before start() the wish is noted.
  void need(std::string_view kind);
  // The first list is complete, or the kind is known not to be installed.
  bool is_read(std::string_view kind) const;
  // False when the server was asked and does not serve the kind.
  bool is_installed(std::string_view kind) const;
  // Why an object of this kind cannot be found when the kind is not installed: "the cluster does not know ...".
  std::string missing_kind_text(std::string_view kind) const;

  // All arguments outlive the tasks.
  void start(kube::Tasks& tasks, kube::Client& client, kube::Clock& clock, const kube::Log& log, std::string ns);
  // Called after every change of an object, and with an empty key when a kind appears or turns out to be missing.
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  // Calls the listeners: something outside the store has changed that concerns this object.
  void tell(std::string_view kind, const kube::ObjectKey& key) const;
  // Plurals of watched kinds whose first list is not complete, comma separated.
  std::string not_synced() const;

 private:
  struct Row;
  struct Kind {
    explicit Kind(const Row& of);
    const Row& row;
    std::string version;  // that is served
    kube::Store<RouteText> objects;
    bool is_needed = false;
    bool is_started = false;
    bool is_missing = false;
  };
  struct Tools {
    kube::Tasks* tasks = nullptr;
    kube::Client* client = nullptr;
    kube::Clock* clock = nullptr;
    const kube::Log* log = nullptr;
    std::string ns;
  };

  Kind* find(std::string_view kind) const;
  void watch(Kind& kind);
  kube::net::awaitable<void> follow(Kind* kind);
  kube::net::awaitable<std::string> served_version(Kind* kind);

  std::map<std::string, std::unique_ptr<Kind>, std::less<>> kinds_;
  std::vector<Listener> listeners_;
  Tools tools_;
};

}  // namespace sluice::controller
