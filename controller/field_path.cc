// Field paths of Rollouts.
#include "controller/field_path.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/json.h"

namespace sluice::controller {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

// The key of "metadata.labels['key']"; nullopt for other paths.
std::optional<std::string_view> subscript(std::string_view path, std::string_view map) {
  if (!path.starts_with(map) || path.size() < map.size() + 5) return std::nullopt;
  path.remove_prefix(map.size());
  if (!path.starts_with("['") || !path.ends_with("']")) return std::nullopt;
  return path.substr(2, path.size() - 4);
}

// All entries as the downward API prints them: one `key="value"` a line, sorted.
std::string all_entries(const json::value* map) {
  std::vector<std::string> lines;
  if (map && map->is_object())
    for (const auto& [key, value] : map->get_object())
      lines.push_back(fmt::format("{}={}", std::string_view(key), json::serialize(value)));
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, "\n"));
}

Result<std::string> metadata_value(const json::value& rollout, std::string_view path) {
  for (const std::string_view map : {"labels", "annotations"}) {
    const std::string prefix = "metadata." + std::string(map);
    const json::value* entries = kube::find_at(rollout, {"metadata", map});
    if (path == prefix) return all_entries(entries);
    if (const auto key = subscript(path, prefix))
      return std::string(entries ? kube::text_at(*entries, {*key}) : std::string_view());
  }
  for (const std::string_view name : {"name", "namespace", "uid"})
    if (path == "metadata." + std::string(name)) return std::string(kube::text_at(rollout, {"metadata", name}));
  return Error{Fault::invalid, fmt::format("unsupported fieldPath: {}", path)};
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t end = path.find_first_of(".[]");
    if (const std::string_view part = path.substr(0, end); !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return parts;
}

}  // namespace

Result<std::string> field_value(const json::value& rollout, std::string_view path) {
  if (path.starts_with("metadata")) return metadata_value(rollout, path);
  const json::value* at = &rollout;
  for (const std::string_view part : parts_of(path)) {
    if (at->is_array()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
      if (error != std::errc{} || end != part.data() + part.size())
        return Error{Fault::invalid, fmt::format("invalid index '{}'", part)};
      if (index >= at->get_array().size()) return Error{Fault::invalid, fmt::format("index {} out of range", index)};
      at = &at->get_array()[index];
      continue;
    }
    at = at->is_object() ? at->get_object().if_contains(part) : nullptr;
    if (!at) return Error{Fault::invalid, fmt::format("invalid path {} in rollout", path)};
  }
  if (at->is_string()) return std::string(at->get_string());
  if (at->is_number()) return kube::print_json(*at);
  if (at->is_bool()) return std::string(at->get_bool() ? "true" : "false");
  return Error{Fault::invalid, fmt::format("path {} in rollout must terminate in a primitive value", path)};
}

}  // namespace sluice::controller
