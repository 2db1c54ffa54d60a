// The credentials that a container's platform hands out over HTTP: EKS pod identities and ECS tasks.
#pragma once

#include <optional>

#include "analysis/auth/aws_credentials.h"
#include "kube/clock.h"
#include "kube/http/message.h"
#include "kube/kubeconfig.h"
#include "kube/result.h"

namespace sluice::analysis {

// The request that AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI asks for, with the authorization of
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or _TOKEN; nullopt when neither address is set. Fault::invalid for an address
// that is neither HTTPS nor one of the platforms' own, which would send the token in the clear.
std::optional<kube::Result<kube::HttpRequest>> container_credentials_request(const kube::Environment& environment);

// The error never quotes the answer, which may hold credentials.
kube::Result<AssumedRole> read_container_credentials(const kube::HttpResponse& response);

// Asks the platform, and keeps what it gave until shortly before it expires.
class ContainerCredentials {
 public:
  // Both outlive it. The fetcher must be allowed to ask link-local addresses.
  ContainerCredentials(Fetcher& fetcher, kube::Clock& clock) : fetcher_(fetcher), clock_(clock) {}
  net::awaitable<kube::Result<AwsCredentials>> fetch(kube::HttpRequest request);

 private:
  Fetcher& fetcher_;
  kube::Clock& clock_;
  std::optional<AssumedRole> kept_;
};

}  // namespace sluice::analysis
