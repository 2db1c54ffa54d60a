// Walking along paths.
#include "sandbox/field_path.h"

#include <algorithm>

#include <boost/json.hpp>

#include "sandbox/object_parts.h"

namespace sluice::sandbox {

const json::value* find_path(const json::value& object, std::string_view path) {
  if (path.empty()) return nullptr;
  const json::value* at = &object;
  while (!path.empty() && at) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    at = at->is_object() ? at->get_object().if_contains(path.substr(0, dot)) : nullptr;
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return at;
}

void set_path(json::value& object, std::string_view path, json::value value) {
  json::object* at = &object.as_object();
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    at = &object_in(*at, path.substr(0, dot));
    path.remove_prefix(dot + 1);
  }
  (*at)[path] = std::move(value);
}

}  // namespace sluice::sandbox
