// Turning the history of a kind into watch events.
#include "sandbox/watch_session.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/rendering.h"

namespace sluice::sandbox {

WatchSession::WatchSession(ApiState& state, const Request& request, ObjectFilter filter)
    : state_(state), request_(request), kind_(request.kind), filter_(std::move(filter)) {
  request_.body = {};
}

Outcome<WatchSession> WatchSession::of(ApiState& state, const Request& request) {
  Outcome<ObjectFilter> filter = ObjectFilter::of(request);
  if (!filter) return filter.error();
  const std::string_view match = request.target.option("resourceVersionMatch");
  const std::string_view initial_events = request.target.option("sendInitialEvents");
  std::vector<Cause> causes;
  if (initial_events.empty() && !match.empty())
    causes.push_back(forbidden_field(
        "resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  if (!initial_events.empty() && match != "NotOlderThan")
    causes.push_back(forbidden_field("resourceVersionMatch",
                                     "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  if (!causes.empty()) {
    Kind options;
    options.group = "meta.k8s.io";
    options.kind = "ListOptions";
    return invalid(options, "", std::move(causes));
  }

  WatchSession session(state, request, std::move(*filter));
  session.bookmarks_ = request.target.flag("allowWatchBookmarks");
  const std::string_view text = request.target.option("resourceVersion");
  std::uint64_t version = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), version).ptr != text.data() + text.size()) {
    Kind options;
    options.group = "meta.k8s.io";
    options.kind = "ListOptions";
    return invalid(options, "",
                   {invalid_value("resourceVersion", quoted(text),
                                  "strconv.ParseUint: parsing " + quoted(text) + ": invalid syntax")});
  }
  const bool initial = initial_events == "true" || (initial_events.empty() && version == 0);
  if (!initial) {
    session.position_ = version == 0 ? state.store.version() : version;
    return session;
  }
  session.position_ = state.store.version();
  session.marks_initial_end_ = initial_events == "true" && session.bookmarks_;
  for (const auto& [key, object] : state.store.collection(session.kind_->storage).objects)
    if (session.filter_.matches(key, *object)) session.initial_.push_back(object);
  return session;
}

std::string WatchSession::line(std::string_view type, const json::value& object) {
  return fmt::format(R"({{"type":"{}","object":{}}})", type,
                     render_watched(state_, request_, object, std::exchange(first_, false)));
}

// An object that begins or ceases to match appears or disappears; of one that ceases, the state that matched is shown.
std::optional<std::string> WatchSession::line_of(const Change& change) {
  const bool matched = change.before && filter_.matches(change.key, *change.before);
  if (change.type == kube::WatchType::deleted)
    return matched ? std::optional(line("DELETED", *change.after)) : std::nullopt;
  const bool matches = filter_.matches(change.key, *change.after);
  if (matches) return line(matched ? "MODIFIED" : "ADDED", *change.after);
  if (!matched) return std::nullopt;
  json::value last = *change.before;
  last.as_object()["metadata"].as_object()["resourceVersion"] = std::to_string(change.version);
  return line("DELETED", last);
}

std::optional<std::string> WatchSession::poll() {
  if (finished_) return std::nullopt;
  if (!initial_.empty()) {
    const Api::Store::Object object = std::move(initial_.front());
    initial_.pop_front();
    return line("ADDED", *object);
  }
  if (std::exchange(marks_initial_end_, false)) {
    return fmt::format(
        R"({{"type":"BOOKMARK","object":{{"kind":"{}","apiVersion":"{}","metadata":{{"resourceVersion":"{}",)"
        R"("annotations":{{"k8s.io/initial-events-end":"true"}}}}}}}})",
        kind_->kind, kind_->api_version(), position_);
  }
  const Api::Store::Collection& collection = state_.store.collection(kind_->storage);
  if (position_ < (reached_now_ ? collection.last_dropped : collection.forgotten)) {
    finished_ = true;
    const Refusal gone = expired(fmt::format("too old resource version: {} ({})", position_, collection.forgotten));
    return fmt::format(R"({{"type":"ERROR","object":{}}})", json::serialize(status_of(gone)));
  }
  auto change = std::upper_bound(collection.history.begin(), collection.history.end(), position_,
                                 [](std::uint64_t version, const Change& entry) { return version < entry.version; });
  for (; change != collection.history.end(); ++change) {
    position_ = change->version;
    std::optional<std::string> text = line_of(*change);
    if (text) return text;
  }
  position_ = std::max(position_, state_.store.version());
  reached_now_ = true;
  return std::nullopt;
}

std::optional<std::string> WatchSession::bookmark() {
  if (!bookmarks_ || finished_) return std::nullopt;
  return fmt::format(
      R"({{"type":"BOOKMARK","object":{{"kind":"{}","apiVersion":"{}","metadata":{{"resourceVersion":"{}"}}}}}})",
      kind_->kind, kind_->api_version(), position_);
}

}  // namespace sluice::sandbox
