// JSON text, values and the mistakes found in them; for values <-> structs see kube/fields.h.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/mistake.h"
#include "kube/result.h"

namespace sluice::kube {

namespace json = boost::json;

// Reads JSON text; depth up to 256, numbers must be finite. The error names the byte at which reading stopped.
Result<json::value> parse_json(std::string_view text);
// Compact text; numbers in their shortest form, as Go prints them.
std::string print_json(const json::value& value);
// Two spaces of indentation, as `kubectl -o json` prints.
std::string print_json_indented(const json::value& value);

// The value at a path of member names ("metadata", "labels"), nullptr when a part is missing or not an object.
const json::value* find_at(const json::value& value, std::initializer_list<std::string_view> path);
// The text at such a path; "" when it is absent or not a string.
std::string_view text_at(const json::value& value, std::initializer_list<std::string_view> path);
// The whole number at such a path; `otherwise` when it is absent or not a number.
std::int64_t number_at(const json::value& value, std::initializer_list<std::string_view> path,
                       std::int64_t otherwise = 0);

}  // namespace sluice::kube
