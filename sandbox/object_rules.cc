// Completing and checking objects.
#include "sandbox/object_rules.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/builtin_validation.h"
#include "sandbox/defaulting.h"
#include "sandbox/field_path.h"
#include "sandbox/go_text.h"
#include "sandbox/metadata_rules.h"
#include "sandbox/object_parts.h"
#include "sandbox/schema_validation.h"

namespace sluice::sandbox {
namespace {

// The number that the scale subresource is about must be one.
void check_scale(const Kind& kind, const json::value& object, std::vector<Cause>& causes) {
  if (!kind.custom || !kind.scale) return;
  const json::value* replicas = find_path(object, kind.scale->spec_replicas);
  if (!replicas) return;
  const std::string path = "." + kind.scale->spec_replicas;
  if (!replicas->is_int64() && !replicas->is_uint64()) {
    const char* type = replicas->is_string()   ? "string"
                       : replicas->is_number() ? "float64"
                       : replicas->is_bool()   ? "bool"
                                               : "map[string]interface {}";
    causes.push_back(invalid_value(
        path, "0",
        fmt::format("{} accessor error: {} is of the type {}, expected int64", path, go_text(*replicas), type)));
  } else if (replicas->is_int64() && replicas->get_int64() < 0) {
    causes.push_back(invalid_value(path, std::to_string(replicas->get_int64()), "should be a non-negative integer"));
  }
}

}  // namespace

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
  check_scale(kind, object, causes);
  if (!causes.empty()) return invalid(kind, kube::text_at(object, {"metadata", "name"}), std::move(causes));
  return {};
}

}  // namespace sluice::sandbox
