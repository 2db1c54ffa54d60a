// Gives requests the credentials that are not known before they are sent: tokens and signatures.
#include "analysis/auth/authorizer.h"

#include <fmt/format.h>

#include "analysis/auth/sigv4.h"
#include "kube/percent_encoding.h"

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::size_t most_tokens = 1000;

std::string identity_of(const crds::OAuth2Authentication& wanted, const std::string& ns) {
  std::string text = fmt::format("{}\n{}\n{}\n{}", ns, wanted.token_url, wanted.client_id, wanted.client_secret);
  for (const std::string& scope : wanted.scopes) text += "\n" + scope;
  return text;
}

}  // namespace

void Authorizer::forget_token(const Question& question, const std::string& ns) {
  tokens_.erase(identity_of(question.oauth2, ns));
}

net::awaitable<Result<OAuth2Token>> Authorizer::fetch_token(Question question, std::string ns) {
  if (const auto refused = refusal_of_url(question.oauth2.token_url, "oauth2.tokenUrl"))
    co_return Error{Fault::invalid, *refused};
  Error last;
  for (const OAuth2Style style : {OAuth2Style::header, OAuth2Style::form}) {
    FetchOrder order;
    order.request = oauth2_token_request(question.oauth2, style);
    order.request.deadline = question.request.deadline;
    order.verify = question.verify;
    order.ns = ns;
    const Result<kube::HttpResponse> answer = co_await fetcher_.fetch(std::move(order));
    if (!answer) co_return answer.error();
    Result<OAuth2Token> token = read_oauth2_token(*answer, clock_.now());
    if (token) co_return token;
    last = token.error();
    // Some servers want the client in the form, and refuse the header with one of these.
    if (answer->status != 400 && answer->status != 401) break;
  }
  co_return last;
}

net::awaitable<Result<Authorized>> Authorizer::authorize(Question question, std::string ns) {
  Authorized authorized;
  authorized.request = question.request;
  if (!question.aws_service.empty()) {
    Result<AwsIdentity> identity = co_await aws_.identity(question.aws);
    if (!identity) co_return identity.error();
    authorized.secrets = {identity->credentials.secret_access_key, identity->credentials.session_token};
    authorized.request = sign_for_aws(std::move(authorized.request), {identity->region, question.aws_service},
                                      identity->credentials, clock_.now());
  }
  // A header of the metric wins over the token.
  if (question.oauth2.token_url.empty() || question.request.headers.find("Authorization")) co_return authorized;
  const std::string identity = identity_of(question.oauth2, ns);
  auto known = tokens_.find(identity);
  authorized.with_old_token = known != tokens_.end() && known->second.usable_until > clock_.now();
  OAuth2Token token;
  if (authorized.with_old_token) {
    token = known->second;
  } else {
    const Result<OAuth2Token> fetched = co_await fetch_token(std::move(question), std::move(ns));
    if (!fetched) co_return fetched.error();
    token = *fetched;
    if (tokens_.size() >= most_tokens) tokens_.clear();
    tokens_[identity] = token;
  }
  authorized.request.headers.set("Authorization", token.authorization);
  authorized.secrets.push_back(token.authorization.substr(token.authorization.find(' ') + 1));
  co_return authorized;
}

}  // namespace sluice::analysis
