// `sluice vectors`: asks the functions of the program about values, one JSON line each, without a cluster or a clock.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "kube/result.h"

namespace sluice::controller {

// One question that can be asked. It goes through the functions that the controllers use and keeps nothing.
struct VectorOperation {
  std::string_view name;
  kube::Result<boost::json::value> (*answer)(const boost::json::value& in);
};

// The operations of this room, one row each. A new operation is a new row.
std::span<const VectorOperation> vector_operations();

// {"id", "op", "in"} to {"id", "out"} or {"id", "error"}; the id is null when the line has none. Never throws.
std::string answer_line(std::string_view line, std::span<const VectorOperation> operations);

// Answers line by line until `in` ends; lines of white space are skipped. False when `out` could not be written.
bool answer_lines(std::istream& in, std::ostream& out, std::span<const VectorOperation> operations);

}  // namespace sluice::controller
