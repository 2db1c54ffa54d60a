// Signs requests as AWS demands it (Signature Version 4).
#pragma once

#include <string>
#include <string_view>

#include "kube/http/message.h"
#include "kube/time.h"

namespace sluice::analysis {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // "" for credentials that last
};

// Where a signature is good.
struct AwsScope {
  std::string region;   // "eu-central-1"
  std::string service;  // "monitoring", "aps"
};

// The request with the headers Host, X-Amz-Date, X-Amz-Security-Token (when there is a token) and Authorization. All
// headers that it has already are signed; the body is signed, too. The URL must be valid.
kube::HttpRequest sign_for_aws(kube::HttpRequest request, const AwsScope& scope, const AwsCredentials& credentials,
                               kube::Time now);

}  // namespace sluice::analysis
