// Gives requests the credentials that are not known before they are sent: tokens and signatures.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "analysis/auth/aws_credentials.h"
#include "analysis/auth/oauth2.h"
#include "analysis/fetch/fetcher.h"
#include "analysis/providers/inquiry.h"
#include "kube/clock.h"

namespace sluice::analysis {

// A request that may be sent, and what of it must never be shown.
struct Authorized {
  kube::HttpRequest request;
  std::vector<std::string> secrets;
  bool with_old_token = false;  // the token was fetched earlier; the server may have forgotten it
};

class Authorizer {
 public:
  // All outlive the authorizer.
  Authorizer(Fetcher& fetcher, AwsCredentialSource& aws, kube::Clock& clock)
      : fetcher_(fetcher), aws_(aws), clock_(clock) {}

  // `ns` is that of the run. A token is kept until shortly before it expires, and fetched once however many ask at the
  // same time.
  net::awaitable<kube::Result<Authorized>> authorize(Question question, std::string ns);
  // The server did not take the token.
  void forget_token(const Question& question, const std::string& ns);

 private:
  net::awaitable<kube::Result<OAuth2Token>> fetch_token(Question question, std::string ns);

  Fetcher& fetcher_;
  AwsCredentialSource& aws_;
  kube::Clock& clock_;
  std::map<std::string, OAuth2Token> tokens_;  // by namespace, server, client, secret and scopes
};

}  // namespace sluice::analysis
