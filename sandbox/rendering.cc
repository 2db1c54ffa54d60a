// JSON text of objects, lists and tables.
#include "sandbox/rendering.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/event_forms.h"
#include "sandbox/object_parts.h"
#include "sandbox/refusal.h"
#include "sandbox/table.h"

namespace sluice::sandbox {
namespace {

enum class Form { whole, table, metadata };

// What the client likes best of what is served.
Form form_of(const Request& request) {
  std::string_view accept = request.accept;
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view choice = accept.substr(0, end);
    accept.remove_prefix(std::min(end + 1, accept.size()));
    const bool is_json = choice.find("application/json") != std::string_view::npos;
    if (!is_json) continue;
    if (choice.find("as=Table") != std::string_view::npos) return Form::table;
    if (choice.find("as=PartialObjectMetadata") != std::string_view::npos) return Form::metadata;
    return Form::whole;
  }
  return Form::whole;
}

// The stored object in the version that was asked for.
json::value converted(const Kind& kind, const json::value& object) {
  json::value served = object;
  if (kind.group == "events.k8s.io")
    from_core_event(served.as_object());
  else
    served.as_object()["apiVersion"] = kind.api_version();
  return served;
}

std::string whole(const Kind& kind, const json::value& object) {
  if (kube::text_at(object, {"apiVersion"}) == kind.api_version()) return kube::print_json(object);
  return kube::print_json(converted(kind, object));
}

// An item of a list: kind and apiVersion of built-in kinds are not repeated there.
std::string item(const Kind& kind, const json::value& object) {
  if (kind.custom) return whole(kind, object);
  json::value served = converted(kind, object);
  erase_member(served.as_object(), "kind");
  erase_member(served.as_object(), "apiVersion");
  return kube::print_json(served);
}

json::value partial(const json::value& object) {
  return json::object{{"kind", "PartialObjectMetadata"},
                      {"apiVersion", "meta.k8s.io/v1"},
                      {"metadata", object.get_object().at("metadata")}};
}

RowObject row_object(const Request& request) {
  const std::string_view wish = request.target.option("includeObject");
  if (wish == "None") return RowObject::none;
  return wish == "Object" ? RowObject::whole : RowObject::metadata;
}

json::object metadata_of_list(const ListHead& head) {
  json::object metadata{{"resourceVersion", std::to_string(head.version)}};
  if (!head.token.empty()) metadata["continue"] = head.token;
  if (head.remaining > 0) metadata["remainingItemCount"] = head.remaining;
  return metadata;
}

json::object version_of(const json::value& object) {
  return {{"resourceVersion", kube::text_at(object, {"metadata", "resourceVersion"})}};
}

std::string in_form(ApiState& state, const Request& request, const json::value& object, bool with_heads) {
  switch (form_of(request)) {
    case Form::table:
      return kube::print_json(
          table_of(*request.kind, {&object}, version_of(object), row_object(request), with_heads, state.clock.now()));
    case Form::metadata:
      return kube::print_json(partial(object));
    case Form::whole:
      break;
  }
  return whole(*request.kind, object);
}

}  // namespace

kube::ApiResponse render_object(ApiState& state, const Request& request, unsigned status, const json::value& object) {
  kube::ApiResponse response;
  response.status = status;
  response.body = in_form(state, request, object, true);
  return response;
}

kube::ApiResponse render_list(ApiState& state, const Request& request, const std::vector<Api::Store::Object>& objects,
                              const ListHead& head) {
  kube::ApiResponse response;
  response.status = 200;
  const Form form = form_of(request);
  if (form == Form::table) {
    std::vector<const json::value*> shown;
    for (const Api::Store::Object& object : objects) shown.push_back(object.get());
    response.body = kube::print_json(
        table_of(*request.kind, shown, metadata_of_list(head), row_object(request), true, state.clock.now()));
    return response;
  }
  const bool is_partial = form == Form::metadata;
  std::string& text = response.body;
  text = fmt::format(R"({{"kind":"{}","apiVersion":"{}","metadata":{},"items":[)",
                     is_partial ? "PartialObjectMetadataList" : request.kind->list_kind,
                     is_partial ? "meta.k8s.io/v1" : request.kind->api_version(),
                     kube::print_json(metadata_of_list(head)));
  bool first = true;
  for (const Api::Store::Object& object : objects) {
    if (!std::exchange(first, false)) text += ',';
    text += is_partial ? kube::print_json(partial(*object)) : item(*request.kind, *object);
  }
  text += "]}";
  return response;
}

std::string render_watched(ApiState& state, const Request& request, const json::value& object, bool first) {
  return in_form(state, request, object, first);
}

}  // namespace sluice::sandbox
