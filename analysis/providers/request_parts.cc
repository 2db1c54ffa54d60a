// What the questions of several providers have in common: headers, authentication, addresses, times.
#include "analysis/providers/request_parts.h"

#include <fmt/format.h>

#include "analysis/egress.h"
#include "kube/http/url.h"

namespace sluice::analysis {

bool has_argument(std::string_view text) { return text.find("{{") != std::string_view::npos; }

void check_headers(const std::vector<crds::HttpHeader>& headers, std::vector<std::string>& mistakes) {
  if (headers.size() > most_headers)
    mistakes.push_back(fmt::format("headers: too many (limit {}, got {})", most_headers, headers.size()));
  for (std::size_t at = 0; at < std::min(headers.size(), most_headers); ++at) {
    std::string mistake = mistake_in_header(at, headers[at].key, headers[at].value);
    if (!mistake.empty()) mistakes.push_back(std::move(mistake));
  }
}

void check_authentication(const crds::Authentication& authentication, std::vector<std::string>& mistakes) {
  const crds::BasicAuthentication& basic = authentication.basic_auth;
  if (basic.username.empty() != basic.password.empty())
    mistakes.push_back(fmt::format("missing mandatory parameter in metric for basic auth setup: {}",
                                   basic.username.empty() ? "username" : "password"));
  const crds::OAuth2Authentication& oauth2 = authentication.oauth2;
  if (oauth2 != crds::OAuth2Authentication{} &&
      (oauth2.token_url.empty() || oauth2.client_id.empty() || oauth2.client_secret.empty()))
    mistakes.push_back(fmt::format("missing mandatory parameter in metric for OAuth2 setup: {}",
                                   oauth2.token_url.empty()   ? "tokenUrl"
                                   : oauth2.client_id.empty() ? "clientId"
                                                              : "clientSecret"));
}

void check_timeout(std::string_view name, std::optional<std::int64_t> timeout, std::vector<std::string>& mistakes) {
  if (timeout && *timeout > longest_timeout)
    mistakes.push_back(fmt::format("{}: too long (limit {} s, got {})", name, longest_timeout, *timeout));
}

void check_duration(std::string_view name, const std::string& text, std::vector<std::string>& mistakes) {
  if (text.empty() || has_argument(text)) return;
  const kube::Result<kube::Duration> read = kube::parse_duration(text);
  if (!read)
    mistakes.push_back(fmt::format("could not parse {}: {}", name, read.error().message));
  else if (*read <= kube::Duration::zero())
    mistakes.push_back(fmt::format("{} must be a positive duration (got {})", name, text.substr(0, 64)));
}

std::string mistake_in_headers(const std::vector<crds::HttpHeader>& headers) {
  std::vector<std::string> mistakes;
  check_headers(headers, mistakes);
  return mistakes.empty() ? std::string() : mistakes.front();
}

void add_headers(kube::HttpRequest& request, const std::vector<crds::HttpHeader>& headers,
                 const crds::BasicAuthentication& basic) {
  if (!basic.username.empty())
    request.headers.set("Authorization", kube::basic_authorization(basic.username, basic.password));
  for (const crds::HttpHeader& header : headers) request.headers.set(header.key, header.value);
}

std::string without_trailing_slash(std::string address) {
  while (address.ends_with('/')) address.pop_back();
  return address;
}

std::int64_t unix_seconds(kube::Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::int64_t unix_milliseconds(kube::Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

kube::Duration duration_or(const std::string& text, kube::Duration otherwise) {
  const kube::Result<kube::Duration> read = kube::parse_duration(text);
  return read && !text.empty() ? *read : otherwise;
}

kube::Error status_error(unsigned status) {
  const kube::Fault fault = status == 429       ? kube::Fault::throttled
                            : status / 100 == 5 ? kube::Fault::unavailable
                            : status == 401     ? kube::Fault::unauthorized
                                                : kube::Fault::invalid;
  return {fault, fmt::format("received non 2xx response code: {}", status)};
}

}  // namespace sluice::analysis
