// Scale objects, made of the fields that a kind names for them.
#include "sandbox/scale.h"

#include <boost/json.hpp>

#include "sandbox/bodies.h"
#include "sandbox/builtin_types.h"
#include "sandbox/field_path.h"
#include "sandbox/object_parts.h"
#include "sandbox/patching.h"
#include "sandbox/selector_text.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

// What the Scale of an object says.
json::value scale_of(const Kind& kind, const json::value& object) {
  const json::object& metadata = object.as_object().at("metadata").as_object();
  json::object shown;
  for (const char* name : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"})
    copy_member(metadata, shown, name);
  json::object spec;
  if (const json::value* replicas = find_path(object, kind.scale->spec_replicas);
      replicas && replicas->is_number() && replicas->to_number<std::int64_t>() != 0)
    spec["replicas"] = *replicas;
  json::object status;
  const json::value* current = find_path(object, kind.scale->status_replicas);
  status["replicas"] = current && current->is_number() ? *current : json::value(0);
  if (const json::value* selector = find_path(object, kind.scale->label_selector)) {
    const std::string text = selector->is_string() ? std::string(selector->get_string()) : selector_text(*selector);
    if (!text.empty()) status["selector"] = text;
  }
  return json::object{{"kind", "Scale"},
                      {"apiVersion", "autoscaling/v1"},
                      {"metadata", std::move(shown)},
                      {"spec", std::move(spec)},
                      {"status", std::move(status)}};
}

// The Scale that the request wants.
Outcome<json::value> wanted_scale(const Request& request, const json::value& current) {
  if (request.method == "PATCH") return patched(request, current);
  return object_in_body(request);
}

}  // namespace

Outcome<kube::ApiResponse> serve_scale(ApiState& state, const Request& request) {
  const Kind& kind = *request.kind;
  const Api::Store::Object existing = state.store.find(kind.storage, request.key());
  if (!existing) return not_found(kind, request.place.name);
  const json::value current = scale_of(kind, *existing);
  if (request.method == "GET") return answer(200, current);
  if (request.method != "PUT" && request.method != "PATCH") return method_not_allowed();

  const Outcome<json::value> wanted = wanted_scale(request, current);
  if (!wanted) return wanted.error();
  const std::int64_t replicas = kube::number_at(*wanted, {"spec", "replicas"});
  if (replicas < 0) {
    Kind scale;
    scale.group = "autoscaling";
    scale.kind = "Scale";
    return invalid(scale, request.place.name,
                   {invalid_value("spec.replicas", std::to_string(replicas), "must be greater than or equal to 0")});
  }
  json::value next = *existing;
  set_path(next, kind.scale->spec_replicas, replicas);
  json::object& metadata = metadata_of(next);
  const std::string version(kube::text_at(*wanted, {"metadata", "resourceVersion"}));
  // A Scale that was not read before carries no version; a patched one carries the current one.
  if (version.empty())
    erase_member(metadata, "resourceVersion");
  else
    metadata["resourceVersion"] = version;
  std::vector<std::string> warnings;
  const WriteTerms terms = terms_of(request, warnings);
  const Outcome<Api::Store::Object> stored = update_object(state, kind, existing, std::move(next), terms);
  if (!stored) return stored.error();
  return answer(200, scale_of(kind, **stored));
}

}  // namespace sluice::sandbox
