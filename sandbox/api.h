// A Kubernetes API server in memory: requests in, responses out, every committed change told to listeners.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/resource.h"
#include "kube/transport.h"

namespace sluice::sandbox {

namespace json = boost::json;

// One committed write, in the order of versions.
struct Change {
  kube::WatchType type;  // added, modified or deleted
  std::string group;
  std::string plural;
  kube::ObjectKey key;
  std::uint64_t version;                      // the resourceVersion that this write made
  std::shared_ptr<const json::value> before;  // nullptr for added
  std::shared_ptr<const json::value> after;   // for deleted: the last state, with the version of the deletion
};

struct ApiState;  // sandbox/api_state.h

// Who sends a request. The part of `agent` before a slash is written to managedFields when the request names no
// fieldManager; the user's name when there is no agent.
struct Caller {
  std::string user = "admin";
  std::string agent;
  Caller() = default;
  Caller(std::string_view the_user) : user(the_user) {}
  Caller(const std::string& the_user) : user(the_user) {}
  Caller(const char* the_user) : user(the_user) {}
  Caller(std::string the_user, std::string the_agent) : user(std::move(the_user)), agent(std::move(the_agent)) {}
};

// The API server of the sandbox. It is synchronous and single-threaded: handle() commits before it returns. The time
// stamps come from the clock. Listeners run after the commit, before the outermost handle() returns, in the order of
// versions, and may call handle() again: what they change is told after the current change was told to everybody.
class Api {
 public:
  explicit Api(kube::Clock& clock);
  ~Api();

  // Any request but a watch.
  kube::ApiResponse handle(const kube::ApiRequest& request, const Caller& caller = {});
  // A watch: its lines come as changes are committed. Anything else is answered as by handle(), without lines. The
  // stream does not outlive this object or its clock.
  kube::ApiStream open(const kube::ApiRequest& request, const Caller& caller = {});

  // The stored object, shared and immutable; nullptr when there is none.
  std::shared_ptr<const json::value> find(const kube::Resource& resource, const kube::ObjectKey& key) const;
  // All stored objects of a kind; "" for every namespace. `visit` must not write.
  void for_each(
      const kube::Resource& resource, std::string_view ns,
      const std::function<void(const kube::ObjectKey&, const std::shared_ptr<const json::value>&)>& visit) const;

  using Listener = std::function<void(const Change&)>;
  void listen(Listener listener);

  // The version of the newest write.
  std::uint64_t version() const;
  // Forgets the history of changes up to now, so that a watch from an older version is answered 410.
  void compact();

  class Store;  // sandbox/object_store.h
  Store& store();
  ApiState& state() { return *state_; }

 private:
  std::unique_ptr<ApiState> state_;
};

}  // namespace sluice::sandbox
