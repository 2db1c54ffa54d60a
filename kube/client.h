// The verbs of the Kubernetes API, on any Transport.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/json/fwd.hpp>

#include "kube/json.h"
#include "kube/metadata.h"
#include "kube/resource.h"
#include "kube/result.h"
#include "kube/transport.h"

namespace sluice::kube {

enum class PatchType { json, merge, strategic, apply };

struct Patch {
  PatchType type = PatchType::merge;
  std::string body;         // JSON text; the precondition, if any, stands in it (metadata.resourceVersion or a test op)
  std::string subresource;  // "", "status" or "scale"
  std::string field_manager;  // required for apply
  bool force = false;         // apply only: take over fields that others manage
  bool dry_run = false;
};

enum class Propagation { background, foreground, orphan };

struct DeleteOptions {
  std::string uid;               // precondition; "" for none
  std::string resource_version;  // precondition; "" for none
  std::optional<Propagation> propagation;
  std::optional<int> grace_seconds;
};

struct ListOptions {
  std::string label_selector;
  std::string field_selector;
  int limit = 0;  // objects per page; 0 for all at once
  std::string continue_token;
  std::string resource_version;  // "" for the newest, "0" for any
};

struct WatchOptions {
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // where to go on
  bool bookmarks = true;
  std::optional<int> timeout_seconds;  // the server ends the watch then
};

enum class WatchType { added, modified, deleted, bookmark };

struct WatchEvent;  // kube/watch.h, because it holds a JSON value

class WatchStream;  // kube/watch.h

// Makes requests and turns refusals into errors whose message is the server's. Single thread; outlives its calls.
class Client {
 public:
  explicit Client(Transport& transport) : transport_(transport) {}

  net::awaitable<Result<json::value>> get(Resource resource, ObjectKey key);
  // One page, as the server sent it: {"metadata": {"resourceVersion", "continue"}, "items": [...]}.
  net::awaitable<Result<json::value>> list(Resource resource, std::string ns, ListOptions options);
  net::awaitable<Result<json::value>> create(Resource resource, std::string ns, std::string body);
  net::awaitable<Result<json::value>> replace(Resource resource, ObjectKey key, std::string body,
                                              std::string subresource);
  net::awaitable<Result<json::value>> patch(Resource resource, ObjectKey key, Patch patch);
  net::awaitable<Result<>> remove(Resource resource, ObjectKey key, DeleteOptions options);
  // Asks the eviction subresource; Fault::throttled when a disruption budget forbids it now.
  net::awaitable<Result<>> evict(ObjectKey pod);
  // The watch from one version on. Fault::gone means list again.
  net::awaitable<Result<std::unique_ptr<WatchStream>>> watch(Resource resource, std::string ns, WatchOptions options);
  // Any other GET of the API server, such as /version or /apis.
  net::awaitable<Result<json::value>> get_path(std::string target);

  Transport& transport() { return transport_; }

 private:
  Transport& transport_;
};

// The error for an answer that is not 2xx, from its Status body; the message says what was asked ("patch
// replicasets default/web: ...").
Error error_of(const ApiResponse& response, std::string_view what_was_asked);

}  // namespace sluice::kube
