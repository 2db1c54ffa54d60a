// A connection as a stream of bytes, plain or TLS, where every wait has a deadline.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "kube/result.h"
#include "kube/time.h"

namespace sluice::kube {

namespace net = boost::asio;

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline no_deadline = Deadline::max();
Deadline deadline_after(Duration length);
// True when that moment has passed.
bool is_over(Deadline deadline);

// One read and one write may wait at the same time. A missed deadline closes the stream. Messages of errors say only
// what happened ("connection reset by peer"); the caller adds to whom. Fault::timeout, cancelled or unavailable.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // At least one byte, or 0 at the end of the stream. The memory outlives the call.
  virtual net::awaitable<Result<std::size_t>> read_some(char* to, std::size_t size, Deadline deadline) = 0;
  // All of the bytes, which outlive the call.
  virtual net::awaitable<Result<>> write(std::string_view bytes, Deadline deadline) = 0;
  // Ends what waits; it answers Fault::cancelled.
  virtual void close() = 0;
  // Tells the other side that nothing more will be written.
  virtual void finish_writing() = 0;
  // True when the other side has closed the connection or it broke; looks without waiting.
  virtual bool is_dead() = 0;
  // Forgets deadlines, so that a connection that waits for reuse keeps no timer alive.
  virtual void rest() = 0;
};

// Why a connection to this address of this host must not be made; nullopt when it may. The address is numeric.
using AddressCheck =
    std::function<std::optional<std::string>(std::string_view host, std::string_view address, std::uint16_t port)>;

// Finds the name once and tries its addresses one after another, each with its share of the time left. With a check,
// one address that it refuses refuses them all: Fault::forbidden with the reason, and nothing is sent.
net::awaitable<Result<net::ip::tcp::socket>> connect_tcp(std::string host, std::uint16_t port, Deadline deadline,
                                                         AddressCheck check);

std::unique_ptr<ByteStream> make_plain_stream(net::ip::tcp::socket socket);

}  // namespace sluice::kube
