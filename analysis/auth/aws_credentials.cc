// Finds the AWS credentials of this process: environment, credentials file, web identity, assumed role.
#include "analysis/auth/aws_credentials.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "kube/percent_encoding.h"

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The text of the first element of that name, wherever it stands in the answer.
std::string element(std::string_view xml, std::string_view name) {
  const std::string open = fmt::format("<{}>", name), close = fmt::format("</{}>", name);
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = xml.find(close, begin);
  if (end == std::string_view::npos) return {};
  return std::string(trimmed(xml.substr(begin + open.size(), end - begin - open.size())));
}

}  // namespace

std::string aws_region_of(const kube::Environment& environment) {
  const std::string region = environment("AWS_REGION").value_or("");
  return region.empty() ? environment("AWS_DEFAULT_REGION").value_or("") : region;
}

AwsCredentials read_aws_profile(std::string_view file, std::string_view profile) {
  AwsCredentials credentials;
  bool inside = false;
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    const std::string_view line = trimmed(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
    if (line.starts_with('[')) {
      inside = line == fmt::format("[{}]", profile) || line == fmt::format("[profile {}]", profile);
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!inside || equals == std::string_view::npos || line.starts_with('#')) continue;
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string value(trimmed(line.substr(equals + 1)));
    if (key == "aws_access_key_id") credentials.access_key_id = value;
    if (key == "aws_secret_access_key") credentials.secret_access_key = value;
    if (key == "aws_session_token") credentials.session_token = value;
  }
  return credentials;
}

Result<AssumedRole> read_assumed_role(const kube::HttpResponse& response) {
  if (response.status / 100 != 2) {
    const std::string code = element(response.body, "Code");
    return Error{Fault::unauthorized, fmt::format("aws: the role could not be assumed: {}{}{}", response.status,
                                                  code.empty() ? "" : " ", code.substr(0, 64))};
  }
  AssumedRole role;
  role.credentials = {element(response.body, "AccessKeyId"), element(response.body, "SecretAccessKey"),
                      element(response.body, "SessionToken")};
  const Result<kube::Time> expires = kube::parse_time(element(response.body, "Expiration"));
  if (role.credentials.access_key_id.empty() || role.credentials.secret_access_key.empty() || !expires)
    return Error{Fault::internal, "aws: the answer of the token service holds no credentials"};
  role.expires = *expires;
  return role;
}

AwsCredentialSource::AwsCredentialSource(Fetcher& fetcher, kube::Clock& clock, kube::Environment environment,
                                         std::string endpoint)
    : fetcher_(fetcher), clock_(clock), environment_(std::move(environment)), endpoint_(std::move(endpoint)) {}

net::awaitable<Result<AwsIdentity>> AwsCredentialSource::identity(crds::SigV4Authentication wanted) {
  AwsIdentity identity;
  identity.region = wanted.region;
  if (identity.region.empty()) identity.region = aws_region_of(environment_);
  if (identity.region.empty())
    co_return Error{Fault::invalid, "aws: no region; set AWS_REGION for the controller or sigv4.region in the metric"};
  Result<AwsCredentials> found = co_await base(wanted.profile, identity.region);
  if (!found) co_return found.error();
  identity.credentials = std::move(*found);
  if (wanted.role_arn.empty()) co_return identity;
  std::string form = fmt::format("Action=AssumeRole&Version=2011-06-15&RoleArn={}&RoleSessionName=sluice",
                                 kube::percent_encoded(wanted.role_arn));
  std::optional<AwsCredentials> signer = identity.credentials;
  Result<AwsCredentials> assumed = co_await assume(std::move(form), identity.region, std::move(signer));
  if (!assumed) co_return assumed.error();
  identity.credentials = std::move(*assumed);
  co_return identity;
}

net::awaitable<Result<AwsCredentials>> AwsCredentialSource::base(std::string profile, std::string region) {
  AwsCredentials fixed{variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")};
  if (profile.empty() && !fixed.access_key_id.empty() && !fixed.secret_access_key.empty()) co_return fixed;
  const std::string role = variable("AWS_ROLE_ARN"), token_file = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (profile.empty() && !role.empty() && !token_file.empty()) {
    const std::optional<std::string> token = read_file(token_file);
    if (!token) co_return Error{Fault::invalid, "aws: AWS_WEB_IDENTITY_TOKEN_FILE cannot be read"};
    std::string form = fmt::format(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName=sluice&WebIdentityToken={}",
        kube::percent_encoded(role), kube::percent_encoded(trimmed(*token)));
    co_return co_await assume(std::move(form), std::move(region), std::nullopt);
  }
  std::string path = variable("AWS_SHARED_CREDENTIALS_FILE");
  if (path.empty()) path = variable("HOME") + "/.aws/credentials";
  if (profile.empty()) profile = variable("AWS_PROFILE");
  if (profile.empty()) profile = "default";
  const std::optional<std::string> file = read_file(path);
  fixed = read_aws_profile(file.value_or(""), profile);
  if (!fixed.access_key_id.empty() && !fixed.secret_access_key.empty()) co_return fixed;
  co_return Error{Fault::invalid,
                  fmt::format("aws: no credentials (AWS_ACCESS_KEY_ID, a web identity, or profile \"{}\" of the shared "
                              "credentials file)",
                              profile)};
}

net::awaitable<Result<AwsCredentials>> AwsCredentialSource::assume(std::string form, std::string region,
                                                                   std::optional<AwsCredentials> signer) {
  constexpr kube::Duration margin = std::chrono::minutes{5};
  const std::string identity = region + " " + (signer ? signer->access_key_id : std::string()) + " " + form;
  const auto known = kept_.find(identity);
  if (known != kept_.end() && known->second.expires > clock_.now() + margin) co_return known->second.credentials;
  FetchOrder order;
  order.request.method = "POST";
  order.request.url = endpoint_.empty() ? fmt::format("https://sts.{}.amazonaws.com/", region) : endpoint_;
  order.request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  order.request.body = form;
  order.request.deadline = std::chrono::seconds{10};
  if (signer) order.request = sign_for_aws(std::move(order.request), {region, "sts"}, *signer, clock_.now());
  const Result<kube::HttpResponse> answer = co_await fetcher_.fetch(std::move(order));
  if (!answer) co_return answer.error();
  const Result<AssumedRole> role = read_assumed_role(*answer);
  if (!role) co_return role.error();
  if (kept_.size() > 100) kept_.clear();
  kept_[identity] = *role;
  co_return role->credentials;
}

}  // namespace sluice::analysis
