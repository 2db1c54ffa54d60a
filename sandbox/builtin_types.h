// The built-in types as schemas, read from the recorded file sandbox/types/builtin.types.
//
// A line without indentation begins a type: its name, "whole" when it is one value to several writers, "top" when it
// is a kind with apiVersion and kind. An indented line is a field: name, type, flags.
//   types   s string, i int32, l int64, d number, b boolean, bytes, time, micro, q quantity, x number or text, any,
//           [T] list, {T} map, or the name of a type
//   flags   #N or #M.N its number in protobuf (of M, an embedded struct), ! required, * pointer, + always written,
//           atomic / set / map(keys) for lists, whole for maps,
//           merge(key) / retain / replace for strategic merge patches, enum(a|b)
#pragma once

#include <string_view>
#include <vector>

#include "sandbox/schema.h"

namespace sluice::sandbox {

// The schema of a type ("core.v1.Pod"); nullptr when it is not recorded. Lives as long as the program.
SchemaPtr builtin_type(std::string_view name);
// The schema of a kind by its group ("apps") and version.
SchemaPtr builtin_schema(std::string_view group, std::string_view version, std::string_view kind);
// The names of all recorded types, sorted.
std::vector<std::string_view> builtin_type_names();
// As OpenAPI documents name a type: "io.k8s.api.core.v1.Pod".
std::string openapi_name(std::string_view type);

}  // namespace sluice::sandbox
