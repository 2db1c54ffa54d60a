// HTTP/1.1 requests over connections that are kept for the next request.
#include "kube/http/client.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "kube/http/connection.h"
#include "kube/http/lines.h"

namespace sluice::kube {

namespace {

// Header names and values come from users too (metric providers), and a line feed in them would start a new header.
bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 127; });
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

Result<> check(const HttpRequest& request) {
  if (!is_token(request.method)) return Error{Fault::invalid, fmt::format("\"{}\" is no HTTP method", request.method)};
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name)) return Error{Fault::invalid, fmt::format("\"{}\" is no name of an HTTP header", name)};
    if (has_control_characters(value))
      return Error{
          Fault::invalid,
          fmt::format("the value of the HTTP header {} holds a line break or another control character", name)};
  }
  return {};
}

Error named(const HttpRequest& request, const HttpUrl& url, Error error) {
  error.message = fmt::format("{} {}: {}", request.method, url.shown(), error.message);
  return error;
}

}  // namespace

class HttpClient::Pool : public ConnectionKeeper, public std::enable_shared_from_this<HttpClient::Pool> {
 public:
  explicit Pool(HttpClientOptions options) : options_(std::move(options)) {}

  const HttpClientOptions& options() const { return options_; }

  void use_tls(TlsOptions tls) {
    options_.tls = std::move(tls);
    context_.reset();
    ++generation_;
    std::erase_if(idle_, [](const auto& entry) { return entry.first.starts_with("https:"); });
  }

  void close_idle() { idle_.clear(); }

  std::size_t idle_connections() const {
    std::size_t count = 0;
    for (const auto& [origin, waiting] : idle_) count += waiting.size();
    return count;
  }

  // A connection on which the answer was read to its end.
  void keep(std::unique_ptr<HttpConnection> connection) override {
    if (!connection->reader.is_done() || !connection->reader.keep_alive() || closed_ ||
        connection->generation != generation_)
      return;
    auto& waiting = idle_[connection->origin];
    if (waiting.size() >= options_.idle_connections) return;
    connection->stream->rest();
    connection->reusable_until = deadline_after(options_.keep_idle);
    waiting.push_back(std::move(connection));
  }

  void close() {
    closed_ = true;
    idle_.clear();
  }

  // Sends the request and reads the head of the answer.
  net::awaitable<Result<std::unique_ptr<HttpConnection>>> begin(HttpRequest& request, HttpUrl& url, Deadline deadline,
                                                                std::size_t body_limit) {
    const std::string text = request_text(request, url, options_.user_agent);
    std::unique_ptr<HttpConnection> reused = take(shelf_of(request, url));
    if (reused) {
      bool sent = false;
      const auto answered = co_await exchange(*reused, text, request.method, deadline, body_limit, sent);
      if (answered) co_return std::move(reused);
      const bool dead = answered.error().fault == Fault::unavailable && !reused->reader.has_begun();
      if (!dead || (sent && !is_idempotent(request.method))) co_return answered.error();
      reused.reset();
    }
    auto fresh = co_await connect(url, deadline);
    if (!fresh) co_return fresh.error();
    (*fresh)->origin = shelf_of(request, url);
    bool sent = false;
    const auto answered = co_await exchange(**fresh, text, request.method, deadline, body_limit, sent);
    if (!answered) co_return answered.error();
    co_return std::move(*fresh);
  }

 private:
  // Where connections that may be used for the same requests wait.
  static std::string shelf_of(const HttpRequest& request, const HttpUrl& url) {
    return request.partition.empty() ? url.origin() : url.origin() + " " + request.partition;
  }

  // The youngest connection that is still good; older ones have had more time to die.
  std::unique_ptr<HttpConnection> take(const std::string& origin) {
    const auto at = idle_.find(origin);
    if (at == idle_.end()) return nullptr;
    std::erase_if(at->second, [](const auto& waiting) { return is_over(waiting->reusable_until); });
    while (!at->second.empty()) {
      std::unique_ptr<HttpConnection> candidate = std::move(at->second.back());
      at->second.pop_back();
      if (candidate->stream->is_dead()) continue;
      return candidate;
    }
    idle_.erase(at);
    return nullptr;
  }

  Result<std::shared_ptr<TlsContext>> tls_context() {
    if (!context_) {
      auto made = make_client_context(options_.tls);
      if (!made) return made.error();
      context_ = std::move(*made);
    }
    return context_;
  }

  net::awaitable<Result<std::unique_ptr<HttpConnection>>> connect(HttpUrl url, Deadline deadline) {
    std::shared_ptr<TlsContext> context;
    if (url.tls) {
      auto made = tls_context();
      if (!made) co_return made.error();
      context = std::move(*made);
    }
    const std::uint64_t generation = generation_;
    const Deadline connected = std::min(deadline, deadline_after(options_.connect_deadline));
    auto opened = co_await open_connection(std::move(url), std::move(context), connected, options_.check_address);
    if (!opened && opened.error().fault == Fault::timeout)
      co_return Error{Fault::timeout,
                      fmt::format("cannot connect within {}", format_duration(options_.connect_deadline))};
    if (opened) (*opened)->generation = generation;
    co_return std::move(opened);
  }

  // `sent` tells whether the server may have got the request.
  net::awaitable<Result<>> exchange(HttpConnection& connection, const std::string& text, const std::string& method,
                                    Deadline deadline, std::size_t body_limit, bool& sent) {
    HttpReadLimits limits;
    limits.header = options_.header_limit;
    limits.body = body_limit;
    connection.reader.expect_response(method == "HEAD", limits);
    const Result<> written = co_await connection.stream->write(text, deadline);
    sent = written.has_value();
    if (!written && written.error().fault != Fault::unavailable) co_return written.error();
    // A server that refuses a large body answers and closes while we still write, so its answer is looked for even
    // then.
    const Result<> head = co_await connection.reader.read_head(deadline);
    if (!head && !written) co_return written.error();
    co_return head;
  }

  HttpClientOptions options_;
  std::map<std::string, std::vector<std::unique_ptr<HttpConnection>>> idle_;  // by origin
  std::shared_ptr<TlsContext> context_;
  std::uint64_t generation_ = 0;  // of the TLS options
  bool closed_ = false;
};

HttpClient::HttpClient(HttpClientOptions options) : pool_(std::make_shared<Pool>(std::move(options))) {}
HttpClient::~HttpClient() { pool_->close(); }

void HttpClient::use_tls(TlsOptions options) { pool_->use_tls(std::move(options)); }
void HttpClient::close_idle() { pool_->close_idle(); }
std::size_t HttpClient::idle_connections() const { return pool_->idle_connections(); }

namespace {

// "no progress within the deadline" says too little to a person who can change the deadline.
Error explained(const HttpRequest& request, const HttpUrl& url, Error error, Duration allowed) {
  if (error.fault == Fault::timeout && !error.message.starts_with("cannot connect"))
    error.message = fmt::format("no answer within {}", format_duration(allowed));
  return named(request, url, std::move(error));
}

}  // namespace

// Not coroutines themselves: the pool must be held before the first of their steps runs, when the client may be gone.
net::awaitable<Result<HttpResponse>> HttpClient::send(HttpRequest request) {
  return send_through(pool_, std::move(request));
}

net::awaitable<Result<HttpStream>> HttpClient::open(HttpRequest request) {
  return open_through(pool_, std::move(request));
}

net::awaitable<Result<HttpResponse>> HttpClient::send_through(std::shared_ptr<Pool> pool, HttpRequest request) {
  const Result<> good = check(request);
  if (!good) co_return good.error();
  auto url = parse_http_url(request.url);
  if (!url) co_return url.error();
  const Duration allowed = request.deadline.value_or(pool->options().answer_deadline);
  const Deadline deadline = deadline_after(allowed);
  auto connection = co_await pool->begin(request, *url, deadline, pool->options().body_limit);
  if (!connection) co_return explained(request, *url, connection.error(), allowed);
  HttpReader& reader = (*connection)->reader;
  const Result<> read = co_await reader.read_body(deadline);
  if (!read) co_return explained(request, *url, read.error(), allowed);
  HttpResponse response;
  response.status = reader.head().status;
  response.headers = std::move(reader.head().headers);
  response.body = std::move(reader.body());
  pool->keep(std::move(*connection));
  co_return std::move(response);
}

net::awaitable<Result<HttpStream>> HttpClient::open_through(std::shared_ptr<Pool> pool, HttpRequest request) {
  const Result<> good = check(request);
  if (!good) co_return good.error();
  auto url = parse_http_url(request.url);
  if (!url) co_return url.error();
  const Duration allowed = request.deadline.value_or(pool->options().answer_deadline);
  const Deadline deadline = deadline_after(allowed);
  auto connection = co_await pool->begin(request, *url, deadline, 0);
  if (!connection) co_return explained(request, *url, connection.error(), allowed);
  HttpReader& reader = (*connection)->reader;
  HttpStream stream;
  stream.head.status = reader.head().status;
  stream.head.headers = std::move(reader.head().headers);
  if (stream.head.status >= 200 && stream.head.status < 300) {
    LineLimits limits;
    limits.line = pool->options().line_limit;
    limits.silence = pool->options().idle_deadline;
    stream.lines = make_line_stream(std::move(*connection), limits, pool, request.method + " " + url->shown());
    co_return std::move(stream);
  }
  for (bool more = true; more;) {
    const auto read = co_await reader.read_some_body(deadline);
    if (!read) co_return explained(request, *url, read.error(), allowed);
    more = *read && reader.body().size() <= pool->options().body_limit;
  }
  stream.head.body = std::move(reader.body());
  pool->keep(std::move(*connection));
  co_return std::move(stream);
}

}  // namespace sluice::kube
