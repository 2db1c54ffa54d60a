// Turns PEM text into OpenSSL settings, and OpenSSL's verdicts into sentences.
#include "kube/http/tls_context.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace sluice::kube {

namespace ssl = boost::asio::ssl;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code ? ERR_reason_error_string(code) : nullptr;
  return reason ? reason : "unknown reason";
}

int complaint_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

Result<std::string> read_pem_file(const std::string& path, const std::string& what) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return Error{Fault::invalid, fmt::format("{} {}: {}", what, path, std::strerror(errno))};
  if (text.str().find("-----BEGIN ") == std::string::npos)
    return Error{Fault::invalid, fmt::format("{} {}: is not PEM (no -----BEGIN line)", what, path)};
  return text.str();
}

namespace {

BioPtr bio_of(const std::string& pem) { return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// Without a passphrase: an encrypted key is refused instead of asking on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

std::vector<X509Ptr> certificates_in(const std::string& pem) {
  std::vector<X509Ptr> all;
  const BioPtr bio = bio_of(pem);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) all.emplace_back(one);
  ERR_clear_error();
  return all;
}

std::string text_of(const ASN1_TIME* time) {
  tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string text_of(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

// The names and addresses that a certificate is valid for.
std::string names_of(X509* certificate) {
  std::string all;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int at = 0; at < sk_GENERAL_NAME_num(names); ++at) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, at);
    if (name->type == GEN_DNS) {
      all += all.empty() ? "" : ", ";
      all.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                 static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD && ASN1_STRING_length(name->d.iPAddress) == 4) {
      const unsigned char* ip = ASN1_STRING_get0_data(name->d.iPAddress);
      all += fmt::format("{}{}.{}.{}.{}", all.empty() ? "" : ", ", ip[0], ip[1], ip[2], ip[3]);
    }
  }
  GENERAL_NAMES_free(names);
  return all.empty() ? "no name at all" : all;
}

std::string complaint_about(X509* certificate, int code) {
  const std::string subject = certificate ? text_of(X509_get_subject_name(certificate)) : "";
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fmt::format("the certificate has expired on {} (subject {})", text_of(X509_get0_notAfter(certificate)),
                         subject);
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fmt::format("the certificate is not valid before {} (subject {})",
                         text_of(X509_get0_notBefore(certificate)), subject);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("the certificate is not for this host but for {}", names_of(certificate));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return fmt::format("the certificate is signed by an unknown authority (subject {}): {}", subject,
                         X509_verify_cert_error_string(code));
    default:
      return fmt::format("{} (subject {})", X509_verify_cert_error_string(code), subject);
  }
}

// Leaves the first objection for whoever reports the failed handshake.
int on_verify(int good, X509_STORE_CTX* store) {
  if (good) return good;
  auto* connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* complaint = static_cast<std::string*>(SSL_get_ex_data(connection, complaint_index()));
  if (complaint && complaint->empty())
    *complaint = complaint_about(X509_STORE_CTX_get_current_cert(store), X509_STORE_CTX_get_error(store));
  return good;
}

Result<> trust(ssl::context& context, const std::string& pem, const char* what) {
  const std::vector<X509Ptr> authorities = certificates_in(pem);
  if (authorities.empty()) return Error{Fault::invalid, fmt::format("{}: holds no PEM certificate", what)};
  X509_STORE* store = SSL_CTX_get_cert_store(context.native_handle());
  for (const X509Ptr& authority : authorities) X509_STORE_add_cert(store, authority.get());
  return {};
}

Result<> show(ssl::context& context, const std::string& certificate_pem, const std::string& key_pem,
              const std::string& who) {
  const std::vector<X509Ptr> chain = certificates_in(certificate_pem);
  if (chain.empty()) return Error{Fault::invalid, fmt::format("{} certificate: holds no PEM certificate", who)};
  const BioPtr bio = bio_of(key_pem);
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) {
    openssl_reason();
    return Error{Fault::invalid, fmt::format("{} key: holds no unencrypted PEM private key", who)};
  }
  SSL_CTX* handle = context.native_handle();
  if (SSL_CTX_use_certificate(handle, chain.front().get()) != 1)
    return Error{Fault::invalid, fmt::format("{} certificate: {}", who, openssl_reason())};
  for (std::size_t at = 1; at < chain.size(); ++at) SSL_CTX_add1_chain_cert(handle, chain[at].get());
  if (SSL_CTX_use_PrivateKey(handle, key.get()) != 1 || SSL_CTX_check_private_key(handle) != 1)
    return Error{Fault::invalid, fmt::format("{} key does not belong to the certificate: {}", who, openssl_reason())};
  return {};
}

ssl::context new_context(ssl::context::method method) {
  ssl::context context(method);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  return context;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> make_client_context(const TlsOptions& options) {
  ssl::context context = new_context(ssl::context::tls_client);
  if (!options.verify) {
    SSL_CTX_set_verify(context.native_handle(), SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(context.native_handle(), SSL_VERIFY_PEER, on_verify);
    if (options.ca_pem.empty()) {
      SSL_CTX_set_default_verify_paths(context.native_handle());
    } else {
      const Result<> trusted = trust(context, options.ca_pem, "CA certificates");
      if (!trusted) return trusted.error();
    }
  }
  if (!options.certificate_pem.empty() || !options.key_pem.empty()) {
    const Result<> shown = show(context, options.certificate_pem, options.key_pem, "client");
    if (!shown) return shown.error();
  }
  auto made = std::make_shared<TlsContext>(std::move(context));
  made->server_name = options.server_name;
  made->verify = options.verify;
  return made;
}

Result<std::shared_ptr<TlsContext>> make_server_context(const TlsServerOptions& options) {
  ssl::context context = new_context(ssl::context::tls_server);
  const Result<> shown = show(context, options.certificate_pem, options.key_pem, "server");
  if (!shown) return shown.error();
  // Clients verify anew on every connection; a resumed session would skip the look at their certificate.
  SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.native_handle(), 0);
  if (!options.client_ca_pem.empty()) {
    const Result<> trusted = trust(context, options.client_ca_pem, "client CA certificates");
    if (!trusted) return trusted.error();
    for (const X509Ptr& authority : certificates_in(options.client_ca_pem))
      SSL_CTX_add_client_CA(context.native_handle(), authority.get());
    SSL_CTX_set_verify(context.native_handle(), SSL_VERIFY_PEER, on_verify);
  }
  return std::make_shared<TlsContext>(std::move(context));
}

}  // namespace sluice::kube
