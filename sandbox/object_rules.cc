// The order in which an object is completed and checked.
#include "sandbox/object_rules.h"

#include <boost/json.hpp>

#include "sandbox/metadata_rules.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {

Outcome<> prepare_new(ApiState&, const Kind& kind, json::value& object, const WriteTerms&) {
  tidy_metadata(metadata_of(object));
  std::vector<Cause> causes = check_metadata(kind, object);
  if (!causes.empty()) return invalid(kind, kube::text_at(object, {"metadata", "name"}), std::move(causes));
  return {};
}

Outcome<> prepare_changed(ApiState&, const Kind& kind, const json::value&, json::value& object, const WriteTerms&) {
  tidy_metadata(metadata_of(object));
  std::vector<Cause> causes = check_metadata(kind, object);
  if (!causes.empty()) return invalid(kind, kube::text_at(object, {"metadata", "name"}), std::move(causes));
  return {};
}

}  // namespace sluice::sandbox
