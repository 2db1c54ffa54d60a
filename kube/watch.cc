// Lines of a watch as events.
#include "kube/watch.h"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::kube {
namespace {

std::optional<WatchType> type_named(std::string_view name) {
  if (name == "ADDED") return WatchType::added;
  if (name == "MODIFIED") return WatchType::modified;
  if (name == "DELETED") return WatchType::deleted;
  if (name == "BOOKMARK") return WatchType::bookmark;
  return std::nullopt;
}

// The server ends a watch that it cannot go on with by an event that holds a Status.
Error error_in(const json::value& status) {
  const auto code = number_at(status, {"code"});
  ApiResponse response;
  response.status = code >= 400 && code <= 599 ? static_cast<unsigned>(code) : 500;
  response.body = print_json(status);
  return error_of(response, "watch");
}

Error garbage(std::string_view line, std::string_view why) {
  return {Fault::internal, fmt::format("a line of the watch is no watch event ({}): {}", why, line.substr(0, 120))};
}

Result<std::optional<WatchEvent>> event_in(const std::string& line) {
  Result<json::value> value = parse_json(line);
  if (!value) return garbage(line, value.error().message);
  if (!value->is_object()) return garbage(line, "not an object");
  json::value* object = value->get_object().if_contains("object");
  if (!object || !object->is_object()) return garbage(line, "it has no object");
  const std::string_view name = text_at(*value, {"type"});
  if (name == "ERROR") return error_in(*object);
  const std::optional<WatchType> type = type_named(name);
  if (!type) return garbage(line, "its type is unknown");
  const std::string_view version = text_at(*object, {"metadata", "resourceVersion"});
  if (version.empty()) return garbage(line, "its object has no resourceVersion");
  WatchEvent event;
  event.type = *type;
  event.resource_version = version;
  event.object = std::move(*object);
  return std::optional<WatchEvent>(std::move(event));
}

}  // namespace

net::awaitable<Result<std::optional<WatchEvent>>> WatchStream::next() {
  for (;;) {
    Result<std::optional<std::string>> line = co_await lines_->next();
    if (!line) co_return line.error();
    if (!line->has_value()) co_return std::optional<WatchEvent>();
    if ((*line)->find_first_not_of(" \t\r") == std::string::npos) continue;
    co_return event_in(**line);
  }
}

}  // namespace sluice::kube
