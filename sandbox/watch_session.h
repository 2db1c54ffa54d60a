// One watch as a value: which line comes next, given what has been committed.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "sandbox/api_state.h"
#include "sandbox/object_filter.h"
#include "sandbox/request.h"

namespace sluice::sandbox {

class WatchSession {
 public:
  // Where the watch begins, from the request's resourceVersion and sendInitialEvents. Refused when these make no sense.
  static Outcome<WatchSession> of(ApiState& state, const Request& request);

  // The next line, without its line feed; nullopt when nothing is there to tell now.
  std::optional<std::string> poll();
  // A BOOKMARK line at the version that was reached; nullopt when the client did not ask for bookmarks.
  std::optional<std::string> bookmark();
  // True after a line that ends the watch (ERROR).
  bool is_finished() const { return finished_; }
  const std::string& collection() const { return kind_->storage; }

 private:
  WatchSession(ApiState& state, const Request& request, ObjectFilter filter);
  std::string line(std::string_view type, const json::value& object);
  std::optional<std::string> line_of(const Change& change);

  ApiState& state_;
  Request request_;  // without its body
  KindPtr kind_;
  ObjectFilter filter_;
  std::uint64_t position_ = 0;  // every change up to here has been told
  std::deque<Api::Store::Object> initial_;
  bool marks_initial_end_ = false;
  bool bookmarks_ = false;
  bool finished_ = false;
  bool first_ = true;
  bool reached_now_ = false;  // has once told everything, so that only changes of this kind can be missed
};

}  // namespace sluice::sandbox
