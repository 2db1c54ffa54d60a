// Which addresses and headers a metric may name: what can be refused before any packet is sent.
#include "analysis/egress.h"

#include <algorithm>
#include <array>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

namespace sluice::analysis {
namespace {

constexpr std::size_t max_url = 8192;

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

// Services of clouds that hand out credentials to whoever asks from inside.
constexpr std::array<std::string_view, 8> metadata_hosts{
    "169.254.169.254", "169.254.170.2",   "169.254.170.23", "[fd00:ec2::254]",
    "[fd00:ec2::23]",  "100.100.100.200", "168.63.129.16",  "metadata.google.internal"};

bool is_forbidden_host(std::string_view host) {
  if (std::ranges::find(metadata_hosts, host) != metadata_hosts.end() || host.starts_with("169.254.")) return true;
  return host == "kubernetes" || host == "kubernetes.default" || host.starts_with("kubernetes.default.");
}

// 127.1, 2130706433 and 0x7f.1 are spellings of an address that checks of names would miss.
bool is_odd_address(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);  // npos + 1 is 0
  const bool is_number = !last.empty() && (last.find_first_not_of("0123456789") == std::string_view::npos ||
                                           (last.starts_with("0x") && last.size() > 2));
  return is_number && std::ranges::count(host, '.') != 3;
}

}  // namespace

std::optional<std::string> refusal_of_url(std::string_view url) {
  if (url.size() > max_url) return fmt::format("address is too long (limit {} bytes, got {})", max_url, url.size());
  const boost::urls::result<boost::urls::url_view> parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->encoded_host().empty()) return "prometheus address is not is url format";
  const std::string scheme = lower_case(parsed->scheme());
  if (scheme != "http" && scheme != "https")
    return fmt::format("scheme \"{}\" is not allowed (use http or https)", scheme);
  if (parsed->has_userinfo()) return "user and password are not allowed in the address (use basicAuth or headers)";
  if (parsed->has_fragment()) return "a fragment (#) is not allowed in the address";
  std::string host = lower_case(parsed->encoded_host());
  while (host.ends_with('.')) host.pop_back();
  if (is_forbidden_host(host) || is_odd_address(host)) return fmt::format("host \"{}\" is not allowed", host);
  return std::nullopt;
}

bool is_reserved_header(std::string_view name) {
  static constexpr std::array<std::string_view, 6> exact{"host",       "content-length", "transfer-encoding",
                                                         "connection", "upgrade",        "accept-encoding"};
  static constexpr std::array<std::string_view, 4> prefixes{"proxy-", "metadata", "x-aws-ec2-metadata-",
                                                            "x-forwarded-"};
  const std::string lower = lower_case(name);
  return std::ranges::find(exact, lower) != exact.end() ||
         std::ranges::any_of(prefixes, [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

}  // namespace sluice::analysis
