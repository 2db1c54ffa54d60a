// Who set which fields: metadata.managedFields, kept up to date by every write and decisive for server-side apply.
#pragma once

#include <string>

#include <boost/json/value.hpp>

#include "kube/time.h"
#include "sandbox/kinds.h"
#include "sandbox/refusal.h"

namespace sluice::sandbox {

// One write, as far as managedFields cares.
struct FieldWrite {
  const Kind& kind;
  std::string manager;      // "" leaves no entry of its own, but takes fields from others
  std::string subresource;  // "", "status" or "scale"; what a Scale sets bears no time
  kube::Time now;
  bool forgets = false;  // the client sent empty managedFields: nothing is known of the past, nor noted now
};

// Notes in `after` what an update changed. `before` is nullptr for a new object.
void note_update(const FieldWrite& write, const json::value* before, json::value& after);

// True for a body that asks to forget who managed what.
bool forgets_managers(const json::value& body);

// What an apply makes of an object: the configuration merged into `live` (nullptr when there is none), fields that the
// manager applied before and no longer names removed, managedFields up to date. Refused with 409 when others manage
// fields that would change, unless forced.
Outcome<json::value> apply_configuration(const FieldWrite& write, const json::value* live,
                                         const json::value& configuration, bool force);

// The same managedFields apart from their times.
bool same_apart_from_times(const json::value& left, const json::value& right);

}  // namespace sluice::sandbox
