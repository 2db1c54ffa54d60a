// OpenSSL objects behind tls.h, for the files that make connections and certificates.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "kube/http/tls.h"

namespace sluice::kube {

template <auto free>
struct OpensslFree {
  void operator()(auto* object) const { free(object); }
};
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

class TlsContext {
 public:
  explicit TlsContext(boost::asio::ssl::context made) : context(std::move(made)) {}
  boost::asio::ssl::context context;
  std::string server_name;  // overrides the host of the URL
  bool verify = true;
};

// The reason of OpenSSL's last failure on this thread, and forgets it.
std::string openssl_reason();

// The slot of an SSL in which the verify callback leaves what it objects to (a std::string*).
int complaint_index();

}  // namespace sluice::kube
