// Simple paths into objects ("spec.replicas"), for reading and for writing.
#pragma once

#include <string_view>

#include <boost/json/fwd.hpp>

namespace sluice::sandbox {

namespace json = boost::json;

// nullptr when a part is missing or the path is empty.
const json::value* find_path(const json::value& object, std::string_view path);
// Makes what is missing on the way.
void set_path(json::value& object, std::string_view path, json::value value);

}  // namespace sluice::sandbox
