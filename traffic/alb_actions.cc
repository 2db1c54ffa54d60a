// The JSON texts in the annotations of an AWS load balancer's Ingress.
#include "traffic/alb_actions.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kube/patch.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;

// The controller reads names of members in either notation: ForwardConfig and forwardConfig.
const json::value* member(const json::value& value, std::string_view name) {
  if (!value.is_object()) return nullptr;
  for (const auto& entry : value.get_object()) {
    const std::string_view key = entry.key();
    if (key.size() == name.size() && key.substr(1) == name.substr(1) && (key[0] | 0x20) == (name[0] | 0x20))
      return &entry.value();
  }
  return nullptr;
}

int number_in(const json::value* value) {
  if (!value) return 1;
  if (value->is_string()) {
    int number = 0;
    const auto& text = value->get_string();
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  return value->is_number() ? static_cast<int>(kube::number_at(json::object{{"n", *value}}, {"n"})) : 0;
}

}  // namespace

std::string forward_action(const std::vector<ForwardTarget>& targets, int port,
                           const std::optional<crds::StickinessConfig>& stickiness) {
  json::array groups;
  for (const ForwardTarget& target : targets)
    groups.push_back(json::object{
        {"ServiceName", target.service}, {"ServicePort", std::to_string(port)}, {"Weight", target.weight}});
  json::object config{{"TargetGroups", std::move(groups)}};
  if (stickiness && stickiness->enabled)
    config["TargetGroupStickinessConfig"] =
        json::object{{"Enabled", true}, {"DurationSeconds", stickiness->duration_seconds}};
  return kube::print_json(json::object{{"Type", "forward"}, {"ForwardConfig", std::move(config)}});
}

std::optional<std::vector<ForwardTarget>> targets_in(std::string_view action) {
  const kube::Result<json::value> read = kube::parse_json(action);
  if (!read) return std::nullopt;
  const json::value* config = member(*read, "ForwardConfig");
  const json::value* groups = config ? member(*config, "TargetGroups") : nullptr;
  if (!groups || !groups->is_array()) return std::nullopt;
  std::vector<ForwardTarget> targets;
  for (const json::value& group : groups->get_array()) {
    const json::value* name = member(group, "ServiceName");
    targets.push_back({name && name->is_string() ? std::string(name->get_string()) : std::string(),
                       number_in(member(group, "Weight"))});
  }
  return targets;
}

std::string header_conditions(const std::vector<crds::HeaderRouteMatch>& headers) {
  struct Condition {
    std::string header;
    json::array values;
  };
  std::vector<Condition> conditions;
  for (const crds::HeaderRouteMatch& match : headers) {
    auto at = std::find_if(conditions.begin(), conditions.end(),
                           [&](const Condition& known) { return known.header == match.header_name; });
    if (at == conditions.end()) at = conditions.insert(at, {match.header_name, {}});
    at->values.push_back(json::string(match.header_value ? match.header_value->exact : std::string()));
  }
  json::array made;
  for (Condition& condition : conditions)
    made.push_back(json::object{{"field", "http-header"},
                                {"httpHeaderConfig", json::object{{"httpHeaderName", condition.header},
                                                                  {"values", std::move(condition.values)}}}});
  return kube::print_json(made);
}

std::vector<HeaderCondition> conditions_in(std::string_view conditions) {
  std::vector<HeaderCondition> made;
  const kube::Result<json::value> read = kube::parse_json(conditions);
  if (!read || !read->is_array()) return made;
  for (const json::value& condition : read->get_array()) {
    const json::value* config = member(condition, "HttpHeaderConfig");
    const json::value* name = config ? member(*config, "HttpHeaderName") : nullptr;
    const json::value* values = config ? member(*config, "Values") : nullptr;
    if (!name || !name->is_string()) continue;
    HeaderCondition header{std::string(name->get_string()), {}};
    if (values && values->is_array())
      for (const json::value& value : values->get_array())
        if (value.is_string()) header.values.emplace_back(value.get_string());
    made.push_back(std::move(header));
  }
  return made;
}

std::string with_record(std::string_view record, const std::string& rollout, const std::vector<std::string>& keys) {
  const kube::Result<json::value> read = kube::parse_json(record);
  json::object all = read && read->is_object() ? read->get_object() : json::object();
  if (keys.empty())
    all.erase(rollout);
  else
    all[rollout] = json::array(keys.begin(), keys.end());
  return all.empty() ? std::string() : kube::print_json(all);
}

std::vector<std::string> keys_in(std::string_view record, const std::string& rollout) {
  std::vector<std::string> keys;
  const kube::Result<json::value> read = kube::parse_json(record);
  const json::value* list = read ? kube::find_at(*read, {rollout}) : nullptr;
  if (list && list->is_array())
    for (const json::value& key : list->get_array())
      if (key.is_string()) keys.emplace_back(key.get_string());
  return keys;
}

bool is_same_text(std::string_view left, std::string_view right) {
  if (left == right) return true;
  const kube::Result<json::value> a = kube::parse_json(left);
  const kube::Result<json::value> b = kube::parse_json(right);
  return a && b && kube::same_json(*a, *b);
}

}  // namespace sluice::traffic
