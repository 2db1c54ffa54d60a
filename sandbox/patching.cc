// Applying patches to objects.
#include "sandbox/patching.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/patch.h"
#include "sandbox/bodies.h"
#include "sandbox/object_parts.h"
#include "sandbox/typed_value.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view any_patch =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";

Refusal rejected() { return {422, "Invalid", "the server rejected our request due to an error in our request", true}; }

}  // namespace

Outcome<json::value> patched(const Request& request, const json::value& before) {
  const std::string& type = request.content_type;
  const bool strategic = type == "application/strategic-merge-patch+json";
  if (type != "application/merge-patch+json" && type != "application/json-patch+json" && !strategic) {
    if (type.empty() || type == "application/json")
      return Refusal{415, "UnsupportedMediaType", "415: Unsupported Media Type", true};
    return unsupported_media_type(any_patch);
  }
  if (strategic && request.kind->custom) return unsupported_media_type(any_patch);
  Outcome<json::value> patch = value_in_body(request);
  if (!patch) return bad_request("error decoding patch: " + patch.error().message);
  if (type == "application/merge-patch+json") {
    if (!patch->is_object()) return bad_request("error decoding patch: a merge patch is an object");
    return kube::apply_merge_patch(before, *patch);
  }
  kube::Result<json::value> after =
      strategic ? kube::apply_strategic_patch(before, *patch, request.kind->group, request.kind->kind)
                : kube::apply_json_patch(before, *patch);
  if (!after) return rejected();
  return std::move(*after);
}

Outcome<json::value> configuration_in_body(const Request& request) {
  const Kind& kind = *request.kind;
  if (request.target.option("fieldManager").empty()) {
    Kind options;
    options.group = "meta.k8s.io";
    options.kind = "PatchOptions";
    return invalid(options, "", {required_value("fieldManager", "is required for apply patch")});
  }
  Outcome<json::value> configuration = value_in_body(request);
  if (!configuration) return bad_request("error decoding YAML: " + configuration.error().message);
  const std::string_view stated_kind = kube::text_at(*configuration, {"kind"});
  const std::string_view stated_version = kube::text_at(*configuration, {"apiVersion"});
  if (stated_kind.empty() || stated_version.empty())
    return bad_request(
        fmt::format("invalid object type: {}, Kind={}", stated_version.empty() ? "/" : stated_version, stated_kind));
  if (stated_kind != kind.kind || stated_version != kind.api_version())
    return bad_request(fmt::format("invalid object type: {}, Kind={}", stated_version, stated_kind));
  const std::string_view name = kube::text_at(*configuration, {"metadata", "name"});
  if (!name.empty() && name != request.place.name)
    return bad_request(
        fmt::format("the name of the object ({}) does not match the name on the URL ({})", name, request.place.name));
  if (kube::find_at(*configuration, {"metadata", "managedFields"}))
    return bad_request("metadata.managedFields must be nil");
  const SchemaPtr schema = whole_object_schema(kind.schema, kind.custom);
  if (const std::string unknown = undeclared_field(*schema, *configuration); !unknown.empty())
    return internal_error(
        fmt::format("failed to create typed patch object ({}/{}; {}, Kind={}): {}: field not declared in schema",
                    kube::text_at(*configuration, {"metadata", "namespace"}), request.place.name, stated_version,
                    stated_kind, unknown));
  json::object& metadata = metadata_of(*configuration);
  metadata["name"] = request.place.name;
  return configuration;
}

}  // namespace sluice::sandbox
