// Reads HTTP/1.1 messages with Beast's parser, fed by hand.
#include "kube/http/reader.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/format.h>

namespace sluice::kube {

namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t small_buffer = 4 << 10;
constexpr std::size_t large_buffer = 64 << 10;
// The parser takes bytes as they come; only headers and the lines between chunks must be whole before it does.
constexpr std::size_t unparsed_limit = 1 << 20;
// A server that only ever sends "wait" answers is not worth waiting for.
constexpr int interim_answers = 8;

}  // namespace

// What the two kinds of Beast parsers have in common.
class HttpReader::Parser {
 public:
  virtual ~Parser() = default;
  virtual std::size_t put(const char* bytes, std::size_t size, error_code& error) = 0;
  virtual void put_end(error_code& error) = 0;
  virtual bool has_head() const = 0;
  virtual bool is_done() const = 0;
  virtual bool keep_alive() const = 0;
  virtual void restart() = 0;  // for the message after a 1xx answer

  HttpHead head;
  std::string body;
};

// Copies what Beast recognises into plain strings.
template <bool is_request>
class HttpReader::ParserOf final : public HttpReader::Parser {
 public:
  ParserOf(bool without_body, HttpReadLimits limits) : without_body_(without_body), limits_(limits) { restart(); }

  std::size_t put(const char* bytes, std::size_t size, error_code& error) override {
    return machine_->put(net::const_buffer(bytes, size), error);
  }
  void put_end(error_code& error) override { machine_->put_eof(error); }
  bool has_head() const override { return machine_->is_header_done(); }
  bool is_done() const override { return machine_->is_done(); }
  bool keep_alive() const override { return machine_->keep_alive(); }

  void restart() override {
    head = {};
    body.clear();
    machine_.emplace(*this);
    machine_->header_limit(static_cast<std::uint32_t>(limits_.header));
    if (limits_.body > 0)
      machine_->body_limit(limits_.body);
    else
      machine_->body_limit(boost::none);
    machine_->eager(true);
    machine_->skip(without_body_);
  }

 private:
  using Text = boost::beast::string_view;

  class Machine final : public http::basic_parser<is_request> {
   public:
    explicit Machine(ParserOf& owner) : owner_(owner) {}

   private:
    void on_request_impl(http::verb, Text method, Text target, int version, error_code& error) override {
      owner_.head.method.assign(method.data(), method.size());
      owner_.head.target.assign(target.data(), target.size());
      owner_.head.chunks_understood = version >= 11;
      error = {};
    }
    void on_response_impl(int status, Text, int version, error_code& error) override {
      owner_.head.status = static_cast<unsigned>(status);
      owner_.head.chunks_understood = version >= 11;
      error = {};
    }
    void on_field_impl(http::field, Text name, Text value, error_code& error) override {
      owner_.head.headers.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
      error = {};
    }
    void on_header_impl(error_code& error) override { error = {}; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& error) override {
      // The announced length is a stranger's word, so only a moderate part of it is reserved ahead.
      if (length) owner_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 1 << 20)));
      error = {};
    }
    std::size_t on_body_impl(Text piece, error_code& error) override {
      owner_.body.append(piece.data(), piece.size());
      error = {};
      return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t, Text, error_code& error) override { error = {}; }
    std::size_t on_chunk_body_impl(std::uint64_t, Text piece, error_code& error) override {
      owner_.body.append(piece.data(), piece.size());
      error = {};
      return piece.size();
    }
    void on_finish_impl(error_code& error) override { error = {}; }

    ParserOf& owner_;
  };

  bool without_body_;
  HttpReadLimits limits_;
  std::optional<Machine> machine_;
};

HttpReader::HttpReader(ByteStream& stream) : stream_(stream) {}
HttpReader::~HttpReader() = default;

void HttpReader::expect_request(HttpReadLimits limits) {
  parser_ = std::make_unique<ParserOf<true>>(false, limits);
  begun_ = false;
}

void HttpReader::expect_response(bool to_head_request, HttpReadLimits limits) {
  parser_ = std::make_unique<ParserOf<false>>(to_head_request, limits);
  begun_ = false;
}

HttpHead& HttpReader::head() { return parser_->head; }
std::string& HttpReader::body() { return parser_->body; }
bool HttpReader::has_begun() const { return begun_ || end_ > begin_; }
bool HttpReader::is_done() const { return parser_->is_done(); }
bool HttpReader::keep_alive() const { return parser_->keep_alive(); }
unsigned HttpReader::refusal() const { return refusal_; }

// Reads once; false at the end of the stream. The buffer grows with what arrives and shrinks while nothing does, so
// that an idle watch is cheap and a long list is read in few steps.
net::awaitable<Result<bool>> HttpReader::fill(Deadline deadline) {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == 0 && buffer_.size() > small_buffer) {
    buffer_.resize(small_buffer);
    buffer_.shrink_to_fit();
  }
  if (end_ >= unparsed_limit) co_return error_of(http::error::header_limit);
  if (buffer_.size() - end_ < small_buffer / 2) buffer_.resize(std::max(small_buffer, buffer_.size() * 2));
  const auto got = co_await stream_.read_some(buffer_.data() + end_, buffer_.size() - end_, deadline);
  if (!got) co_return got.error();
  end_ += *got;
  if (end_ == buffer_.size() && buffer_.size() < large_buffer) buffer_.resize(buffer_.size() * 2);
  co_return *got > 0;
}

net::awaitable<Result<bool>> HttpReader::wait_for_first_byte(Deadline deadline) {
  if (end_ > begin_) co_return true;
  co_return co_await fill(deadline);
}

Error HttpReader::error_of(const error_code& code) {
  if (code == http::error::body_limit) {
    refusal_ = 413;
    return {Fault::invalid, "the body is larger than allowed"};
  }
  if (code == http::error::header_limit) {
    refusal_ = 431;
    return {Fault::invalid, "the headers are larger than allowed"};
  }
  if (code == http::error::partial_message || code == http::error::end_of_stream)
    return {Fault::unavailable,
            fmt::format("the connection was closed in the middle of a message, {} bytes into its body",
                        parser_->body.size())};
  refusal_ = 400;
  return {Fault::internal, fmt::format("not an HTTP message: {}", code.message())};
}

// Gives the parser what is buffered. A parser that wants more is not an error.
Result<> HttpReader::parse() {
  while (begin_ < end_ && !parser_->is_done()) {
    begun_ = true;
    error_code error;
    const std::size_t used = parser_->put(buffer_.data() + begin_, end_ - begin_, error);
    begin_ += used;
    if (error && error != http::error::need_more) return error_of(error);
    if (error == http::error::need_more || used == 0) break;
  }
  return {};
}

Result<> HttpReader::finish_at_end_of_stream() {
  error_code error;
  parser_->put_end(error);
  if (error) return error_of(error);
  return {};
}

net::awaitable<Result<>> HttpReader::read_head(Deadline deadline) {
  for (int answers = 0; answers < interim_answers;) {
    const Result<> parsed = parse();
    if (!parsed) co_return parsed.error();
    if (parser_->has_head()) {
      const unsigned status = parser_->head.status;
      if (status < 100 || status > 199) co_return Result<>{};
      ++answers;
      parser_->restart();
      continue;
    }
    const auto more = co_await fill(deadline);
    if (!more) co_return more.error();
    if (*more) continue;
    if (!has_begun()) co_return Error{Fault::unavailable, "the connection was closed before an answer came"};
    co_return Error{Fault::unavailable, "the connection was closed in the middle of the headers"};
  }
  co_return Error{Fault::internal, "too many interim answers"};
}

net::awaitable<Result<bool>> HttpReader::read_some_body(Deadline deadline) {
  const std::size_t before = parser_->body.size();
  for (;;) {
    const Result<> parsed = parse();
    if (!parsed) co_return parsed.error();
    if (parser_->body.size() > before) co_return true;
    if (parser_->is_done()) co_return false;
    const auto more = co_await fill(deadline);
    if (!more) co_return more.error();
    if (*more) continue;
    const Result<> finished = finish_at_end_of_stream();
    if (!finished) co_return finished.error();
    co_return false;
  }
}

net::awaitable<Result<>> HttpReader::read_body(Deadline deadline) {
  for (;;) {
    const auto more = co_await read_some_body(deadline);
    if (!more) co_return more.error();
    if (!*more) co_return Result<>{};
  }
}

}  // namespace sluice::kube
