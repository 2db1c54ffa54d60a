// Reading request bodies.
#include "sandbox/bodies.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/yaml.h"
#include "sandbox/event_forms.h"
#include "sandbox/object_parts.h"
#include "sandbox/protobuf.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t longest_body = 3 << 20;
constexpr std::string_view protobuf_type = "application/vnd.kubernetes.protobuf";

std::string_view media_type(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  return content_type.substr(0, end);
}

std::string shortened(std::string_view text) {
  constexpr std::size_t most = 30;
  return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + " ...";
}

Refusal unrecognized(const Request& request, std::string_view why) {
  return bad_request(fmt::format("the object provided is unrecognized (must be of type {}): {} ({})",
                                 request.kind->kind, why, shortened(request.body)));
}

}  // namespace

Outcome<json::value> value_in_body(const Request& request) {
  if (request.body.size() > longest_body)
    return Refusal{413, "RequestEntityTooLarge", fmt::format("Request entity too large: limit is {}", longest_body)};
  if (media_type(request.content_type) == protobuf_type) {
    kube::Result<json::value> decoded = decode_protobuf(request.body);
    if (!decoded) return unrecognized(request, decoded.error().message);
    return std::move(*decoded);
  }
  const bool yaml = request.content_type.find("yaml") != std::string::npos;
  kube::Result<json::value> value = yaml ? kube::parse_yaml(request.body) : kube::parse_json(request.body);
  if (!value)
    return unrecognized(request, fmt::format("couldn't get version/kind; json parse error: {}", value.error().message));
  return std::move(*value);
}

Outcome<json::value> object_in_body(const Request& request) {
  const std::string_view type = media_type(request.content_type);
  if (!type.empty() && type != "application/json" && type != "application/yaml" && type != "*/*" &&
      type != protobuf_type)
    return unsupported_media_type("application/json, application/yaml, application/vnd.kubernetes.protobuf");
  Outcome<json::value> value = value_in_body(request);
  if (!value) return value;
  if (!value->is_object()) return unrecognized(request, "couldn't get version/kind; it is not an object");
  json::object& object = value->get_object();
  const Kind& kind = *request.kind;
  const std::string_view stated_kind = text_of(object, "kind");
  const std::string_view stated_version = text_of(object, "apiVersion");
  if (kind.custom && stated_kind.empty())
    return unrecognized(request, fmt::format("Object 'Kind' is missing in '{}'", request.body));
  if (kind.custom && stated_version.empty())
    return unrecognized(request, fmt::format("Object 'apiVersion' is missing in '{}'", request.body));
  if (!stated_version.empty() && stated_version != kind.api_version() && request.place.subresource != "scale" &&
      request.place.subresource != "eviction")
    return bad_request(fmt::format("the API version in the data ({}) does not match the expected API version ({})",
                                   stated_version, kind.api_version()));
  if (!stated_kind.empty() && stated_kind != kind.kind && request.place.subresource.empty()) {
    if (!kind.custom)
      return bad_request(
          fmt::format("{} in version \"{}\" cannot be handled as a {}: converting (v1.{}) to (core.{}): "
                      "unknown conversion",
                      stated_kind, kind.version, kind.kind, stated_kind, kind.kind));
    Kind stated;
    stated.group = kind.group;
    stated.kind = stated_kind;
    return invalid(stated, kube::text_at(*value, {"metadata", "name"}),
                   {invalid_value("kind", quoted(stated_kind), "must be " + kind.kind)});
  }
  object["kind"] = kind.kind;
  object["apiVersion"] = kind.api_version();
  if (kind.group == "events.k8s.io") to_core_event(object);
  const json::value* metadata = object.if_contains("metadata");
  if (!metadata || !metadata->is_object()) object["metadata"] = json::object();
  return value;
}

}  // namespace sluice::sandbox
