// Which addresses, headers and redirects a metric may use: what can be refused before any packet is sent.
#include "analysis/egress.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstring>

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
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

// An address of either family as 16 bytes, IPv4 in its mapped form.
using Address = std::array<std::uint8_t, 16>;
constexpr Address mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

std::optional<Address> read_address(std::string_view text) {
  const std::string terminated(text.substr(0, text.find('%')));
  Address address = mapped;
  if (inet_pton(AF_INET, terminated.c_str(), address.data() + 12) == 1) return address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

struct Network {
  Address address{};
  unsigned bits = 128;  // of the 16 bytes
  bool holds(const Address& other) const {
    const unsigned whole = bits / 8;
    if (std::memcmp(address.data(), other.data(), whole) != 0) return false;
    const unsigned rest = bits % 8;
    return rest == 0 || (address[whole] >> (8 - rest)) == (other[whole] >> (8 - rest));
  }
};

std::optional<Network> read_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Address> address = read_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{*address, 128};
  if (slash == std::string_view::npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool is_v4 = text.find(':') == std::string_view::npos;
  if (error != std::errc() || end != digits.data() + digits.size() || bits > (is_v4 ? 32U : 128U)) return std::nullopt;
  network.bits = is_v4 ? bits + 96 : bits;
  return network;
}

// An IPv4 address may hide in an IPv6 one (NAT64, 6to4); it is judged by what is inside.
Address unwrapped(const Address& address) {
  static const Network nat64 = *read_network("64:ff9b::/96");
  static const Network six_to_four = *read_network("2002::/16");
  Address inner = mapped;
  if (nat64.holds(address))
    std::copy_n(address.begin() + 12, 4, inner.begin() + 12);
  else if (six_to_four.holds(address))
    std::copy_n(address.begin() + 2, 4, inner.begin() + 12);
  else
    return address;
  return inner;
}

struct AddressKind {
  std::string_view network;
  std::string_view words;
  bool may_be_allowed;
};
// The first row that holds an address names its kind. What is in no row may be asked.
constexpr AddressKind address_kinds[] = {
    {"169.254.169.254", "a metadata service", false},
    {"169.254.170.2", "a metadata service", false},
    {"169.254.170.23", "a metadata service", false},
    {"fd00:ec2::254", "a metadata service", false},
    {"fd00:ec2::23", "a metadata service", false},
    {"100.100.100.200", "a metadata service", false},
    {"168.63.129.16", "a metadata service", false},
    {"0.0.0.0/8", "an unspecified address", true},
    {"::", "an unspecified address", true},
    {"127.0.0.0/8", "a loopback address", true},
    {"::1", "a loopback address", true},
    {"169.254.0.0/16", "a link-local address", true},
    {"fe80::/10", "a link-local address", true},
    {"224.0.0.0/4", "a multicast address", false},
    {"ff00::/8", "a multicast address", false},
    {"240.0.0.0/4", "a broadcast or reserved address", false},
    {"2001::/32", "a Teredo address", false},
    {"64:ff9b:1::/48", "a local-use NAT64 address", false},
};

const AddressKind* kind_of(const Address& address) {
  for (const AddressKind& kind : address_kinds)
    if (read_network(kind.network)->holds(address)) return &kind;
  return nullptr;
}

bool is_api_server(std::string_view name, const Address& address, std::uint16_t port, const EgressRules& rules) {
  for (const std::string& server : rules.api_servers) {
    if (server == fmt::format("{}:{}", name, port)) return true;
    const std::size_t colon = server.rfind(':');
    if (colon == std::string::npos || server.substr(colon + 1) != std::to_string(port)) continue;
    std::string_view host = std::string_view(server).substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::optional<Address> own = read_address(host);
    if (own && *own == address) return true;
  }
  return false;
}

bool is_allowed(const Address& address, const EgressRules& rules) {
  return std::ranges::any_of(rules.allowed, [&](const std::string& text) {
    const std::optional<Network> network = read_network(text);
    return network && network->holds(address);
  });
}

// Opening a whole network is not meant to open the API server that happens to be in it.
bool is_allowed_by_itself(const Address& address, const EgressRules& rules) {
  return std::ranges::any_of(rules.allowed, [&](const std::string& text) {
    return text.find('/') == std::string::npos && read_address(text) == address;
  });
}

}  // namespace

kube::Result<std::vector<std::string>> parse_egress_list(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string entry(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    std::erase(entry, ' ');
    if (entry.empty()) continue;
    if (!read_network(entry))
      return kube::Error{kube::Fault::invalid,
                         fmt::format("\"{}\" is neither an address (127.0.0.1) nor a network (127.0.0.0/8)", entry)};
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::optional<std::string> refusal_of_address(std::string_view host, std::string_view address, std::uint16_t port,
                                              const EgressRules& rules) {
  constexpr std::string_view advice = "allow it with --analysis-egress-allow if that is meant";
  const std::optional<Address> outer = read_address(address);
  if (!outer) return fmt::format("EgressDenied: host \"{}\" has an address of an unknown kind", host);
  const Address inner = unwrapped(*outer);
  const AddressKind* kind = kind_of(inner);
  if (kind && !(kind->may_be_allowed && is_allowed(inner, rules)))
    return fmt::format("EgressDenied: host \"{}\" leads to {}{}{}", host, kind->words,
                       kind->may_be_allowed ? "; " : ", which is never asked", kind->may_be_allowed ? advice : "");
  if (is_api_server(host, inner, port, rules) && !is_allowed_by_itself(inner, rules))
    return fmt::format("EgressDenied: host \"{}\" leads to the API server; {}", host, advice);
  return std::nullopt;
}

std::optional<std::string> refusal_of_url(std::string_view url, std::string_view what) {
  if (url.size() > max_url) return fmt::format("address is too long (limit {} bytes, got {})", max_url, url.size());
  const boost::urls::result<boost::urls::url_view> parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->encoded_host().empty()) return fmt::format("{} is not is url format", what);
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

std::string mistake_in_header(std::size_t index, std::string_view name, std::string_view value) {
  if (name.empty() || is_reserved_header(name))
    return fmt::format("headers[{}].key: \"{}\" cannot be set", index, name.substr(0, 64));
  const std::string_view control("\r\n\0", 3);
  if (name.find_first_of(control) != std::string_view::npos || value.find_first_of(control) != std::string_view::npos)
    return fmt::format("headers[{}]: control characters are not allowed", index);
  return {};
}

kube::Result<std::string> redirect_target(std::string_view from, std::string_view location) {
  namespace urls = boost::urls;
  const auto base = urls::parse_uri(from);
  const auto reference = urls::parse_uri_reference(location);
  urls::url target;
  if (!base || !reference || !urls::resolve(*base, *reference, target))
    return kube::Error{kube::Fault::forbidden, "redirect to something that is no URL refused"};
  target.remove_fragment();
  const auto effective_port = [](const urls::url_view_base& url) {
    if (url.has_port() && !url.port().empty()) return std::string(url.port());
    return std::string(lower_case(url.scheme()) == "https" ? "443" : "80");
  };
  if (target.has_userinfo() || lower_case(target.encoded_host()) != lower_case(base->encoded_host()) ||
      lower_case(target.scheme()) != lower_case(base->scheme()) || effective_port(target) != effective_port(*base)) {
    const std::string host(target.encoded_host());
    return kube::Error{kube::Fault::forbidden,
                       fmt::format("redirect to another host refused: \"{}\"", host.substr(0, 64))};
  }
  const std::string text(target.buffer());
  return text;
}

}  // namespace sluice::analysis
