// The events of one watch.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include "kube/client.h"

namespace sluice::kube {

struct WatchEvent {
  WatchType type = WatchType::bookmark;
  json::value object;            // whole for added and modified, last state for deleted, metadata only for a bookmark
  std::string resource_version;  // of the object
};

class WatchStream {
 public:
  explicit WatchStream(std::unique_ptr<LineStream> lines) : lines_(std::move(lines)) {}
  // nullopt when the server ended the watch in order. Fault::gone when the version is no longer kept, Fault::internal
  // for a line that is not a watch event.
  net::awaitable<Result<std::optional<WatchEvent>>> next();

 private:
  std::unique_ptr<LineStream> lines_;
};

}  // namespace sluice::kube
