// Takes http and https URLs apart.
#include "kube/http/url.h"

#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include "kube/base64.h"

namespace sluice::kube {

std::string basic_authorization(std::string_view user, std::string_view password) {
  return "Basic " + encode_base64(fmt::format("{}:{}", user, password));
}

std::string HttpUrl::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::string HttpUrl::origin() const { return (tls ? "https://" : "http://") + authority(); }

std::string HttpUrl::host_header() const {
  if (port != (tls ? 443 : 80)) return authority();
  return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

std::string HttpUrl::shown() const { return origin() + target.substr(0, target.find('?')); }

Result<HttpUrl> parse_http_url(std::string_view text) {
  namespace urls = boost::urls;
  // The text may carry a password, so the message names only what stands before it.
  const auto refuse = [&](std::string_view why) {
    const bool secret = text.find('@') != std::string_view::npos;
    return Error{Fault::invalid, fmt::format("\"{}\" {}", secret ? "the URL" : text.substr(0, 200), why)};
  };
  const auto parsed = urls::parse_uri(urls::string_view(text.data(), text.size()));
  if (!parsed) return refuse("is not a URL such as https://host:6443/path");
  const urls::url_view& url = *parsed;
  HttpUrl parts;
  if (url.scheme() == "https")
    parts.tls = true;
  else if (url.scheme() != "http")
    return refuse("must begin with http:// or https://");
  parts.host = url.host_type() == urls::host_type::ipv6 ? url.host_address() : url.host();
  if (parts.host.empty()) return refuse("names no host");
  parts.port = parts.tls ? 443 : 80;
  if (url.has_port() && !url.port().empty()) {
    // port_number() wraps around above 65535.
    const auto digits = url.port();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parts.port);
    if (error != std::errc() || parts.port == 0) return refuse("has a port that is not between 1 and 65535");
  }
  const auto target = url.encoded_target();
  parts.target.assign(target.data(), target.size());
  if (parts.target.empty() || parts.target.front() != '/') parts.target.insert(0, "/");
  if (url.has_userinfo()) parts.authorization = basic_authorization(url.user(), url.password());
  return parts;
}

}  // namespace sluice::kube
