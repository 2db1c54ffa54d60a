// What tests do to the cluster as its administrator: apply, read, wait. Failures are Unmet with the server's words.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include "kube/client.h"
#include "kube/clock.h"

namespace sluice::cluster_test {

namespace json = boost::json;
namespace net = boost::asio;

// What a test waits for, and its words for when it does not come.
struct Condition {
  std::string text;
  std::function<bool(const json::value&)> holds;
};

enum class DryRun { yes, no };

// `client` and `clock` outlive it. Waiting rides over an API server that is away for a while.
class Admin {
 public:
  Admin(kube::Client& client, kube::Clock& clock) : client_(client), clock_(clock) {}

  kube::Client& client() { return client_; }
  kube::Clock& clock() { return clock_; }

  // A namespace that nobody else uses, in which pods can be created.
  net::awaitable<std::string> new_namespace(std::string word);

  // Server-side apply of one object of any kind with strict field validation; `ns` is for namespaced objects that name
  // none.
  net::awaitable<json::value> apply(json::value object, std::string ns);
  net::awaitable<kube::Result<json::value>> try_apply(json::value object, std::string ns, DryRun dry_run);
  // Creates one object; fields that its kind does not know are dropped.
  net::awaitable<json::value> create(json::value object, std::string ns);
  // Applies all documents of a text or of a file of the repository.
  net::awaitable<void> apply_text(std::string yaml, std::string ns);
  net::awaitable<void> apply_file(std::string name, std::string ns);
  net::awaitable<void> merge(kube::Resource resource, kube::ObjectKey key, std::string patch);
  net::awaitable<void> remove(kube::Resource resource, kube::ObjectKey key);

  net::awaitable<json::value> read(kube::Resource resource, kube::ObjectKey key);
  net::awaitable<std::vector<json::value>> list(kube::Resource resource, std::string ns, std::string label_selector);
  // Follows the object by watching it until the condition holds, and answers the object as it then was.
  net::awaitable<json::value> until(kube::Resource resource, kube::ObjectKey key, Condition condition,
                                    kube::Duration limit);

  // The kind as discovery names it; asked once.
  net::awaitable<kube::Resource> resource_of(std::string api_version, std::string kind);

 private:
  struct Named {
    std::string group, version, kind, plural;
    bool namespaced;
  };
  net::awaitable<std::optional<json::value>> follow(kube::Resource resource, kube::ObjectKey key, Condition condition,
                                                    json::value& seen);

  kube::Client& client_;
  kube::Clock& clock_;
  int namespaces_ = 0;
  std::deque<Named> names_;  // what the views of a Resource refer to
  std::map<std::string, kube::Resource> resources_;
};

// Documents of a YAML text or of a file of the repository.
std::vector<json::value> documents_in(const std::string& yaml);
std::vector<json::value> documents_of_file(const std::string& name);
[[noreturn]] void throw_unmet(const kube::Error& error);
// The value of a Result; throws Unmet with its message.
template <class T>
T needed(kube::Result<T> result) {
  if (!result) throw_unmet(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace sluice::cluster_test
