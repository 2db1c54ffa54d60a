// JSON text byte for byte as Go's encoding/json writes it, for hashes that must agree with programs written in Go.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace sluice::crds {

namespace json = boost::json;

// Members in the order in which the value holds them. <, >, & and U+2028, U+2029 are written as \u escapes.
std::string print_go_json(const json::value& value);
void print_go_string(std::string_view text, std::string& to);

}  // namespace sluice::crds
