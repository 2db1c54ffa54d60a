// The rules of names, labels and annotations that hold for every kind.
#pragma once

#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/refusal.h"

namespace sluice::sandbox {

// Drops empty maps, lists and texts from metadata, as the server does when it writes it.
void tidy_metadata(json::object& metadata);
std::vector<Cause> check_metadata(const Kind& kind, const json::value& object);

// Why a text is not what it should be; "" when it is.
std::string dns_subdomain_mistake(std::string_view text);
std::string dns_label_mistake(std::string_view text);
std::string dns1035_label_mistake(std::string_view text);
std::string label_key_mistake(std::string_view text);
std::string label_value_mistake(std::string_view text);
// The mistakes of a map of labels that stands at `path`.
void check_labels(const json::value& labels, const std::string& path, std::vector<Cause>& causes);

}  // namespace sluice::sandbox
