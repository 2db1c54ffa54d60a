// Makes keys and certificates with OpenSSL.
#include "kube/http/certificate.h"

#include <chrono>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "kube/http/tls_context.h"

namespace sluice::kube {

namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;

Error failed(const char* what) { return {Fault::internal, fmt::format("{}: {}", what, openssl_reason())}; }

std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// "DNS:localhost,IP:127.0.0.1".
std::string alternative_names(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) {
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(name, not_an_address);
    all += fmt::format("{}{}:{}", all.empty() ? "" : ",", not_an_address ? "DNS" : "IP", name);
  }
  return all;
}

void set_time(ASN1_TIME* to, Time time) {
  ASN1_TIME_set(to, std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

// Everything but the issuer, the extensions and the signature.
Result<X509Ptr> blank_certificate(const CertificateRequest& request, EVP_PKEY* key) {
  X509Ptr certificate(X509_new());
  unsigned char serial[8];
  if (!certificate || RAND_bytes(serial, sizeof serial) != 1) return failed("cannot make a certificate");
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  X509_set_version(certificate.get(), 2);  // counted from zero: version 3
  set_time(X509_getm_notBefore(certificate.get()), request.not_before);
  set_time(X509_getm_notAfter(certificate.get()), request.not_after);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  for (const std::string& organization : request.organizations) add_name(subject, "O", organization);
  add_name(subject, "CN", request.common_name);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

Result<Certificate> finish(X509* certificate, EVP_PKEY* key, EVP_PKEY* signer) {
  if (X509_sign(certificate, signer, EVP_sha256()) == 0) return failed("cannot sign a certificate");
  return Certificate{pem_of(certificate), pem_of(key)};
}

template <class T, class Read>
T* read_pem(const std::string& pem, Read read) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return read(bio.get(), nullptr, nullptr, nullptr);
}

}  // namespace

Result<Certificate> make_authority(CertificateRequest request) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return failed("cannot make a key");
  auto certificate = blank_certificate(request, key.get());
  if (!certificate) return certificate.error();
  X509* made = certificate->get();
  X509_set_issuer_name(made, X509_get_subject_name(made));
  if (!add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(made, made, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature") ||
      !add_extension(made, made, NID_subject_key_identifier, "hash"))
    return failed("cannot describe a certificate authority");
  return finish(made, key.get(), key.get());
}

Result<Certificate> make_certificate(const Certificate& authority, CertificateRequest request) {
  const X509Ptr issuer(read_pem<X509>(authority.certificate_pem, PEM_read_bio_X509));
  const KeyPtr signer(read_pem<EVP_PKEY>(authority.key_pem, PEM_read_bio_PrivateKey));
  if (!issuer || !signer) return failed("cannot read the certificate authority");
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return failed("cannot make a key");
  auto certificate = blank_certificate(request, key.get());
  if (!certificate) return certificate.error();
  X509* made = certificate->get();
  X509_set_issuer_name(made, X509_get_subject_name(issuer.get()));
  if (!add_extension(made, issuer.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !add_extension(made, issuer.get(), NID_key_usage, "critical,digitalSignature") ||
      !add_extension(made, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth") ||
      !add_extension(made, issuer.get(), NID_authority_key_identifier, "keyid"))
    return failed("cannot describe a certificate");
  if (!request.names.empty() &&
      !add_extension(made, issuer.get(), NID_subject_alt_name, alternative_names(request.names)))
    return failed("cannot name the hosts of a certificate");
  return finish(made, key.get(), signer.get());
}

}  // namespace sluice::kube
