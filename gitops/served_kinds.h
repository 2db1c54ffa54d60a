// The kinds that the API server serves, asked for group by group when they are needed.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "gitops/targets.h"
#include "kube/client.h"
#include "kube/clock.h"

namespace sluice::gitops {

namespace net = boost::asio;

// Resources that it hands out live as long as it does, even when the server no longer serves them. Client and clock
// outlive it.
class ServedKinds {
 public:
  ServedKinds(kube::Client& client, kube::Clock& clock) : client_(client), clock_(clock) {}

  // Makes sure that the kinds of an apiVersion are known. What was not served is asked for again after `retry`.
  net::awaitable<kube::Result<>> learn(std::string api_version, kube::Duration retry);

  // nullptr when the server serves no such kind or was not asked yet.
  const kube::Resource* find(std::string_view group, std::string_view version, std::string_view kind) const;
  Scope scope_of(std::string_view group, std::string_view version, std::string_view kind) const;

  // Forgets what is known about an apiVersion, after a definition has changed.
  void forget(const std::string& api_version);

 private:
  struct Kind {
    std::string group;
    std::string version;
    std::string kind;
    std::string plural;
    kube::Resource resource;  // refers to the texts above
  };
  struct Version {
    kube::Time asked_at;
    bool stale = false;
    std::map<std::string, std::unique_ptr<Kind>, std::less<>> kinds;  // by kind
  };

  kube::Client& client_;
  kube::Clock& clock_;
  std::map<std::string, Version, std::less<>> versions_;  // by apiVersion
};

}  // namespace sluice::gitops
