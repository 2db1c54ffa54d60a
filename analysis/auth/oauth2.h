// OAuth2 client credentials: the request for a token, and what its answer says.
#pragma once

#include <string>

#include "crds/metric_providers.h"
#include "kube/http/message.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::analysis {

struct OAuth2Token {
  std::string authorization;  // "Bearer ...", as the header says it
  kube::Time usable_until;    // some time before the server forgets it
};

// How the client says who it is: servers differ, most take the first.
enum class OAuth2Style { header, form };

kube::HttpRequest oauth2_token_request(const crds::OAuth2Authentication& wanted, OAuth2Style style);

// `now` is when the answer came. The error never quotes the answer, which may hold a token.
kube::Result<OAuth2Token> read_oauth2_token(const kube::HttpResponse& response, kube::Time now);

}  // namespace sluice::analysis
