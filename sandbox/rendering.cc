// JSON text of objects and lists.
#include "sandbox/rendering.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/refusal.h"

namespace sluice::sandbox {
namespace {

std::string whole(const Kind& kind, const json::value& object) {
  if (kube::text_at(object, {"apiVersion"}) == kind.api_version()) return kube::print_json(object);
  json::value served = object;
  served.as_object()["apiVersion"] = kind.api_version();
  return kube::print_json(served);
}

}  // namespace

kube::ApiResponse render_object(ApiState&, const Request& request, unsigned status, const json::value& object) {
  kube::ApiResponse response;
  response.status = status;
  response.body = whole(*request.kind, object);
  return response;
}

kube::ApiResponse render_list(ApiState&, const Request& request, const std::vector<Api::Store::Object>& objects,
                              const ListHead& head) {
  kube::ApiResponse response;
  response.status = 200;
  std::string& text = response.body;
  text = fmt::format(R"({{"kind":"{}","apiVersion":"{}","metadata":{{"resourceVersion":"{}")", request.kind->list_kind,
                     request.kind->api_version(), head.version);
  if (!head.token.empty()) text += fmt::format(R"(,"continue":"{}")", head.token);
  if (head.remaining > 0) text += fmt::format(R"(,"remainingItemCount":{})", head.remaining);
  text += R"(},"items":[)";
  bool first = true;
  for (const Api::Store::Object& object : objects) {
    if (!std::exchange(first, false)) text += ',';
    text += whole(*request.kind, *object);
  }
  text += "]}";
  return response;
}

std::string render_watched(ApiState&, const Request& request, const json::value& object, bool) {
  return whole(*request.kind, object);
}

}  // namespace sluice::sandbox
