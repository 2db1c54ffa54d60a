// Percent-encoding of what stands in a request target.
#pragma once

#include <string>
#include <string_view>

namespace sluice::kube {

// One segment of a path or one name or value of a query: everything but unreserved characters (RFC 3986) is encoded.
std::string percent_encoded(std::string_view text);

// Collects the pairs of a query string in order: "?a=b&c=d", or "" without pairs.
class Query {
 public:
  void add(std::string_view name, std::string_view value);
  // Nothing when the value is "".
  void add_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace sluice::kube
