// Reads HTTP/1.1 messages one after another from a ByteStream.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "kube/http/byte_stream.h"
#include "kube/http/message.h"
#include "kube/result.h"

namespace sluice::kube {

// The first line and the headers of a message.
struct HttpHead {
  std::string method;   // requests
  std::string target;   // requests
  unsigned status = 0;  // responses
  HttpHeaders headers;
  bool chunks_understood = true;  // false when the other side speaks HTTP/1.0
};

struct HttpReadLimits {
  std::size_t header = 64 << 10;  // bytes
  std::size_t body = 0;           // bytes; 0 for none
};

// One message at a time: expect_*(), read_head(), then the body whole or in pieces. Bytes behind the end of a message
// are kept for the next one. Errors: Fault::internal for what is not HTTP, Fault::invalid over a limit,
// Fault::unavailable when the stream ends in the middle; and the stream's own. After an error the stream is useless.
class HttpReader {
 public:
  explicit HttpReader(ByteStream& stream);
  ~HttpReader();

  void expect_request(HttpReadLimits limits);
  void expect_response(bool to_head_request, HttpReadLimits limits);

  // Waits until the message has begun; false when the stream ended before.
  net::awaitable<Result<bool>> wait_for_first_byte(Deadline deadline);
  net::awaitable<Result<>> read_head(Deadline deadline);
  // Reads on to the end of the message; the whole body is then in body().
  net::awaitable<Result<>> read_body(Deadline deadline);
  // Adds at least one byte to body(), or answers false at the end of the message.
  net::awaitable<Result<bool>> read_some_body(Deadline deadline);

  HttpHead& head();
  std::string& body();
  bool has_begun() const;   // a byte of this message has come
  bool is_done() const;     // it has been read to its end
  bool keep_alive() const;  // once the head is known: another message may follow on this stream
  // The status with which a server refuses after an error: 400, 413, 431; 0 when there is nobody to answer.
  unsigned refusal() const;

 private:
  class Parser;
  template <bool is_request>
  class ParserOf;

  net::awaitable<Result<bool>> fill(Deadline deadline);
  Result<> parse();
  Result<> finish_at_end_of_stream();
  Error error_of(const boost::system::error_code& code);

  ByteStream& stream_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;  // bytes read and not parsed are [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool begun_ = false;
  unsigned refusal_ = 0;
};

}  // namespace sluice::kube
