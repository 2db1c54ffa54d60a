// Printing like Go.
#include "sandbox/go_text.h"

#include <map>

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::sandbox {

std::string go_text(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "<nil>";
  std::string text;
  if (value.is_array()) {
    for (const boost::json::value& item : value.get_array()) text += (text.empty() ? "" : " ") + go_text(item);
    return "[" + text + "]";
  }
  if (!value.is_object()) return kube::print_json(value);
  std::map<std::string, std::string> members;
  for (const auto& member : value.get_object()) members[std::string(member.key())] = go_text(member.value());
  for (const auto& [name, shown] : members) text += (text.empty() ? "" : " ") + name + ":" + shown;
  return "map[" + text + "]";
}

}  // namespace sluice::sandbox
