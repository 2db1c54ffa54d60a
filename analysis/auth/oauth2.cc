// OAuth2 client credentials: the request for a token, and what its answer says.
#include "analysis/auth/oauth2.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/http/url.h"
#include "kube/json.h"
#include "kube/percent_encoding.h"

namespace sluice::analysis {

namespace json = kube::json;
using kube::Error;
using kube::Fault;

kube::HttpRequest oauth2_token_request(const crds::OAuth2Authentication& wanted, OAuth2Style style) {
  kube::HttpRequest request;
  request.method = "POST";
  request.url = wanted.token_url;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("Accept", "application/json");
  request.body = "grant_type=client_credentials";
  std::string scopes;
  for (const std::string& scope : wanted.scopes) scopes += (scopes.empty() ? "" : " ") + scope;
  if (!scopes.empty()) request.body += "&scope=" + kube::percent_encoded(scopes);
  const std::string id = kube::percent_encoded(wanted.client_id);
  const std::string secret = kube::percent_encoded(wanted.client_secret);
  if (style == OAuth2Style::header)
    request.headers.add("Authorization", kube::basic_authorization(id, secret));
  else
    request.body += "&client_id=" + id + "&client_secret=" + secret;
  return request;
}

kube::Result<OAuth2Token> read_oauth2_token(const kube::HttpResponse& response, kube::Time now) {
  const kube::Result<json::value> body = kube::parse_json(response.body);
  if (response.status / 100 != 2) {
    const std::string why(body ? kube::text_at(*body, {"error"}) : std::string_view());
    return Error{Fault::unauthorized, fmt::format("oauth2: the token server answered {}{}{}", response.status,
                                                  why.empty() ? "" : ": ", why.substr(0, 64))};
  }
  const std::string token(body ? kube::text_at(*body, {"access_token"}) : std::string_view());
  if (token.empty()) return Error{Fault::internal, "oauth2: the token server's answer holds no access_token"};
  std::string type(kube::text_at(*body, {"token_type"}));
  const bool is_bearer = type.empty() || type == "bearer" || type == "BEARER";
  const kube::Duration life = std::chrono::seconds{
      std::clamp<std::int64_t>(kube::number_at(*body, {"expires_in"}, 60), 0, std::int64_t{365} * 24 * 3600)};
  return OAuth2Token{(is_bearer ? "Bearer" : type) + " " + token,
                     now + life - std::min<kube::Duration>(life / 10, std::chrono::minutes{1})};
}

}  // namespace sluice::analysis
