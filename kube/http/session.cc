// One connection of the HTTP server.
#include "kube/http/session.h"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "kube/http/tls_stream.h"

namespace sluice::kube {

namespace {

// After a refusal the rest of the request is read and dropped for this long, so that closing with unread bytes does
// not destroy the refusal on its way.
constexpr Duration linger = std::chrono::milliseconds(500);
constexpr std::size_t linger_limit = 1 << 20;  // bytes

// Bodies up to this size travel in one write with their head.
constexpr std::size_t joined_body = 64 << 10;

}  // namespace

net::awaitable<void> HttpSession::serve(net::ip::tcp::socket socket, std::shared_ptr<TlsContext> context) {
  const auto self = shared_from_this();
  const bool opened = co_await open(std::move(socket), std::move(context));
  if (opened) co_await serve_requests();
  gone_ = true;
  if (stream_) stream_->close();
}

net::awaitable<bool> HttpSession::open(net::ip::tcp::socket socket, std::shared_ptr<TlsContext> context) {
  if (context) {
    auto accepted =
        co_await accept_tls(std::move(socket), std::move(context), deadline_after(options_.request_deadline));
    if (!accepted) co_return false;
    stream_ = std::move(accepted->stream);
    client_ = std::move(accepted->client);
  } else {
    stream_ = make_plain_stream(std::move(socket));
  }
  reader_ = std::make_unique<HttpReader>(*stream_);
  co_return true;
}

net::awaitable<void> HttpSession::serve_requests() {
  bool more = true;
  while (more && !last_) {
    busy_ = false;
    HttpReadLimits limits;
    limits.header = options_.header_limit;
    limits.body = options_.body_limit;
    reader_->expect_request(limits);
    const auto begun = co_await reader_->wait_for_first_byte(deadline_after(options_.keep_idle));
    if (!begun || !*begun) co_return;
    busy_ = true;
    more = co_await serve_request();
  }
}

// True when the connection can carry another request.
net::awaitable<bool> HttpSession::serve_request() {
  answer_ = Answer::none;
  keep_ = false;
  chunked_ = head_only_ = false;
  const bool read = co_await read_request();
  if (!read) co_return false;
  keep_ = reader_->keep_alive();
  chunked_ = reader_->head().chunks_understood;
  head_only_ = reader_->head().method == "HEAD";
  co_await run_handler();
  if (answer_ == Answer::streamed && chunked_ && !head_only_ && !gone_) co_await put("0\r\n\r\n");
  co_return answer_ == Answer::whole && !closes_after() && !gone_;
}

net::awaitable<bool> HttpSession::read_request() {
  const Deadline deadline = deadline_after(options_.request_deadline);
  Result<> read = co_await reader_->read_head(deadline);
  if (read && !reader_->is_done() && reader_->head().headers.get("Expect") == "100-continue")
    co_await put("HTTP/1.1 100 Continue\r\n\r\n");
  if (read) read = co_await reader_->read_body(deadline);
  if (!read && reader_->refusal() != 0) co_await refuse(reader_->refusal(), read.error().message);
  co_return read.has_value();
}

net::awaitable<void> HttpSession::run_handler() {
  HttpServerRequest request;
  request.method = std::move(reader_->head().method);
  request.target = std::move(reader_->head().target);
  request.headers = std::move(reader_->head().headers);
  request.body = std::move(reader_->body());
  request.peer = peer_;
  request.client = client_;
  std::string failure;
  try {
    co_await handler_(std::move(request), *this);
  } catch (const boost::system::system_error& error) {
    // The coroutine is being cancelled; nothing can be awaited any more.
    if (error.code() == net::error::operation_aborted) gone_ = true;
    failure = error.what();
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (gone_) co_return;
  // A streamed answer that broke off must not look complete.
  if (answer_ != Answer::none && !failure.empty()) gone_ = true;
  if (answer_ != Answer::none) co_return;
  HttpServerResponse response;
  response.status = 500;
  response.content_type = "text/plain; charset=utf-8";
  response.body = failure.empty() ? "the request was not answered\n" : failure + "\n";
  co_await send(std::move(response));
}

net::awaitable<void> HttpSession::refuse(unsigned status, std::string why) {
  HttpServerResponse response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(why) + "\n";
  co_await send(std::move(response));
  stream_->finish_writing();
  char dropped[4096];
  std::size_t total = 0;
  const Deadline deadline = deadline_after(linger);
  for (bool more = true; more && total < linger_limit;) {
    const auto got = co_await stream_->read_some(dropped, sizeof dropped, deadline);
    more = got && *got > 0;
    if (more) total += *got;
  }
}

bool HttpSession::closes_after() const { return last_ || !keep_ || answer_ == Answer::streamed; }

std::string HttpSession::head_of(const HttpServerResponse& response) const {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  const auto field = [&](std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
  };
  if (!response.content_type.empty()) field("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) field(name, value);
  if (answer_ == Answer::whole && response.status != 204 && response.status != 304)
    field("Content-Length", fmt::format("{}", response.body.size()));
  if (answer_ == Answer::streamed && chunked_) field("Transfer-Encoding", "chunked");
  if (closes_after()) field("Connection", "close");
  text += "\r\n";
  return text;
}

net::awaitable<void> HttpSession::send(HttpServerResponse response) {
  if (answer_ != Answer::none) throw std::logic_error("a request is answered twice");
  answer_ = Answer::whole;
  std::string text = head_of(response);
  const bool has_body = !head_only_ && response.status != 204 && response.status != 304;
  if (has_body && response.body.size() <= joined_body) text += response.body;
  co_await put(std::move(text));
  if (has_body && response.body.size() > joined_body) co_await put(std::move(response.body));
}

net::awaitable<void> HttpSession::start(HttpServerResponse head) {
  if (answer_ != Answer::none) throw std::logic_error("a request is answered twice");
  answer_ = Answer::streamed;
  std::string piece = std::move(head.body);
  co_await put(head_of(head));
  if (!piece.empty()) co_await write(std::move(piece));
  auto executor = co_await net::this_coro::executor;
  net::co_spawn(executor, listen_for_end(), [self = shared_from_this()](const std::exception_ptr&) {});
}

net::awaitable<bool> HttpSession::write(std::string piece) {
  if (piece.empty() || head_only_ || gone_) co_return !gone_;
  if (chunked_) {
    piece.insert(0, fmt::format("{:x}\r\n", piece.size()));
    piece += "\r\n";
  }
  co_await put(std::move(piece));
  co_return !gone_;
}

net::awaitable<void> HttpSession::put(std::string text) {
  if (gone_) co_return;
  const Result<> written = co_await stream_->write(text, deadline_after(options_.write_deadline));
  if (!written) gone_ = true;
}

// Whatever the client still sends is dropped: the connection ends with the streamed answer.
net::awaitable<void> HttpSession::listen_for_end() {
  char dropped[512];
  for (bool more = true; more;) {
    const auto got = co_await stream_->read_some(dropped, sizeof dropped, no_deadline);
    more = got && *got > 0;
  }
  if (gone_) co_return;
  gone_ = true;
  cancellation_.emit(net::cancellation_type::terminal);
}

void HttpSession::finish() {
  last_ = true;
  if (!busy_ && stream_) stream_->close();
}

void HttpSession::abort() {
  gone_ = true;
  if (stream_) stream_->close();
  cancellation_.emit(net::cancellation_type::terminal);
}

}  // namespace sluice::kube
