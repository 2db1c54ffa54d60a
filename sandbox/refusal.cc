// Status bodies and their words.
#include "sandbox/refusal.h"

#include <algorithm>
#include <stdexcept>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::sandbox {
namespace {

Refusal about(const Kind& kind, std::string_view name, unsigned code, std::string reason, std::string message) {
  Refusal refusal{code, std::move(reason), std::move(message), true};
  refusal.name = name;
  refusal.group = kind.group;
  refusal.kind = kind.plural;
  return refusal;
}

}  // namespace

void throw_exception_from_error(const Refusal& refusal, const boost::source_location&) {
  throw std::runtime_error("unchecked refusal: " + refusal.message);
}

json::value status_of(const Refusal& refusal) {
  json::object status{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", json::object()}, {"status", "Failure"}};
  status["message"] = refusal.message;
  if (!refusal.reason.empty()) status["reason"] = refusal.reason;
  if (refusal.has_details) {
    json::object details;
    if (!refusal.name.empty()) details["name"] = refusal.name;
    if (!refusal.group.empty()) details["group"] = refusal.group;
    if (!refusal.kind.empty()) details["kind"] = refusal.kind;
    json::array causes;
    for (const Cause& cause : refusal.causes) {
      json::object shown;
      if (!cause.reason.empty()) shown["reason"] = cause.reason;
      if (!cause.message.empty()) shown["message"] = cause.message;
      if (!cause.field.empty()) shown["field"] = cause.field;
      causes.push_back(std::move(shown));
    }
    if (!causes.empty()) details["causes"] = std::move(causes);
    if (refusal.retry_after_seconds > 0) details["retryAfterSeconds"] = refusal.retry_after_seconds;
    status["details"] = std::move(details);
  }
  status["code"] = refusal.code;
  return status;
}

kube::ApiResponse answer(const Refusal& refusal) {
  kube::ApiResponse response = answer(refusal.code, status_of(refusal));
  if (refusal.retry_after_seconds > 0) response.retry_after = kube::seconds(refusal.retry_after_seconds);
  return response;
}

kube::ApiResponse answer(unsigned status, const json::value& body) {
  kube::ApiResponse response;
  response.status = status;
  response.body = kube::print_json(body);
  return response;
}

Refusal bad_request(std::string message) { return {400, "BadRequest", std::move(message)}; }

Refusal internal_error(std::string message) { return {500, "", std::move(message)}; }

Refusal unknown_resource() { return {404, "NotFound", "the server could not find the requested resource", true}; }

Refusal method_not_allowed() {
  return {405, "MethodNotAllowed", "the server does not allow this method on the requested resource", true};
}

Refusal unsupported_media_type(std::string_view accepted) {
  return {415, "UnsupportedMediaType",
          fmt::format("the body of the request was in an unknown format - accepted media types include: {}", accepted)};
}

Refusal not_found(const Kind& kind, std::string_view name) {
  return about(kind, name, 404, "NotFound", fmt::format("{} {} not found", kind.resource_name(), quoted(name)));
}

Refusal already_exists(const Kind& kind, std::string_view name, bool terminating) {
  return about(kind, name, 409, "AlreadyExists",
               fmt::format("{}{} {} already exists", terminating ? "object is being deleted: " : "",
                           kind.resource_name(), quoted(name)));
}

Refusal conflict(const Kind& kind, std::string_view name, std::string_view why) {
  return about(kind, name, 409, "Conflict",
               fmt::format("Operation cannot be fulfilled on {} {}: {}", kind.resource_name(), quoted(name), why));
}

Refusal modified_meanwhile(const Kind& kind, std::string_view name) {
  return conflict(kind, name,
                  "the object has been modified; please apply your changes to the latest version and try again");
}

Refusal forbidden(const Kind& kind, std::string_view name, std::string_view why) {
  return about(kind, name, 403, "Forbidden",
               fmt::format("{} {} is forbidden: {}", kind.resource_name(), quoted(name), why));
}

Refusal invalid(const Kind& kind, std::string_view name, std::vector<Cause> causes) {
  std::vector<std::string> said;
  for (const Cause& cause : causes) {
    std::string text = fmt::format("{}: {}", cause.field, cause.message);
    if (std::find(said.begin(), said.end(), text) == said.end()) said.push_back(std::move(text));
  }
  std::string all = fmt::format("{}", fmt::join(said, ", "));
  if (said.size() > 1) all = "[" + all + "]";
  Refusal refusal =
      about(kind, name, 422, "Invalid", fmt::format("{} {} is invalid: {}", kind.kind_name(), quoted(name), all));
  refusal.kind = kind.kind;
  refusal.causes = std::move(causes);
  return refusal;
}

Refusal expired(std::string message) { return {410, "Expired", std::move(message)}; }

Cause invalid_value(std::string field, std::string_view shown_value, std::string_view why) {
  return {"FieldValueInvalid", fmt::format("Invalid value: {}: {}", shown_value, why), std::move(field)};
}

Cause required_value(std::string field, std::string_view why) {
  return {"FieldValueRequired", why.empty() ? "Required value" : fmt::format("Required value: {}", why),
          std::move(field)};
}

Cause forbidden_field(std::string field, std::string_view why) {
  return {"FieldValueForbidden", fmt::format("Forbidden: {}", why), std::move(field)};
}

Cause duplicate_value(std::string field, std::string_view shown_value) {
  return {"FieldValueDuplicate", fmt::format("Duplicate value: {}", shown_value), std::move(field)};
}

Cause unsupported_value(std::string field, std::string_view shown_value, std::string_view supported) {
  return {"FieldValueNotSupported", fmt::format("Unsupported value: {}: supported values: {}", shown_value, supported),
          std::move(field)};
}

std::string quoted(std::string_view text) { return json::serialize(json::string(text)); }

}  // namespace sluice::sandbox
