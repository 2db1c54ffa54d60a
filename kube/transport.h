// How requests reach an API server: over HTTPS, or in one process (the sandbox). Tests wrap one to make faults.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "kube/result.h"
#include "kube/time.h"

namespace sluice::kube {

namespace net = boost::asio;

struct ApiRequest {
  std::string method;        // "GET", "POST", "PUT", "PATCH", "DELETE"
  std::string target;        // path and query, percent-encoded
  std::string content_type;  // of the body; "" without one
  std::string body;
  std::string accept;  // "" means application/json
};

struct ApiResponse {
  unsigned status = 0;  // HTTP status
  std::string body;
  std::optional<Duration> retry_after;  // from the Retry-After header
  std::string content_type;             // "" means application/json
  std::vector<std::string> warnings;    // the texts of Warning headers
};

// The lines of a response that does not end, such as a watch. Destroying it closes the stream.
class LineStream {
 public:
  virtual ~LineStream() = default;
  // The next line without its line feed; nullopt at the orderly end. A line over the limit is Fault::invalid.
  virtual net::awaitable<Result<std::optional<std::string>>> next() = 0;
};

// What open() answers: the stream when the status is 200, otherwise the body of the refusal.
struct ApiStream {
  ApiResponse head;
  std::unique_ptr<LineStream> lines;
};

// One API server. Errors are those of the way there (unavailable, timeout, cancelled, unauthorized when no credentials
// can be had); any HTTP status is an answer, not an error.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual net::awaitable<Result<ApiResponse>> send(ApiRequest request) = 0;
  virtual net::awaitable<Result<ApiStream>> open(ApiRequest request) = 0;
};

}  // namespace sluice::kube
