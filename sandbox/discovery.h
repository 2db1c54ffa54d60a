// What a client can learn about the API itself: its groups, kinds, schemas, version and health.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "kube/transport.h"
#include "sandbox/api_state.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

namespace json = boost::json;

// The answer for a path that is not about objects; nullopt when there is no such page.
std::optional<kube::ApiResponse> serve_discovery(const ApiState& state, const kube::ApiRequest& request,
                                                 const Target& target);

// The verbs that discovery names for a kind, and for its subresources.
struct Served {
  std::string name;  // "pods" or "pods/status"
  std::string group;
  std::string version;
  std::string kind;
  std::vector<std::string> verbs;
};
std::vector<Served> served_resources(const Kind& kind);

// The schemas of a group's version as an OpenAPI 3 document. (sandbox/open_api.cc)
json::value open_api_document(const ApiState& state, std::string_view group, std::string_view version);

}  // namespace sluice::sandbox
