// Finds the AWS credentials of this process: environment, credentials file, web identity, assumed role.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "analysis/auth/sigv4.h"
#include "analysis/fetch/fetcher.h"
#include "crds/metric_providers.h"
#include "kube/clock.h"
#include "kube/kubeconfig.h"

namespace sluice::analysis {

// AWS_REGION or AWS_DEFAULT_REGION; "" without them.
std::string aws_region_of(const kube::Environment& environment);

struct AwsIdentity {
  AwsCredentials credentials;
  std::string region;
};

// The keys of one profile of an AWS credentials file ("[name]", "key = value"); empty fields without it.
AwsCredentials read_aws_profile(std::string_view file, std::string_view profile);

// What an answer of AssumeRole or AssumeRoleWithWebIdentity gives, and until when it is good.
struct AssumedRole {
  AwsCredentials credentials;
  kube::Time expires;
};
kube::Result<AssumedRole> read_assumed_role(const kube::HttpResponse& response);

// The chain of the SDKs without the metadata service, which is never asked: AWS_ACCESS_KEY_ID and its companions; the
// profile of the shared credentials file; the web identity of a service account (AWS_ROLE_ARN with
// AWS_WEB_IDENTITY_TOKEN_FILE). A roleArn is assumed on top. Temporary credentials are kept until shortly before they
// expire.
class AwsCredentialSource {
 public:
  // `fetcher` and `clock` outlive it. `endpoint` replaces https://sts.<region>.amazonaws.com when it is not empty.
  AwsCredentialSource(Fetcher& fetcher, kube::Clock& clock, kube::Environment environment, std::string endpoint);

  net::awaitable<kube::Result<AwsIdentity>> identity(crds::SigV4Authentication wanted);

 private:
  std::string variable(std::string_view name) const { return environment_(name).value_or(""); }
  net::awaitable<kube::Result<AwsCredentials>> base(std::string profile, std::string region);
  net::awaitable<kube::Result<AwsCredentials>> assume(std::string form, std::string region,
                                                      std::optional<AwsCredentials> signer);

  Fetcher& fetcher_;
  kube::Clock& clock_;
  kube::Environment environment_;
  std::string endpoint_;
  std::map<std::string, AssumedRole> kept_;  // by the form that was sent
};

}  // namespace sluice::analysis
