// The parts of an http or https URL that a client needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kube/result.h"

namespace sluice::kube {

struct HttpUrl {
  bool tls = false;
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string target;         // path and query, at least "/"
  std::string authorization;  // "Basic ..." when the URL names a user; "" otherwise

  // "host:port", with brackets around an IPv6 address.
  std::string authority() const;
  // "https://host:port": connections to equal origins are interchangeable.
  std::string origin() const;
  // What the Host header says: without a port that goes without saying.
  std::string host_header() const;
  // The whole without user and query, for messages.
  std::string shown() const;
};

// Fault::invalid says what is wrong with the URL.
Result<HttpUrl> parse_http_url(std::string_view text);

// "Basic <base64 of user:password>".
std::string basic_authorization(std::string_view user, std::string_view password);

}  // namespace sluice::kube
