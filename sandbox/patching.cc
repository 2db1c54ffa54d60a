// Applying patches to objects.
#include "sandbox/patching.h"

#include <boost/json.hpp>

#include "sandbox/bodies.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

// RFC 7396: null removes, objects merge, everything else replaces.
void merge(const json::value& patch, json::value& to) {
  if (!patch.is_object()) {
    to = patch;
    return;
  }
  if (!to.is_object()) to = json::object();
  for (const auto& member : patch.get_object()) {
    if (member.value().is_null())
      erase_member(to.get_object(), member.key());
    else
      merge(member.value(), to.get_object()[member.key()]);
  }
}

}  // namespace

Outcome<json::value> patched(const Request& request, const json::value& before) {
  if (request.content_type == "application/merge-patch+json") {
    Outcome<json::value> patch = value_in_body(request);
    if (!patch) return patch;
    json::value after = before;
    merge(*patch, after);
    return after;
  }
  return unsupported_media_type(
      "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
}

}  // namespace sluice::sandbox
