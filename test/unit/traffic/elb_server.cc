// The wire format of AWS' Elastic Load Balancing API on this machine.
#include "elb_server.h"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace sluice::traffic {
namespace {

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return {digest.begin(), digest.end()};
}

std::string hmac(const std::string& key, const std::string& text) {
  std::array<unsigned char, 32> digest{};
  const std::vector<unsigned char> bytes(text.begin(), text.end());
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), digest.data(), nullptr);
  return {digest.begin(), digest.end()};
}

// The text between two words.
std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const std::size_t begin = text.find(open);
  if (begin == std::string::npos) return {};
  return text.substr(begin + open.size(), text.find(close, begin + open.size()) - begin - open.size());
}

std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    plain += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
    at += 2;
  }
  return plain;
}

std::map<std::string, std::string> form_of(const std::string& body) {
  std::map<std::string, std::string> form;
  std::istringstream pairs(body);
  for (std::string pair; std::getline(pairs, pair, '&');) {
    const std::size_t equals = pair.find('=');
    form[decoded(pair.substr(0, equals))] = decoded(pair.substr(equals + 1));
  }
  return form;
}

kube::HttpServerResponse xml(unsigned status, std::string body) {
  kube::HttpServerResponse response;
  response.status = status;
  response.content_type = "text/xml";
  response.body = std::move(body);
  return response;
}

}  // namespace

std::string group_arn_of(const std::string& name) {
  return "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/" + name + "/73e2d6bc24d8a067";
}

std::string error_xml(const std::string& code, const std::string& message) {
  return "<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><Error><Type>Sender</Type>"
         "<Code>" +
         code + "</Code><Message>" + message + "</Message></Error><RequestId>1</RequestId></ErrorResponse>";
}

std::string header_condition_xml(const std::string& header, const std::vector<std::string>& values) {
  std::string text = "<member><Field>http-header</Field><HttpHeaderConfig><Values>";
  for (const std::string& value : values) text += "<member>" + value + "</member>";
  return text + "</Values><HttpHeaderName>" + header + "</HttpHeaderName></HttpHeaderConfig></member>";
}

std::string rule_xml(const std::string& arn, const std::vector<std::pair<std::string, int>>& groups,
                     const std::string& conditions) {
  std::string text = "<member>\n  <IsDefault>false</IsDefault>\n  <Conditions>" + conditions +
                     "</Conditions>\n  <Priority>10</Priority>\n  <Actions><member><Type>forward</Type>";
  if (groups.size() == 1) text += "<TargetGroupArn>" + groups.front().first + "</TargetGroupArn>";
  text += "<ForwardConfig><TargetGroups>";
  for (const auto& [group, weight] : groups)
    text += fmt::format("<member><TargetGroupArn>{}</TargetGroupArn><Weight>{}</Weight></member>", group, weight);
  return text +
         "</TargetGroups><TargetGroupStickinessConfig><Enabled>false</Enabled></TargetGroupStickinessConfig>"
         "</ForwardConfig></member></Actions>\n  <RuleArn>" +
         arn + "</RuleArn></member>";
}

std::string expected_signature(const kube::HttpServerRequest& request, const std::string& secret) {
  const std::string authorization(request.headers.get("Authorization"));
  const std::string scope =
      between(authorization, "Credential=", ",").substr(between(authorization, "Credential=", "/").size() + 1);
  std::string canonical = request.method + "\n" + request.target + "\n\n";
  std::istringstream names(between(authorization, "SignedHeaders=", ","));
  for (std::string name; std::getline(names, name, ';');)
    canonical += name + ":" + std::string(request.headers.get(name)) + "\n";
  canonical += "\n" + between(authorization, "SignedHeaders=", ",") + "\n" + hexadecimal(sha256(request.body));
  const std::string text = "AWS4-HMAC-SHA256\n" + std::string(request.headers.get("X-Amz-Date")) + "\n" + scope + "\n" +
                           hexadecimal(sha256(canonical));
  std::string key = "AWS4" + secret;
  std::istringstream parts(scope);
  for (std::string part; std::getline(parts, part, '/');) key = hmac(key, part);
  return hexadecimal(hmac(key, text));
}

ElbServer::ElbServer(boost::asio::io_context& io)
    : server_(io.get_executor(), {}, [this](kube::HttpServerRequest request, kube::HttpResponder& responder) {
        return serve(std::move(request), responder);
      }) {
  (void)server_.start();
}

boost::asio::awaitable<void> ElbServer::serve(kube::HttpServerRequest request, kube::HttpResponder& responder) {
  kube::HttpServerResponse response = answer(request);
  co_await responder.send(std::move(response));
}

std::string ElbServer::page(const std::string& list, const std::vector<std::string>& members,
                            const std::string& marker) const {
  const std::size_t first = marker.empty() ? 0 : std::stoul(marker);
  std::string text = "<" + list + ">";
  for (std::size_t at = first; at < std::min(first + page_size, members.size()); ++at) text += members[at];
  text += "</" + list + ">";
  if (first + page_size < members.size()) text += fmt::format("<NextMarker>{}</NextMarker>", first + page_size);
  return text;
}

kube::HttpServerResponse ElbServer::answer(const kube::HttpServerRequest& request) {
  const std::map<std::string, std::string> form = form_of(request.body);
  const auto field = [&](const std::string& name) {
    const auto found = form.find(name);
    return found == form.end() ? std::string() : found->second;
  };
  const std::string action = field("Action");
  asked.push_back(action);
  requests.push_back(request);
  if (const std::string given = between(std::string(request.headers.get("Authorization")) + ",", "Signature=", ",");
      request.method != "POST" || field("Version") != "2015-12-01" || given != expected_signature(request, secret) ||
      request.headers.get("X-Amz-Security-Token") != session_token)
    return xml(403, error_xml("SignatureDoesNotMatch", "The request signature we calculated does not match"));
  if (refusal)
    if (auto refused = refusal(action)) return xml(refused->first, std::move(refused->second));
  std::string result;
  const auto find = [&](const std::string& arn) {
    return std::find_if(balancers.begin(), balancers.end(),
                        [&](const ServedBalancer& one) { return one.arn() == arn; });
  };
  if (action == "DescribeLoadBalancers") {
    std::vector<std::string> members;
    for (const ServedBalancer& one : balancers)
      members.push_back(
          fmt::format("<member>\n<LoadBalancerArn>{}</LoadBalancerArn><Scheme>internet-facing</Scheme>"
                      "<LoadBalancerName>{}</LoadBalancerName><State><Code>active</Code></State>"
                      "<DNSName>{}</DNSName><Type>application</Type></member>",
                      one.arn(), one.name, one.dns_name));
    result = page("LoadBalancers", members, field("Marker"));
  } else if (action == "DescribeListeners") {
    const auto one = find(field("LoadBalancerArn"));
    if (one == balancers.end()) return xml(400, error_xml("LoadBalancerNotFound", "Load balancer not found"));
    std::vector<std::string> members;
    for (std::size_t at = 0; at < one->listeners.size(); ++at)
      members.push_back("<member><ListenerArn>" + one->listener_arn(at) + "</ListenerArn><Port>80</Port></member>");
    result = page("Listeners", members, field("Marker"));
  } else if (action == "DescribeRules") {
    for (const ServedBalancer& one : balancers)
      for (std::size_t at = 0; at < one.listeners.size(); ++at)
        if (one.listener_arn(at) == field("ListenerArn")) result = page("Rules", one.listeners[at], field("Marker"));
  } else if (action == "DescribeTags") {
    result = "<TagDescriptions>";
    for (int at = 1; !field(fmt::format("ResourceArns.member.{}", at)).empty(); ++at) {
      if (at > 20) return xml(400, error_xml("ValidationError", "at most 20 resources"));
      const std::string arn = field(fmt::format("ResourceArns.member.{}", at));
      result += "<member><ResourceArn>" + arn + "</ResourceArn><Tags>";
      for (const auto& [key, value] : tags[arn])
        result += "<member><Value>" + value + "</Value><Key>" + key + "</Key></member>";
      result += "</Tags></member>";
    }
    result += "</TagDescriptions>";
  } else if (action == "DescribeTargetHealth") {
    result = "<TargetHealthDescriptions>";
    for (const std::string& target : targets[field("TargetGroupArn")]) result += target;
    result += "</TargetHealthDescriptions>";
  }
  return xml(200, "<?xml version=\"1.0\"?>\n<" + action +
                      "Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\">\n<" + action +
                      "Result>" + result + "</" + action +
                      "Result>\n<ResponseMetadata><RequestId>f9880f01</RequestId></ResponseMetadata></" + action +
                      "Response>");
}

}  // namespace sluice::traffic
