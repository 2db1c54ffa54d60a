// What the Elastic Load Balancing API of AWS answers, read from its XML.
#include "traffic/aws/answers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace sluice::traffic {
namespace {

using analysis::XmlElement;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::array<std::string_view, 6> asks_for_patience{
    "Throttling",           "ThrottlingException",      "ThrottledException",
    "RequestLimitExceeded", "TooManyRequestsException", "RequestThrottled"};
constexpr std::array<std::string_view, 7> bad_credentials{
    "ExpiredToken",        "InvalidClientTokenId",        "SignatureDoesNotMatch",
    "IncompleteSignature", "UnrecognizedClientException", "MissingAuthenticationToken",
    "InvalidAccessKeyId"};

bool is_one_of(std::string_view word, const auto& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Fault fault_of(unsigned status, std::string_view code) {
  if (status == 429 || is_one_of(code, asks_for_patience)) return Fault::throttled;
  if (is_one_of(code, bad_credentials)) return Fault::unauthorized;
  if (code.ends_with("NotFound")) return Fault::not_found;
  if (status >= 500 || code == "ServiceUnavailable" || code == "InternalFailure") return Fault::unavailable;
  if (status == 403 || code.starts_with("AccessDenied") || code == "UnauthorizedOperation") return Fault::forbidden;
  return Fault::invalid;
}

Error refusal(std::string_view action, unsigned status, std::string_view body) {
  std::string code, message;
  if (const Result<XmlElement> root = analysis::read_xml(body)) {
    const XmlElement* error = root->find("Error");
    if (const XmlElement* errors = root->find("Errors"); !error && errors) error = errors->find("Error");
    if (error) {
      code = error->text_of("Code").substr(0, 64);
      message = error->text_of("Message").substr(0, 300);
    }
  }
  std::string text = fmt::format("{} was answered with {}", action, status);
  if (!code.empty()) text += " " + code;
  if (!message.empty()) text += ": " + message;
  return {fault_of(status, code), std::move(text)};
}

// The members of a list; nothing when there is no such list.
const std::vector<XmlElement>& members(const XmlElement& in, std::string_view list) {
  static const std::vector<XmlElement> none;
  const XmlElement* found = in.find(list);
  return found ? found->children : none;
}

int number(std::string_view text, int otherwise) {
  int value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void read_forward(const XmlElement& action, ElbRule& rule) {
  const XmlElement* config = action.find("ForwardConfig");
  if (config)
    for (const XmlElement& group : members(*config, "TargetGroups"))
      rule.groups.push_back({std::string(group.text_of("TargetGroupArn")), number(group.text_of("Weight"), 1)});
  const std::string_view only = action.text_of("TargetGroupArn");
  if (rule.groups.empty() && !only.empty()) rule.groups.push_back({std::string(only), 1});
}

}  // namespace

Result<XmlElement> read_elb_answer(std::string_view action, unsigned status, std::string_view body) {
  if (status / 100 != 2) return refusal(action, status, body);
  Result<XmlElement> root = analysis::read_xml(body);
  if (!root) return Error{Fault::internal, fmt::format("{}: {}", action, root.error().message)};
  const std::string name = fmt::format("{}Result", action);
  for (XmlElement& child : root->children)
    if (child.name == name) return std::move(child);
  return Error{Fault::internal, fmt::format("{}: the answer holds no {}", action, name)};
}

std::string next_marker(const XmlElement& result) { return std::string(result.text_of("NextMarker")); }

std::vector<ElbLoadBalancer> read_load_balancers(const XmlElement& result) {
  std::vector<ElbLoadBalancer> balancers;
  for (const XmlElement& member : members(result, "LoadBalancers"))
    balancers.push_back({std::string(member.text_of("LoadBalancerName")),
                         std::string(member.text_of("LoadBalancerArn")), std::string(member.text_of("DNSName"))});
  return balancers;
}

std::vector<std::string> read_listener_arns(const XmlElement& result) {
  std::vector<std::string> arns;
  for (const XmlElement& member : members(result, "Listeners")) arns.emplace_back(member.text_of("ListenerArn"));
  return arns;
}

std::vector<ElbRule> read_rules(const XmlElement& result) {
  std::vector<ElbRule> rules;
  for (const XmlElement& member : members(result, "Rules")) {
    ElbRule rule{std::string(member.text_of("RuleArn")), {}};
    for (const XmlElement& action : members(member, "Actions"))
      if (action.text_of("Type") == "forward") read_forward(action, rule);
    if (rule.groups.empty()) continue;
    for (const XmlElement& condition : members(member, "Conditions")) {
      const XmlElement* header = condition.find("HttpHeaderConfig");
      if (!header) continue;
      HeaderCondition made{std::string(header->text_of("HttpHeaderName")), {}};
      for (const XmlElement& value : members(*header, "Values")) made.values.push_back(value.text);
      rule.headers.push_back(std::move(made));
    }
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::map<std::string, std::string> read_tags(const XmlElement& result, std::string_view key) {
  std::map<std::string, std::string> values;
  for (const XmlElement& member : members(result, "TagDescriptions")) {
    std::string& value = values[std::string(member.text_of("ResourceArn"))];
    for (const XmlElement& tag : members(member, "Tags"))
      if (tag.text_of("Key") == key) value = tag.text_of("Value");
  }
  return values;
}

std::vector<RegisteredTarget> read_targets(const XmlElement& result) {
  std::vector<RegisteredTarget> targets;
  for (const XmlElement& member : members(result, "TargetHealthDescriptions")) {
    const XmlElement* health = member.find("TargetHealth");
    const XmlElement* target = member.find("Target");
    if (!target || (health && health->text_of("State") == "draining")) continue;
    targets.push_back({std::string(target->text_of("Id")), number(target->text_of("Port"), 0)});
  }
  return targets;
}

}  // namespace sluice::traffic
