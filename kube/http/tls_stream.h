// A TLS connection as a ByteStream.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "kube/http/byte_stream.h"
#include "kube/http/tls.h"

namespace sluice::kube {

// Shakes hands as a client with the server called `host` (a name or an address). The error says what is wrong with the
// server's certificate or who refused whom.
net::awaitable<Result<std::unique_ptr<ByteStream>>> connect_tls(net::ip::tcp::socket socket,
                                                                std::shared_ptr<TlsContext> context, std::string host,
                                                                Deadline deadline);

struct AcceptedTls {
  std::unique_ptr<ByteStream> stream;
  std::optional<TlsPeer> client;
};
net::awaitable<Result<AcceptedTls>> accept_tls(net::ip::tcp::socket socket, std::shared_ptr<TlsContext> context,
                                               Deadline deadline);

}  // namespace sluice::kube
