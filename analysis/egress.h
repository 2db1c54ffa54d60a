// Which addresses, headers and redirects a metric may use: what can be refused before any packet is sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/result.h"

namespace sluice::analysis {

// What the operator has decided about the addresses of metrics.
struct EgressRules {
  // Addresses ("10.0.0.7") and networks ("127.0.0.0/8", "fd00::/8") that are asked although they are loopback or
  // link-local. The API server is opened by its address alone, not by a network. Nothing opens the metadata services of
  // clouds.
  std::vector<std::string> allowed;
  // The API server as "10.96.0.1:443" or "[fd00::1]:443".
  std::vector<std::string> api_servers;
};

// The rules from a comma-separated list, as the command line has it. Fault::invalid names what is no address.
kube::Result<std::vector<std::string>> parse_egress_list(std::string_view text);

// Why the controller will not ask this URL; nullopt when nothing speaks against it. Refused are odd schemes, user names
// and fragments in the URL, control characters, metadata services of clouds, and the API server by name. `what` names
// the field in the message for a text that is no URL ("prometheus address").
std::optional<std::string> refusal_of_url(std::string_view url, std::string_view what);

// Why a host whose name led to this numeric address is not asked; nullopt when it may be. The message says what kind of
// address it is and how an operator allows it, never the address.
std::optional<std::string> refusal_of_address(std::string_view host, std::string_view address, std::uint16_t port,
                                              const EgressRules& rules);

// True for headers that belong to the connection or to the infrastructure, which a metric must not set.
bool is_reserved_header(std::string_view name);

// What is wrong with a header of a metric; "" when nothing is. `index` is its place in the list.
std::string mistake_in_header(std::size_t index, std::string_view name, std::string_view value);

// Where a redirect leads: the new URL, of the same scheme, host and port. Fault::forbidden for any other place, which
// the message names by its host alone.
kube::Result<std::string> redirect_target(std::string_view from, std::string_view location);

}  // namespace sluice::analysis
