// Writing one object: created, patched or deleted, with the least that is needed.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include "gitops/compare.h"
#include "gitops/ownership.h"
#include "gitops/sync_options.h"
#include "kube/client.h"

namespace sluice::gitops {

namespace net = boost::asio;

// The name under which this program's writes stand in managedFields.
inline constexpr std::string_view field_manager = "argocd-controller";

struct ApplyRequest {
  kube::Resource resource;
  std::shared_ptr<const json::value> desired;
  std::shared_ptr<const json::value> live;  // as it was seen last; nullptr when it was not there
  const Ownership* ownership = nullptr;     // outlives the call
  std::vector<IgnoreRule> respected;        // differences that are not overwritten
  bool server_side = false;
  bool dry_run = false;  // the server checks, and nothing is written
};

enum class ApplyEffect { created, changed, unchanged };

struct Applied {
  ApplyEffect effect = ApplyEffect::unchanged;
  std::string version;               // resourceVersion after the write; "" when nothing was written
  std::vector<std::string> dropped;  // JSON pointers to members that were sent and are not in the server's answer
};

// By default a three-way patch that keeps what was applied in an annotation, as kubectl does; with `server_side` a
// server-side apply. An object that changed meanwhile is read again, up to five times.
net::awaitable<kube::Result<Applied>> apply(kube::Client& client, ApplyRequest request);

// Deletes exactly the object that was seen: its uid and version are preconditions. Gone already is no error.
net::awaitable<kube::Result<>> prune(kube::Client& client, kube::Resource resource, kube::ObjectKey key,
                                     std::string uid, std::string version, PruneOrder propagation);

}  // namespace sluice::gitops
