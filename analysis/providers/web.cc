// Asks any HTTP server and takes a value out of its JSON or text.
#include <array>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/egress.h"
#include "analysis/json_path.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/request_parts.h"
#include "analysis/providers/rows.h"
#include "analysis/providers/shown.h"
#include "analysis/value_json.h"
#include "kube/json.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::int64_t default_timeout = 10;  // seconds
constexpr std::size_t largest_body = std::size_t{64} << 10;

bool is_asked(const crds::MetricProvider& provider) { return provider.web.has_value(); }

std::string method_of(const crds::WebMetric& web) { return web.method.empty() ? "GET" : web.method; }

// The AWS service that a signature is for; "" when the host does not say.
std::string aws_service_of(const std::string& url) {
  if (url.find("aps-workspaces") != std::string::npos) return "aps";
  return url.find(".execute-api.") != std::string::npos ? "execute-api" : "";
}

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::WebMetric& web = *metric.provider.web;
  constexpr std::array<std::string_view, 4> methods{"GET", "HEAD", "POST", "PUT"};
  const std::string method = method_of(web);
  if (web.url.empty()) mistakes.emplace_back("provider.web.url is required");
  if (std::find(methods.begin(), methods.end(), method) == methods.end())
    mistakes.push_back(
        fmt::format("web.method: \"{}\" is not allowed (use GET, HEAD, POST or PUT)", method.substr(0, 64)));
  if (!web.body.empty() && !web.json_body.empty())
    mistakes.emplace_back("use either Body or JSONBody; both cannot exists for WebMetric payload");
  if ((!web.body.empty() || !web.json_body.empty()) && (method == "GET" || method == "HEAD"))
    mistakes.emplace_back("Body/JSONBody can only be used with POST or PUT WebMetric Method types");
  if (std::max(web.body.size(), web.json_body.text.size()) > largest_body)
    mistakes.push_back(fmt::format("web.body: too large (limit {} bytes)", largest_body));
  if (const Result<JsonPath> path = read_json_path(web.json_path); !path && !has_argument(web.json_path))
    mistakes.push_back(path.error().message);
  check_timeout("web.timeoutSeconds", web.timeout_seconds, mistakes);
  check_headers(web.headers, mistakes);
  check_authentication(web.authentication, mistakes);
  if (web.authentication.sigv4 != crds::SigV4Authentication{} && aws_service_of(web.url).empty() &&
      !has_argument(web.url))
    mistakes.emplace_back(
        "web.authentication.sigv4 signs for Amazon Managed Prometheus (aps-workspaces) and API Gateway (execute-api) "
        "only");
}

Result<Turn> ask(const crds::WebMetric& web) {
  if (const auto refused = refusal_of_url(web.url, "web url")) return Error{Fault::invalid, *refused};
  if (const std::string mistake = mistake_in_headers(web.headers); !mistake.empty())
    return Error{Fault::invalid, mistake};
  Question question;
  kube::HttpRequest& request = question.request;
  request.method = method_of(web);
  request.url = web.url;
  request.headers.add("Accept-Encoding", "identity");
  add_headers(request, web.headers, web.authentication.basic_auth);
  request.body = web.json_body.empty() ? web.body : web.json_body.text;
  if (!web.json_body.empty()) request.headers.set("Content-Type", "application/json");
  const std::int64_t timeout = web.timeout_seconds.value_or(default_timeout);
  request.deadline = std::chrono::seconds{timeout > 0 ? timeout : default_timeout};
  question.verify = !web.insecure;
  question.oauth2 = web.authentication.oauth2;
  question.aws = web.authentication.sigv4;
  if (question.aws != crds::SigV4Authentication{}) question.aws_service = aws_service_of(web.url);
  return Turn{std::move(question)};
}

Result<Turn> converse(const Inquiry& inquiry) {
  const crds::WebMetric& web = *inquiry.metric.provider.web;
  if (inquiry.answers.empty()) return ask(web);
  const kube::HttpResponse& response = inquiry.answers.back();
  if (response.status / 100 != 2) return status_error(response.status);
  const Result<json::value> body = kube::parse_json(response.body);
  if (!body) return Turn{Reading{response.body, fmt::format("<text, {} bytes>", response.body.size()), {}}};
  const Result<JsonPath> path = read_json_path(web.json_path.empty() ? "{$}" : web.json_path);
  if (!path) return path.error();
  const Result<std::optional<json::value>> found = find_first(*path, *body);
  if (!found) return Error{Fault::invalid, "Could not find JSONPath in body: " + found.error().message};
  if (!*found) return Error{Fault::invalid, "result of web metric produced no value"};
  const expression::Value value = value_from_json(**found);
  return Turn{Reading{value, shown(value), {}}};
}

}  // namespace

constinit const ProviderKind web_kind{"web", is_asked, check, converse};

}  // namespace sluice::analysis
