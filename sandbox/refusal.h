// How the API server says no: the parts of a Status, and the refusals that many requests share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>
#include <boost/system/result.hpp>

#include "kube/transport.h"
#include "sandbox/kinds.h"

namespace sluice::sandbox {

namespace json = boost::json;

// One thing wrong with an object.
struct Cause {
  std::string reason;   // "FieldValueInvalid"
  std::string message;  // "Invalid value: 0: must be ..."
  std::string field;    // "spec.replicas"
  bool operator==(const Cause&) const = default;
};

struct Refusal {
  unsigned code = 500;
  std::string reason;
  std::string message;
  bool has_details = false;
  std::string name;
  std::string group;
  std::string kind;
  std::vector<Cause> causes;
  int retry_after_seconds = 0;
};

template <class T = void>
using Outcome = boost::system::result<T, Refusal>;

[[noreturn]] void throw_exception_from_error(const Refusal& refusal, const boost::source_location& where);

// The Status object, and the answer that carries it.
json::value status_of(const Refusal& refusal);
kube::ApiResponse answer(const Refusal& refusal);
// 200 or 201 with a body.
kube::ApiResponse answer(unsigned status, const json::value& body);

// Refusals without details.
Refusal bad_request(std::string message);
Refusal internal_error(std::string message);
// Refusals about the API as a whole.
Refusal unknown_resource();
Refusal method_not_allowed();
Refusal unsupported_media_type(std::string_view accepted);
// Refusals about one object of a kind.
Refusal not_found(const Kind& kind, std::string_view name);
Refusal already_exists(const Kind& kind, std::string_view name, bool terminating);
Refusal conflict(const Kind& kind, std::string_view name, std::string_view why);
Refusal modified_meanwhile(const Kind& kind, std::string_view name);
Refusal forbidden(const Kind& kind, std::string_view name, std::string_view why);
// 422 with every cause in its message.
Refusal invalid(const Kind& kind, std::string_view name, std::vector<Cause> causes);
Refusal expired(std::string message);

// Causes, worded as field errors are.
Cause invalid_value(std::string field, std::string_view shown_value, std::string_view why);
Cause required_value(std::string field, std::string_view why = {});
Cause forbidden_field(std::string field, std::string_view why);
Cause duplicate_value(std::string field, std::string_view shown_value);
Cause unsupported_value(std::string field, std::string_view shown_value, std::string_view supported);
// Text as it is shown in a cause: in double quotes, as Go quotes it.
std::string quoted(std::string_view text);

}  // namespace sluice::sandbox
