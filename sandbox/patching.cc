// Applying patches to objects.
#include "sandbox/patching.h"

#include <boost/json.hpp>

#include "kube/patch.h"
#include "sandbox/bodies.h"

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

}  // namespace sluice::sandbox
