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
  std::string subresource;  // "" or "status"
  kube::Time now;
};

// Notes in `after` what an update changed. `before` is nullptr for a new object. An empty list of managedFields in
// `after` forgets all that was noted before.
void note_update(const FieldWrite& write, const json::value* before, json::value& after);

// What an apply makes of an object: the configuration merged into `live` (nullptr when there is none), fields that the
// manager applied before and no longer names removed, managedFields up to date. Refused with 409 when others manage
// fields that would change, unless forced.
Outcome<json::value> apply_configuration(const FieldWrite& write, const json::value* live,
                                         const json::value& configuration, bool force);

// The same managedFields apart from their times.
bool same_apart_from_times(const json::value& left, const json::value& right);

}  // namespace sluice::sandbox
