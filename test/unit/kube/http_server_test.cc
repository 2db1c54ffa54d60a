// The HTTP server, asked by the HTTP client and by raw sockets.
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include "http_fixture.h"
#include "kube/http/server.h"

namespace sluice::kube {
namespace {

using std::chrono::milliseconds;

// A server whose handler answers by the path of the request.
struct Fixture {
  net::io_context io{1};
  HttpServerOptions options;
  std::vector<HttpServerRequest> seen;
  std::string how_the_stream_ended;
  std::optional<HttpServer> server;

  void start() {
    server.emplace(io.get_executor(), options, [this](HttpServerRequest request, HttpResponder& responder) {
      return handle(std::move(request), responder);
    });
    BOOST_REQUIRE(server->start());
  }

  net::awaitable<void> handle(HttpServerRequest request, HttpResponder& responder) {
    const std::string target = request.target;
    seen.push_back(std::move(request));
    HttpServerResponse response;
    response.content_type = "text/plain";
    if (target == "/silent") co_return;
    if (target == "/broken") throw std::runtime_error("out of order");
    if (target == "/lines") {
      co_await responder.start(std::move(response));
      for (int line = 1; line <= 3; ++line) co_await responder.write("line " + std::to_string(line) + "\n");
      co_return;
    }
    if (target == "/broken-lines") {
      response.body = "first\n";
      co_await responder.start(std::move(response));
      throw std::runtime_error("out of order");
    }
    if (target == "/endless") {
      response.body = "first\n";
      co_await responder.start(std::move(response));
      co_await wait_for_ever();
      co_return;
    }
    response.body = target == "/large" ? std::string(300'000, 'x') : "you asked " + target;
    co_await responder.send(std::move(response));
  }

  net::awaitable<void> wait_for_ever() {
    struct Note {
      std::string& text;
      ~Note() { text = "cancelled"; }
    };
    const Note note{how_the_stream_ended};
    net::steady_timer timer(io, net::steady_timer::time_point::max());
    co_await timer.async_wait(net::use_awaitable);
  }

  std::string url(const std::string& target, const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + std::to_string(server->port()) + target;
  }

  Result<HttpResponse> send(HttpRequest request) {
    HttpClient client({});
    return run_on(io, client.send(std::move(request)));
  }

  // Sends bytes as they are and reads all that comes back until the server closes.
  std::string talk(std::string bytes) { return run_on(io, talk_raw(std::move(bytes))); }
  net::awaitable<std::string> talk_raw(std::string bytes) {
    net::ip::tcp::socket socket(io);
    co_await socket.async_connect({net::ip::make_address("127.0.0.1"), server->port()}, net::use_awaitable);
    co_await net::async_write(socket, net::buffer(bytes), net::use_awaitable);
    std::string answer;
    boost::system::error_code end;
    co_await net::async_read(socket, net::dynamic_buffer(answer), net::redirect_error(net::use_awaitable, end));
    co_return answer;
  }
  template <class Predicate>
  bool run_until(Predicate done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    io.restart();
    while (!done() && std::chrono::steady_clock::now() < end) io.run_one_until(end);
    return done();
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BOOST_FIXTURE_TEST_SUITE(http_server, Fixture, *boost::unit_test::timeout(30))

BOOST_AUTO_TEST_CASE(passes_the_request_and_sends_the_answer) {
  start();
  HttpRequest request = get(url("/a?b=c"));
  request.method = "PATCH";
  request.headers.add("X-Note", "yes");
  request.body = "{}";
  const auto response = send(request);
  BOOST_REQUIRE(response);
  BOOST_TEST(response->status == 200u);
  BOOST_TEST(response->headers.get("Content-Type") == "text/plain");
  BOOST_TEST(response->body == "you asked /a?b=c");
  BOOST_TEST(seen.at(0).method == "PATCH");
  BOOST_TEST(seen.at(0).body == "{}");
  BOOST_TEST(seen.at(0).headers.get("x-note") == "yes");
  BOOST_TEST(seen.at(0).peer.starts_with("127.0.0.1:"));
}

BOOST_AUTO_TEST_CASE(serves_requests_that_come_in_one_piece) {
  start();
  const std::string answer =
      talk("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(contains(answer, "you asked /1"));
  BOOST_TEST(contains(answer, "you asked /2"));
  BOOST_TEST(seen.size() == 2u);
}

BOOST_AUTO_TEST_CASE(keeps_connections_for_the_next_request) {
  start();
  HttpClient client({});
  BOOST_TEST(run_on(io, client.send(get(url("/1"))))->status == 200u);
  BOOST_TEST(run_on(io, client.send(get(url("/2"))))->status == 200u);
  BOOST_TEST(seen.at(0).peer == seen.at(1).peer);
}

BOOST_AUTO_TEST_CASE(sends_large_bodies_whole) {
  start();
  BOOST_TEST(send(get(url("/large")))->body.size() == 300'000u);
}

BOOST_AUTO_TEST_CASE(answers_head_without_a_body) {
  start();
  const std::string answer = talk("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  BOOST_TEST(contains(answer, "Content-Length: 14\r\n"));
  BOOST_TEST(answer.ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(asks_for_the_body_when_the_client_expects_that) {
  start();
  const std::string answer =
      talk("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  BOOST_TEST(!contains(answer, "100 Continue"));
  // With a body outstanding the interim answer comes first; the connection then ends in the middle of the body.
  const std::string waiting = run_on(io, [](Fixture& self) -> net::awaitable<std::string> {
    net::ip::tcp::socket socket(self.io);
    co_await socket.async_connect({net::ip::make_address("127.0.0.1"), self.server->port()}, net::use_awaitable);
    const std::string head = "PUT /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    co_await net::async_write(socket, net::buffer(head), net::use_awaitable);
    std::string answer;
    co_await net::async_read_until(socket, net::dynamic_buffer(answer), "\r\n\r\n", net::use_awaitable);
    co_await net::async_write(socket, net::buffer("body", 4), net::use_awaitable);
    co_await net::async_read_until(socket, net::dynamic_buffer(answer), "you asked /b", net::use_awaitable);
    co_return answer;
  }(*this));
  BOOST_TEST(waiting.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
  BOOST_TEST(seen.back().body == "body");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_http) {
  start();
  BOOST_TEST(talk("hello there\r\n\r\n").starts_with("HTTP/1.1 400 Bad Request\r\n"));
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(refuses_two_lengths_that_could_hide_a_request) {
  start();
  const std::string answer = talk(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden "
      "HTTP/1.1\r\n\r\n");
  BOOST_TEST(answer.starts_with("HTTP/1.1 400"));
  BOOST_TEST(seen.empty());
}

BOOST_AUTO_TEST_CASE(refuses_too_large_a_body) {
  options.body_limit = 10;
  start();
  BOOST_TEST(talk("POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n12345678901").starts_with("HTTP/1.1 413"));
  HttpRequest request = get(url("/"));
  request.method = "POST";
  request.body = std::string(5'000'000, 'x');
  const auto response = send(request);
  BOOST_REQUIRE_MESSAGE(response, response.error().message);
  BOOST_TEST(response->status == 413u);
}

BOOST_AUTO_TEST_CASE(refuses_headers_without_end) {
  options.header_limit = 1000;
  start();
  BOOST_TEST(talk("GET / HTTP/1.1\r\nX: " + std::string(2000, 'y')).starts_with("HTTP/1.1 431"));
}

BOOST_AUTO_TEST_CASE(closes_on_a_client_that_does_not_finish_its_request) {
  options.request_deadline = milliseconds(30);
  start();
  BOOST_TEST(talk("GET / HTTP/1.1\r\n").empty());
}

BOOST_AUTO_TEST_CASE(closes_on_a_client_that_asks_nothing) {
  options.keep_idle = milliseconds(30);
  start();
  BOOST_TEST(talk("").empty());
}

BOOST_AUTO_TEST_CASE(a_handler_that_fails_is_answered_with_500) {
  start();
  const auto broken = send(get(url("/broken")));
  BOOST_TEST(broken->status == 500u);
  BOOST_TEST(broken->body == "out of order\n");
  BOOST_TEST(send(get(url("/silent")))->status == 500u);
}

BOOST_AUTO_TEST_CASE(streams_in_chunks) {
  start();
  const std::string answer = talk("GET /lines HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(contains(answer, "Transfer-Encoding: chunked\r\n"));
  BOOST_TEST(contains(answer, "7\r\nline 1\n\r\n7\r\nline 2\n\r\n7\r\nline 3\n\r\n0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(streams_to_old_clients_without_chunks) {
  start();
  const std::string answer = talk("GET /lines HTTP/1.0\r\n\r\n");
  BOOST_TEST(answer.ends_with("\r\n\r\nline 1\nline 2\nline 3\n"));
}

BOOST_AUTO_TEST_CASE(a_stream_that_fails_does_not_look_complete) {
  start();
  const std::string answer = talk("GET /broken-lines HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST(contains(answer, "first\n"));
  BOOST_TEST(!contains(answer, "\r\n0\r\n"));
}

BOOST_AUTO_TEST_CASE(a_stream_is_cancelled_when_its_client_goes_away) {
  start();
  HttpClient client({});
  {
    auto stream = run_on(io, client.open(get(url("/endless"))));
    BOOST_REQUIRE(stream);
    const auto line = run_on(io, stream->lines->next());
    BOOST_TEST(**line == "first");
    BOOST_TEST(how_the_stream_ended == "");
  }
  BOOST_TEST(run_until([&] { return server->connections() == 0; }));
  BOOST_TEST(how_the_stream_ended == "cancelled");
}

BOOST_AUTO_TEST_CASE(stopping_ends_idle_connections_and_takes_no_new_ones) {
  start();
  HttpClient client({});
  BOOST_TEST(run_on(io, client.send(get(url("/1"))))->status == 200u);
  const std::string address = url("/2");
  run_on(io, server->stop(std::chrono::seconds(10)));
  BOOST_TEST(server->connections() == 0u);
  BOOST_TEST(run_on(io, client.send(get(address))).error().message.ends_with("connection refused"));
}

BOOST_AUTO_TEST_CASE(stopping_gives_streams_some_time_and_then_cancels_them) {
  start();
  HttpClient client({});
  auto stream = run_on(io, client.open(get(url("/endless"))));
  BOOST_REQUIRE(stream);
  run_on(io, server->stop(milliseconds(30)));
  BOOST_TEST(how_the_stream_ended == "cancelled");
  BOOST_TEST(server->connections() == 0u);
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_named) {
  start();
  HttpServerOptions same;
  same.port = server->port();
  HttpServer second(io.get_executor(), same,
                    [](HttpServerRequest, HttpResponder&) -> net::awaitable<void> { co_return; });
  const auto started = second.start();
  BOOST_REQUIRE(!started);
  BOOST_TEST((started.error().fault == Fault::unavailable));
  BOOST_TEST(contains(started.error().message, "127.0.0.1 port " + std::to_string(same.port)));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_refused) {
  HttpServerOptions wrong;
  wrong.address = "localhost";
  HttpServer other(io.get_executor(), wrong,
                   [](HttpServerRequest, HttpResponder&) -> net::awaitable<void> { co_return; });
  BOOST_TEST((other.start().error().fault == Fault::invalid));
}

BOOST_AUTO_TEST_CASE(more_connections_than_allowed_wait_for_their_turn) {
  options.connections = 1;
  start();
  HttpClient first({});
  BOOST_TEST(run_on(io, first.send(get(url("/1"))))->status == 200u);
  HttpRequest request = get(url("/2"));
  request.deadline = milliseconds(30);
  BOOST_TEST((send(request).error().fault == Fault::timeout));
  first.close_idle();
  BOOST_TEST(send(get(url("/3")))->status == 200u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
