// A watch as a stream of lines that waits for changes, for bookmarks and for its end.
#pragma once

#include <memory>

#include "kube/transport.h"
#include "sandbox/api_state.h"
#include "sandbox/request.h"
#include "sandbox/watch_session.h"

namespace sluice::sandbox {

// The stream ends after the request's timeoutSeconds, or after half an hour to an hour. `state` outlives it.
std::unique_ptr<kube::LineStream> make_watch_lines(ApiState& state, const Request& request, WatchSession session);

}  // namespace sluice::sandbox
