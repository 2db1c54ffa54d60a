// A TLS connection as a ByteStream, on Asio's ssl::stream.
#include "kube/http/tls_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/x509v3.h>

#include "kube/http/socket.h"
#include "kube/http/tls_context.h"
#include "kube/http/watchdog.h"

namespace sluice::kube {

namespace ssl = net::ssl;
using net::ip::tcp;

namespace {

class TlsStream final : public ByteStream {
 public:
  TlsStream(tcp::socket socket, std::shared_ptr<TlsContext> context)
      : context_(std::move(context)), stream_(std::move(socket), context_->context), watchdog_(stream_.next_layer()) {
    SSL_set_ex_data(stream_.native_handle(), complaint_index(), &complaint_);
  }

  // Before a client's handshake: which name the certificate must carry. Addresses are checked but not sent (no SNI).
  void expect(const std::string& host) {
    boost::system::error_code not_an_address;
    net::ip::make_address(host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
    if (!context_->verify) return;
    X509_VERIFY_PARAM* checks = SSL_get0_param(stream_.native_handle());
    if (not_an_address) {
      X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      X509_VERIFY_PARAM_set1_host(checks, host.c_str(), host.size());
    } else {
      X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str());
    }
  }

  net::awaitable<Result<>> shake_hands(ssl::stream_base::handshake_type side, Deadline deadline) {
    const Watchdog::Guard guard(watchdog_, Watchdog::writing, deadline);
    boost::system::error_code error;
    co_await stream_.async_handshake(side, net::redirect_error(net::use_awaitable, error));
    if (error) co_return error_of(error);
    co_return Result<>{};
  }

  net::awaitable<Result<std::size_t>> read_some(char* to, std::size_t size, Deadline deadline) override {
    const Watchdog::Guard guard(watchdog_, Watchdog::reading, deadline);
    boost::system::error_code error;
    const std::size_t got =
        co_await stream_.async_read_some(net::buffer(to, size), net::redirect_error(net::use_awaitable, error));
    // Many servers close without the TLS farewell; whether something is missing is seen from the HTTP framing.
    if (error && error != net::error::eof && error != ssl::error::stream_truncated) co_return error_of(error);
    co_return got;
  }

  net::awaitable<Result<>> write(std::string_view bytes, Deadline deadline) override {
    const Watchdog::Guard guard(watchdog_, Watchdog::writing, deadline);
    boost::system::error_code error;
    co_await net::async_write(stream_, net::buffer(bytes.data(), bytes.size()),
                              net::redirect_error(net::use_awaitable, error));
    if (error) co_return error_of(error);
    co_return Result<>{};
  }

  void close() override {
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }
  void finish_writing() override {
    boost::system::error_code ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }
  bool is_dead() override { return kube::is_dead(stream_.next_layer()); }
  void rest() override { watchdog_.rest(); }

  std::optional<TlsPeer> peer() {
    const X509Ptr certificate(SSL_get1_peer_certificate(stream_.native_handle()));
    if (!certificate) return std::nullopt;
    TlsPeer peer;
    X509_NAME* name = X509_get_subject_name(certificate.get());
    for (int at = 0; at < X509_NAME_entry_count(name); ++at) {
      X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, at);
      const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
      std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                       static_cast<std::size_t>(ASN1_STRING_length(value)));
      const int what = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
      if (what == NID_commonName) peer.common_name = std::move(text);
      if (what == NID_organizationName) peer.organizations.push_back(std::move(text));
    }
    return peer;
  }

 private:
  Error error_of(const boost::system::error_code& error) const {
    if (!complaint_.empty()) return {Fault::unavailable, "TLS: " + complaint_};
    if (error == net::error::eof || error == ssl::error::stream_truncated)
      return {Fault::unavailable, "TLS: the connection was closed during the handshake"};
    if (error.category() != net::error::get_ssl_category()) return watchdog_.error_of(error);
    const std::string reason = error.message();
    if (reason.find("wrong version number") != std::string::npos || reason.find("http request") != std::string::npos)
      return {Fault::unavailable, "TLS: the other side does not speak TLS; is the scheme http instead of https?"};
    if (reason.find(" alert ") != std::string::npos)
      return {Fault::unavailable, fmt::format("TLS: the other side refused: {}", reason)};
    return {Fault::unavailable, fmt::format("TLS: {}", reason)};
  }

  std::shared_ptr<TlsContext> context_;
  std::string complaint_;  // what the verify callback objected to
  ssl::stream<tcp::socket> stream_;
  Watchdog watchdog_;
};

}  // namespace

net::awaitable<Result<std::unique_ptr<ByteStream>>> connect_tls(tcp::socket socket, std::shared_ptr<TlsContext> context,
                                                                std::string host, Deadline deadline) {
  if (!context->server_name.empty()) host = context->server_name;
  auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(context));
  stream->expect(host);
  const Result<> shaken = co_await stream->shake_hands(ssl::stream_base::client, deadline);
  if (!shaken) co_return shaken.error();
  co_return std::unique_ptr<ByteStream>(std::move(stream));
}

net::awaitable<Result<AcceptedTls>> accept_tls(tcp::socket socket, std::shared_ptr<TlsContext> context,
                                               Deadline deadline) {
  auto stream = std::make_unique<TlsStream>(std::move(socket), std::move(context));
  const Result<> shaken = co_await stream->shake_hands(ssl::stream_base::server, deadline);
  if (!shaken) co_return shaken.error();
  AcceptedTls accepted;
  accepted.client = stream->peer();
  accepted.stream = std::move(stream);
  co_return std::move(accepted);
}

}  // namespace sluice::kube
