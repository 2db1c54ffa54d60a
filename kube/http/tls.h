// What must be known to speak TLS, as plain values; OpenSSL stays in the .cc files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kube/result.h"

namespace sluice::kube {

// How a client verifies servers and shows who it is. PEM text, not file names; read_pem_file() fetches it.
struct TlsOptions {
  std::string ca_pem;           // trusted authorities; "" for those of the operating system
  std::string certificate_pem;  // the client's certificate and its chain; "" for none
  std::string key_pem;          // the client's private key
  std::string server_name;      // checked and sent instead of the host of the URL; "" for that host
  bool verify = true;           // false takes any certificate
  bool operator==(const TlsOptions&) const = default;
};

// What a server shows to its clients.
struct TlsServerOptions {
  std::string certificate_pem;  // the certificate first, then its chain
  std::string key_pem;
  std::string client_ca_pem;  // clients may show a certificate of these authorities; "" asks for none
};

// Who a verified client certificate names.
struct TlsPeer {
  std::string common_name;
  std::vector<std::string> organizations;
};

// A PEM file's text. The error names the file and says why it cannot be used; what it holds is "CA certificates",
// "client certificate" or the like, for the message.
Result<std::string> read_pem_file(const std::string& path, const std::string& what);

// OpenSSL's settings made from the options once and shared by connections.
class TlsContext;
Result<std::shared_ptr<TlsContext>> make_client_context(const TlsOptions& options);
Result<std::shared_ptr<TlsContext>> make_server_context(const TlsServerOptions& options);

}  // namespace sluice::kube
