// How stored objects are shown to a client: whole, and in the version of the kind that was asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kube/transport.h"
#include "sandbox/api_state.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

struct ListHead {
  std::uint64_t version = 0;
  std::string token;          // where the next page begins; "" on the last one
  std::size_t remaining = 0;  // objects after this page; 0 when not known
};

kube::ApiResponse render_object(ApiState& state, const Request& request, unsigned status, const json::value& object);
kube::ApiResponse render_list(ApiState& state, const Request& request, const std::vector<Api::Store::Object>& objects,
                              const ListHead& head);
// One object as a watch sends it. `first` for the first event of a stream.
std::string render_watched(ApiState& state, const Request& request, const json::value& object, bool first);

}  // namespace sluice::sandbox
