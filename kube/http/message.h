// HTTP requests and responses as values.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/time.h"

namespace sluice::kube {

// Header fields in the order in which they are sent; names compare without case, a name may occur more than once.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // Replaces every field of that name by one.
  void set(std::string_view name, std::string value);
  // The value of the first field of that name; nullptr when there is none. Valid until the next change.
  const std::string* find(std::string_view name) const;
  // The same, "" when there is none.
  std::string_view get(std::string_view name) const;

  bool empty() const { return fields_.empty(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

// What a client sends.
struct HttpRequest {
  std::string method = "GET";
  std::string url;      // "https://host:6443/path?query", percent-encoded where needed; a fragment is not sent
  HttpHeaders headers;  // Host, Content-Length and Connection are added by the client
  std::string body;
  std::optional<Duration> deadline;  // instead of that of the client
  std::string partition;             // requests of different partitions never share a connection
};

// What it gets back.
struct HttpResponse {
  unsigned status = 0;
  HttpHeaders headers;
  std::string body;
};

// The usual words of a status, "Not Found" for 404; "" for a status nobody has named.
std::string_view reason_phrase(unsigned status);

}  // namespace sluice::kube
