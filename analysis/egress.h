// Which addresses and headers a metric may name: what can be refused before any packet is sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::analysis {

// Why the controller will not ask this URL; nullopt when nothing speaks against it. Refused are odd schemes, user names
// and fragments in the URL, control characters, metadata services of clouds, and the API server by name.
std::optional<std::string> refusal_of_url(std::string_view url);

// True for headers that belong to the connection or to the infrastructure, which a metric must not set.
bool is_reserved_header(std::string_view name);

}  // namespace sluice::analysis
