// Replacing what every run makes anew.
#include "test/conformance/normal_form.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <re2/re2.h>

#include "kube/json.h"

namespace sluice::conformance {
namespace {

void erase_at(json::value& value, std::string_view path) {
  const std::size_t dot = std::min(path.find('.'), path.size());
  const std::string name(path.substr(0, dot));
  const std::string_view rest = path.substr(std::min(dot + 1, path.size()));
  if (value.is_array()) {
    if (name == "*")
      for (json::value& item : value.get_array()) erase_at(item, rest);
    return;
  }
  if (!value.is_object()) return;
  const auto at = value.get_object().find(name);
  if (at == value.get_object().end()) return;
  if (rest.empty())
    value.get_object().stable_erase(at);
  else
    erase_at(at->value(), rest);
}

// The causes of a refusal come in any order, so its message is only compared when there is one.
void sort_causes(json::object& status) {
  json::value* details = status.if_contains("details");
  json::value* causes = details && details->is_object() ? details->get_object().if_contains("causes") : nullptr;
  if (!causes || !causes->is_array() || causes->get_array().size() < 2) return;
  std::sort(causes->get_array().begin(), causes->get_array().end(),
            [](const json::value& a, const json::value& b) { return kube::print_json(a) < kube::print_json(b); });
  const auto reason = status.find("reason");
  if (reason != status.end() && reason->value() == json::value("Invalid")) status.erase("message");
}

// Parts of the API's state that depend on what else the server holds.
bool is_address(std::string_view name) { return name == "clusterIP" || name == "clusterIPs"; }

void collect(const json::value& answered, const json::value& recorded, const std::string& path,
             std::vector<std::string>& lines) {
  if (answered == recorded) return;
  if (answered.is_object() && recorded.is_object()) {
    for (const auto& member : answered.get_object()) {
      const json::value* other = recorded.get_object().if_contains(member.key());
      const std::string here = path.empty() ? std::string(member.key()) : path + "." + std::string(member.key());
      if (!other)
        lines.push_back(here + ": " + kube::print_json(member.value()) + ", recorded nothing");
      else
        collect(member.value(), *other, here, lines);
    }
    for (const auto& member : recorded.get_object())
      if (!answered.get_object().contains(member.key()))
        lines.push_back((path.empty() ? "" : path + ".") + std::string(member.key()) + ": nothing, recorded " +
                        kube::print_json(member.value()));
    return;
  }
  if (answered.is_array() && recorded.is_array() && answered.get_array().size() == recorded.get_array().size()) {
    for (std::size_t i = 0; i < answered.get_array().size(); ++i)
      collect(answered.get_array()[i], recorded.get_array()[i], fmt::format("{}[{}]", path, i), lines);
    return;
  }
  lines.push_back(path + ": " + kube::print_json(answered) + ", recorded " + kube::print_json(recorded));
}

}  // namespace

std::string NormalForm::role(std::map<std::string, std::string>& roles, const std::string& prefix,
                             std::string_view value) {
  return roles.try_emplace(std::string(value), fmt::format("{}-{}", prefix, roles.size() + 1)).first->second;
}

std::string NormalForm::text(std::string_view from, std::string_view name) {
  static const RE2 uid("([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})");
  static const RE2 time("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?Z");
  static const RE2 number("\\b([0-9]{2,})\\b");
  std::string result(from);
  if (name == "resourceVersion") return from.empty() || from == "0" ? result : role(versions_, "version", from);
  if (is_address(name) && from != "None" && !from.empty()) return role(addresses_, "address", from);
  if (name == "continue" && !from.empty()) return "token";
  std::string found;
  while (RE2::PartialMatch(result, uid, &found))
    result.replace(result.find(found), found.size(), role(uids_, "uid", found));
  RE2::GlobalReplace(&result, time, "TIME");
  if (name != "message") return result;
  // Versions stand in messages, too.
  std::string rest = result;
  re2::StringPiece left(rest);
  std::vector<std::string> numbers;
  while (RE2::FindAndConsume(&left, number, &found)) numbers.push_back(found);
  for (const std::string& one : numbers)
    if (const auto at = versions_.find(one); at != versions_.end())
      if (const std::size_t place = result.find(one); place != std::string::npos)
        result.replace(place, one.size(), at->second);
  return result;
}

void NormalForm::visit(json::value& value, std::string_view name) {
  if (value.is_string()) {
    value = json::value(text(value.get_string(), name));
  } else if (name == "nodePort" && value.is_number()) {
    value = json::value(role(ports_, "port", kube::print_json(value)));
  } else if (value.is_array()) {
    for (json::value& item : value.get_array()) visit(item, name);
  } else if (value.is_object()) {
    sort_causes(value.get_object());
    // Versions first, so that messages which name them find them.
    if (json::value* metadata = value.get_object().if_contains("metadata")) visit(*metadata, "metadata");
    for (auto& member : value.get_object())
      if (member.key() != "metadata") visit(member.value(), member.key());
  }
}

json::value NormalForm::of(json::value answer, const std::vector<std::string>& ignore) {
  for (const std::string& path : ignore) erase_at(answer, path);
  visit(answer, "");
  return answer;
}

std::vector<std::string> differences(const json::value& answered, const json::value& recorded, std::size_t most) {
  std::vector<std::string> lines;
  collect(answered, recorded, "", lines);
  if (lines.size() > most) {
    lines.resize(most);
    lines.push_back("...");
  }
  return lines;
}

}  // namespace sluice::conformance
