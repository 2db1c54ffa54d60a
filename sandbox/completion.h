// From what a client wrote to a whole object: types checked, unknown fields removed, defaults filled in.
#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "sandbox/kinds.h"
#include "sandbox/refusal.h"

namespace sluice::sandbox {

enum class UnknownFields { ignore, warn, refuse };  // the query's fieldValidation

UnknownFields unknown_fields_option(std::string_view text);

// Completes the object in place. Returns what to warn of. Refused with 400 when a value has a type that cannot be read
// or, with `refuse`, when there are unknown fields.
Outcome<std::vector<std::string>> complete(const Kind& kind, json::value& object, UnknownFields unknown);

// The same words for an object that a patch has made: 422 that shows the patch.
Refusal as_patch_refusal(const Refusal& refusal, std::string_view shown_patch);

// What only built-in types know: defaults that depend on other fields. (sandbox/builtin_completion.cc)
void complete_builtin(const Kind& kind, json::value& object);

}  // namespace sluice::sandbox
