// Following JSONPath expressions.
#include "sandbox/json_path.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using Places = std::vector<const json::value*>;

Places members(const Places& from, std::string_view name) {
  Places to;
  for (const json::value* value : from)
    if (value->is_object())
      if (const json::value* found = value->get_object().if_contains(name)) to.push_back(found);
  return to;
}

// ?(@.type=="Ready")
bool fulfils(const json::value& item, std::string_view condition) {
  const std::size_t equals = condition.find("==");
  if (!condition.starts_with("?(@.") || !condition.ends_with(")") || equals == std::string_view::npos) return false;
  std::string_view name = condition.substr(4, equals - 4);
  std::string_view wanted = condition.substr(equals + 2, condition.size() - equals - 3);
  while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
  while (!wanted.empty() && wanted.front() == ' ') wanted.remove_prefix(1);
  if (wanted.size() >= 2 && (wanted.front() == '"' || wanted.front() == '\''))
    wanted = wanted.substr(1, wanted.size() - 2);
  return kube::text_at(item, {name}) == wanted;
}

Places inside(const Places& from, std::string_view bracket) {
  if (bracket.size() >= 2 && (bracket.front() == '\'' || bracket.front() == '"'))
    return members(from, bracket.substr(1, bracket.size() - 2));
  Places to;
  for (const json::value* value : from) {
    if (!value->is_array()) continue;
    const json::array& list = value->get_array();
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(bracket.data(), bracket.data() + bracket.size(), index);
    const bool is_index = error == std::errc{} && end == bracket.data() + bracket.size();
    if (is_index && index < list.size()) to.push_back(&list[index]);
    if (is_index) continue;
    for (const json::value& item : list)
      if (bracket == "*" || fulfils(item, bracket)) to.push_back(&item);
  }
  return to;
}

}  // namespace

json::array find_json_path(const json::value& object, std::string_view path) {
  Places places{&object};
  while (!path.empty()) {
    if (path.front() == '.') {
      path.remove_prefix(1);
      continue;
    }
    if (path.front() == '[') {
      const std::size_t end = path.find(']');
      if (end == std::string_view::npos) return {};
      places = inside(places, path.substr(1, end - 1));
      path.remove_prefix(end + 1);
      continue;
    }
    // A dot within a name is written as "\.".
    std::string name;
    std::size_t at = 0;
    for (; at < path.size() && path[at] != '.' && path[at] != '['; ++at) {
      if (path[at] == '\\' && at + 1 < path.size()) ++at;
      name.push_back(path[at]);
    }
    places = members(places, name);
    path.remove_prefix(at);
  }
  json::array found;
  for (const json::value* place : places) found.push_back(*place);
  return found;
}

}  // namespace sluice::sandbox
