// Completing and checking objects.
#include "sandbox/object_rules.h"

#include <boost/json.hpp>

#include "sandbox/builtin_validation.h"
#include "sandbox/defaulting.h"
#include "sandbox/metadata_rules.h"
#include "sandbox/object_parts.h"
#include "sandbox/schema_validation.h"

namespace sluice::sandbox {

Outcome<> complete_written(const Kind& kind, json::value& object, const WriteTerms& terms) {
  Outcome<std::vector<std::string>> warnings = complete(kind, object, terms.unknown);
  if (!warnings) return warnings.error();
  if (terms.warnings) terms.warnings->insert(terms.warnings->end(), warnings->begin(), warnings->end());
  return {};
}

Outcome<> check_object(const Kind& kind, json::value& object, const json::value* before) {
  tidy_metadata(metadata_of(object));
  if (!kind.custom && kind.schema) write_as_go(*kind.schema, object);
  std::vector<Cause> causes = check_metadata(kind, object);
  const std::vector<Cause> own = kind.custom
                                     ? (kind.schema ? check_schema(*kind.schema, object, before) : std::vector<Cause>())
                                     : check_builtin(kind, object, before);
  causes.insert(causes.end(), own.begin(), own.end());
  if (!causes.empty()) return invalid(kind, kube::text_at(object, {"metadata", "name"}), std::move(causes));
  return {};
}

}  // namespace sluice::sandbox
