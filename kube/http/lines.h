// The body of a response as lines, read while it arrives.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "kube/http/connection.h"
#include "kube/transport.h"

namespace sluice::kube {

// Where a connection goes once its answer is read to the end.
class ConnectionKeeper {
 public:
  virtual ~ConnectionKeeper() = default;
  virtual void keep(std::unique_ptr<HttpConnection> connection) = 0;
};

struct LineLimits {
  std::size_t line = 16 << 20;      // bytes
  Duration silence = seconds{600};  // the longest wait for the next bytes
};

// `what` stands before the messages of errors. The head of the answer has been read.
std::unique_ptr<LineStream> make_line_stream(std::unique_ptr<HttpConnection> connection, LineLimits limits,
                                             std::weak_ptr<ConnectionKeeper> keeper, std::string what);

}  // namespace sluice::kube
