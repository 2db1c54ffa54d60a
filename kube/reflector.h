// Keeps a store equal to one kind on the server: list in pages, watch, resume, list again after 410.
#pragma once

#include <cstdint>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/store.h"

namespace sluice::kube {

struct Reflected {
  Resource resource;
  std::string ns;  // "" for all namespaces
  std::string label_selector;
  bool optional = false;  // the kind may not be installed (404): look again every 30 s and count as synced meanwhile
  std::uint64_t jitter_seed = 0;  // differs between processes, so that they do not all return at one moment
};

// Runs until it is cancelled. The store is served unchanged while the server cannot be reached; reconnects wait with
// jittered backoff (200 ms to 30 s). A quiet server is asked for nothing but one watch every 5 to 10 minutes. Trouble
// is logged once until it is over. All references outlive the task.
net::awaitable<void> reflect(Client& client, Reflected what, StoreSink& store, Clock& clock, const Log& log);

}  // namespace sluice::kube
