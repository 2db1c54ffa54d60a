// From method and path to the function that answers.
#include "sandbox/verbs.h"

#include <boost/json.hpp>

#include "sandbox/bodies.h"
#include "sandbox/event_forms.h"
#include "sandbox/eviction.h"
#include "sandbox/go_text.h"
#include "sandbox/listing.h"
#include "sandbox/managed_fields.h"
#include "sandbox/object_filter.h"
#include "sandbox/object_parts.h"
#include "sandbox/patching.h"
#include "sandbox/rendering.h"
#include "sandbox/reviews.h"
#include "sandbox/scale.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

using Response = Outcome<kube::ApiResponse>;

Response with_warnings(kube::ApiResponse response, std::vector<std::string> warnings) {
  response.warnings = std::move(warnings);
  return response;
}

// Events of events.k8s.io are written as those of the core group.
KindPtr written_kind(const ApiState& state, const Request& request) {
  return request.kind->group == "events.k8s.io" ? state.kinds.find("", "v1", "events") : request.kind;
}

Response created(ApiState& state, const Request& request, json::value object, bool applied = false) {
  std::vector<std::string> warnings;
  WriteTerms terms = terms_of(request, warnings);
  terms.applied = applied;
  const KindPtr kind = written_kind(state, request);
  const Outcome<Api::Store::Object> stored = create_object(state, *kind, request.place.ns, std::move(object), terms);
  if (!stored) return stored.error();
  return with_warnings(render_object(state, request, 201, **stored), std::move(warnings));
}

Response updated(ApiState& state, const Request& request, const Api::Store::Object& existing, json::value next,
                 bool applied = false) {
  std::vector<std::string> warnings;
  WriteTerms terms = terms_of(request, warnings);
  terms.applied = applied;
  const KindPtr kind = written_kind(state, request);
  const Outcome<Api::Store::Object> stored = update_object(state, *kind, existing, std::move(next), terms);
  if (!stored) return stored.error();
  return with_warnings(render_object(state, request, 200, **stored), std::move(warnings));
}

Response create(ApiState& state, const Request& request) {
  Outcome<json::value> object = object_in_body(request);
  if (!object) return object.error();
  return created(state, request, std::move(*object));
}

Response replace(ApiState& state, const Request& request) {
  Outcome<json::value> object = object_in_body(request);
  if (!object) return object.error();
  json::object& metadata = metadata_of(*object);
  const std::string_view name = text_of(metadata, "name");
  if (name.empty() && request.kind->custom == false) metadata["name"] = request.place.name;
  if (!name.empty() && name != request.place.name)
    return bad_request("the name of the object (" + std::string(name) + ") does not match the name on the URL (" +
                       request.place.name + ")");
  const std::string_view ns = text_of(metadata, "namespace");
  if (!ns.empty() && request.kind->namespaced && ns != request.place.ns)
    return bad_request("the namespace of the provided object does not match the namespace sent on the request");
  const Api::Store::Object existing = state.store.find(request.kind->storage, request.key());
  if (!existing) {
    if (!request.kind->create_on_update || !request.place.subresource.empty())
      return not_found(*request.kind, request.place.name);
    return created(state, request, std::move(*object));
  }
  if (request.kind->custom && text_of(metadata, "resourceVersion").empty()) {
    Refusal refusal = invalid(*request.kind, request.place.name,
                              {invalid_value("metadata.resourceVersion", "0", "must be specified for an update")});
    refusal.kind = request.kind->plural;
    refusal.message = request.kind->resource_name() + " " + quoted(request.place.name) +
                      " is invalid: metadata.resourceVersion: " + refusal.causes.front().message;
    return refusal;
  }
  return updated(state, request, existing, std::move(*object));
}

// A strategic patch is shown as itself, of the others what they made.
std::string shown_patch(const Request& request, const json::value& result) {
  if (request.content_type != "application/strategic-merge-patch+json") return kube::print_json(result);
  const Outcome<json::value> patch = value_in_body(request);
  return patch ? go_text(*patch) : std::string(request.body);
}

Response apply(ApiState& state, const Request& request) {
  const Outcome<json::value> configuration = configuration_in_body(request);
  if (!configuration) return configuration.error();
  const Api::Store::Object existing = state.store.find(request.kind->storage, request.key());
  if (!existing && !request.place.subresource.empty()) return not_found(*request.kind, request.place.name);
  const FieldWrite write{*request.kind, request.manager(), request.place.subresource, state.clock.now()};
  Outcome<json::value> next = apply_configuration(write, existing.get(), *configuration, request.target.flag("force"));
  if (!next) return next.error();
  return existing ? updated(state, request, existing, std::move(*next), true)
                  : created(state, request, std::move(*next), true);
}

Response patch(ApiState& state, const Request& request) {
  if (request.content_type.starts_with("application/apply-patch+yaml")) return apply(state, request);
  const Api::Store::Object existing = state.store.find(request.kind->storage, request.key());
  if (!existing) return not_found(*request.kind, request.place.name);
  json::value current = *existing;
  if (request.kind->group == "events.k8s.io") from_core_event(current.as_object());
  Outcome<json::value> next = patched(request, current);
  if (!next) return next.error();
  if (request.kind->group == "events.k8s.io") to_core_event(next->as_object());
  Response response = updated(state, request, existing, *next);
  if (response) return response;
  return as_patch_refusal(response.error(), shown_patch(request, *next));
}

json::value success(const Kind& kind, const json::value& object) {
  json::object details{{"name", kube::text_at(object, {"metadata", "name"})}};
  if (!kind.group.empty()) details["group"] = kind.group;
  details["kind"] = kind.plural;
  details["uid"] = kube::text_at(object, {"metadata", "uid"});
  return json::object{{"kind", "Status"},
                      {"apiVersion", "v1"},
                      {"metadata", json::object()},
                      {"status", "Success"},
                      {"details", std::move(details)}};
}

Response remove(ApiState& state, const Request& request) {
  const Outcome<Deletion> deletion = deletion_of(request);
  if (!deletion) return deletion.error();
  const Outcome<Deleted> deleted = delete_object(state, *request.kind, request.key(), *deletion);
  if (!deleted) return deleted.error();
  if (deleted->is_gone && !request.kind->returns_deleted) return answer(200, success(*request.kind, *deleted->object));
  return render_object(state, request, 200, *deleted->object);
}

Response remove_many(ApiState& state, const Request& request) {
  const Outcome<Deletion> deletion = deletion_of(request);
  if (!deletion) return deletion.error();
  const Outcome<ObjectFilter> filter = ObjectFilter::of(request);
  if (!filter) return filter.error();
  std::vector<kube::ObjectKey> keys;
  for (const auto& [key, object] : state.store.collection(request.kind->storage).objects)
    if (filter->matches(key, *object)) keys.push_back(key);
  std::vector<Api::Store::Object> removed;
  for (const kube::ObjectKey& key : keys) {
    const Api::Store::Object before = state.store.find(request.kind->storage, key);
    const Outcome<Deleted> deleted = delete_object(state, *request.kind, key, *deletion);
    if (deleted) removed.push_back(deleted->is_gone ? before : deleted->object);
  }
  return render_list(state, request, removed, {state.store.version()});
}

Response empty_log(const ApiState& state, const Request& request) {
  if (!state.store.find(request.kind->storage, request.key())) return not_found(*request.kind, request.place.name);
  kube::ApiResponse response;
  response.status = 200;
  response.content_type = "text/plain";
  return response;
}

}  // namespace

bool is_watch(const Request& request) {
  return request.method == "GET" && request.place.subresource.empty() && request.target.flag("watch");
}

Response serve_resource(ApiState& state, const Request& request) {
  const bool one = !request.place.name.empty();
  const std::string& subresource = request.place.subresource;
  if (request.kind->virtual_only) return one ? Response(unknown_resource()) : serve_review(request);
  if (subresource == "scale" && request.kind->scale) return serve_scale(state, request);
  // The containers of simulated pods write nothing.
  if (subresource == "log" && request.kind->graceful && request.method == "GET") return empty_log(state, request);
  if (subresource == "eviction" && request.kind->graceful) return serve_eviction(state, request);
  if (subresource == "status" && !request.kind->has_status) return unknown_resource();
  if (!subresource.empty() && subresource != "status") return unknown_resource();
  if (request.method == "GET") return one ? get_object(state, request) : list_objects(state, request);
  if (request.method == "POST" && !one) return create(state, request);
  if (request.method == "PUT" && one) return replace(state, request);
  if (request.method == "PATCH" && one) return patch(state, request);
  if (request.method == "DELETE" && subresource.empty())
    return one ? remove(state, request) : remove_many(state, request);
  return method_not_allowed();
}

}  // namespace sluice::sandbox
