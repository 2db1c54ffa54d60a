// The credentials that a container's platform hands out over HTTP.
#include "analysis/auth/container_credentials.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/http/url.h"
#include "kube/json.h"

namespace sluice::analysis {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

// The addresses of ECS tasks and EKS pod identities, and this machine: what the SDKs ask without TLS.
constexpr std::array<std::string_view, 6> own_hosts{"127.0.0.1",     "localhost",      "::1",
                                                    "169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

Result<std::string> authorization(const kube::Environment& environment) {
  std::string token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
  if (const std::string path = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or(""); !path.empty()) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return Error{Fault::invalid, "aws: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read"};
    std::ostringstream text;
    text << file.rdbuf();
    token = text.str();
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  }
  if (token.find_first_of("\r\n") != std::string::npos)
    return Error{Fault::invalid, "aws: the container's authorization token holds a line break"};
  return token;
}

}  // namespace

std::optional<Result<kube::HttpRequest>> container_credentials_request(const kube::Environment& environment) {
  const std::string relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").value_or("");
  std::string url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI").value_or("");
  if (!relative.empty()) url = "http://169.254.170.2" + relative;
  if (url.empty()) return std::nullopt;
  const Result<kube::HttpUrl> parsed = kube::parse_http_url(url);
  if (!parsed) return Error{Fault::invalid, "aws: AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL"};
  if (!parsed->tls && std::find(own_hosts.begin(), own_hosts.end(), parsed->host) == own_hosts.end())
    return Error{Fault::invalid,
                 "aws: AWS_CONTAINER_CREDENTIALS_FULL_URI must be https:// or an address of the container's platform"};
  Result<std::string> token = authorization(environment);
  if (!token) return token.error();
  kube::HttpRequest request;
  request.url = std::move(url);
  request.headers.add("Accept", "application/json");
  if (!token->empty()) request.headers.add("Authorization", std::move(*token));
  request.deadline = std::chrono::seconds{5};
  return request;
}

Result<AssumedRole> read_container_credentials(const kube::HttpResponse& response) {
  if (response.status / 100 != 2)
    return Error{Fault::unauthorized,
                 fmt::format("aws: the container's platform gave no credentials: it answered {}", response.status)};
  const Result<json::value> answer = kube::parse_json(response.body);
  const json::value read = answer ? *answer : json::value();
  AssumedRole role;
  role.credentials = {std::string(kube::text_at(read, {"AccessKeyId"})),
                      std::string(kube::text_at(read, {"SecretAccessKey"})),
                      std::string(kube::text_at(read, {"Token"}))};
  const Result<kube::Time> expires = kube::parse_time(kube::text_at(read, {"Expiration"}));
  if (role.credentials.access_key_id.empty() || role.credentials.secret_access_key.empty() || !expires)
    return Error{Fault::internal, "aws: the answer of the container's platform holds no credentials"};
  role.expires = *expires;
  return role;
}

net::awaitable<Result<AwsCredentials>> ContainerCredentials::fetch(kube::HttpRequest request) {
  constexpr kube::Duration margin = std::chrono::minutes{5};
  if (kept_ && kept_->expires > clock_.now() + margin) co_return kept_->credentials;
  FetchOrder order;
  order.request = std::move(request);
  const Result<kube::HttpResponse> answer = co_await fetcher_.fetch(std::move(order));
  if (!answer) co_return answer.error();
  const Result<AssumedRole> role = read_container_credentials(*answer);
  if (!role) co_return role.error();
  kept_ = *role;
  co_return role->credentials;
}

}  // namespace sluice::analysis
