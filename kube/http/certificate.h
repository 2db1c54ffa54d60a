// Makes keys and certificates, for servers and clients that exist only on this machine.
#pragma once

#include <string>
#include <vector>

#include "kube/http/tls.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::kube {

struct Certificate {
  std::string certificate_pem;
  std::string key_pem;  // EC P-256, PKCS #8
};

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> organizations;
  std::vector<std::string> names;  // DNS names and IP addresses that a server answers to
  Time not_before;
  Time not_after;
};

// An authority that signs itself; `names` is not used.
Result<Certificate> make_authority(CertificateRequest request);
// A certificate for servers and clients, signed by the authority.
Result<Certificate> make_certificate(const Certificate& authority, CertificateRequest request);

}  // namespace sluice::kube
