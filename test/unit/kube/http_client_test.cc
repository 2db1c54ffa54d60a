// The HTTP client against servers that behave and servers that do not.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/test/unit_test.hpp>

#include "http_fixture.h"

namespace sluice::kube {
namespace {

using std::chrono::milliseconds;

struct Fixture {
  net::io_context io{1};
  HttpClientOptions options;

  Result<HttpResponse> send(HttpClient& client, HttpRequest request) {
    return run_on(io, client.send(std::move(request)));
  }
  Result<HttpResponse> send(HttpRequest request) {
    HttpClient client(options);
    return send(client, std::move(request));
  }
  // All lines of a stream; the error that ended it, if one did.
  struct Lines {
    std::vector<std::string> all;
    std::optional<Error> error;
  };
  Lines lines(HttpRequest request) {
    HttpClient client(options);
    return run_on(io, read_lines(client, std::move(request)));
  }
  static net::awaitable<Lines> read_lines(HttpClient& client, HttpRequest request) {
    Lines lines;
    auto stream = co_await client.open(std::move(request));
    if (!stream) {
      lines.error = stream.error();
      co_return lines;
    }
    for (bool more = true; more;) {
      auto line = co_await stream->lines->next();
      more = line && *line;
      if (more) lines.all.push_back(std::move(**line));
      if (!line) lines.error = line.error();
    }
    co_return lines;
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BOOST_FIXTURE_TEST_SUITE(http_client, Fixture, *boost::unit_test::timeout(30))

BOOST_AUTO_TEST_CASE(sends_a_request_and_reads_the_answer) {
  ScriptedServer server(io, {{{"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Note: yes\r\n\r\nhello"}}});
  HttpRequest request = get(server.url("/a?b=c"));
  request.headers.add("Accept", "text/plain");
  const auto response = send(request);
  BOOST_REQUIRE(response);
  BOOST_TEST(response->status == 201u);
  BOOST_TEST(response->headers.get("x-note") == "yes");
  BOOST_TEST(response->body == "hello");
  BOOST_TEST(server.heads().at(0).starts_with("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:"));
  BOOST_TEST(contains(server.heads().at(0), "\r\nAccept: text/plain\r\n"));
}

BOOST_AUTO_TEST_CASE(takes_names_of_this_machine_for_this_machine_whatever_its_hosts_file_says) {
  for (const char* name : {"localhost", "LocalHost.", "web.localhost"}) {
    ScriptedServer server(io, {{{reply("here")}}});
    std::string url = server.url();
    url.replace(url.find("127.0.0.1"), 9, name);
    const auto response = send(get(url));
    BOOST_REQUIRE_MESSAGE(response, name << ": " << (response ? "" : response.error().message));
    BOOST_TEST(response->body == "here");
  }
}

BOOST_AUTO_TEST_CASE(keeps_the_connection_for_the_next_request) {
  ScriptedServer server(io, {{{reply("one"), reply("two")}}});
  HttpClient client(options);
  BOOST_TEST(send(client, get(server.url()))->body == "one");
  BOOST_TEST(client.idle_connections() == 1u);
  BOOST_TEST(send(client, get(server.url()))->body == "two");
  BOOST_TEST(server.accepted() == 1u);
}

BOOST_AUTO_TEST_CASE(does_not_keep_a_connection_that_the_server_closes) {
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"}}});
  HttpClient client(options);
  BOOST_TEST(send(client, get(server.url()))->body == "ok");
  BOOST_TEST(client.idle_connections() == 0u);
}

BOOST_AUTO_TEST_CASE(reads_a_body_in_chunks) {
  ScriptedServer server(
      io, {{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"}}});
  BOOST_TEST(send(get(server.url()))->body == "abcde");
}

BOOST_AUTO_TEST_CASE(reads_a_body_that_ends_with_the_connection) {
  ScriptedServer server(io, {{{"HTTP/1.0 200 OK\r\n\r\nto the end"}}});
  BOOST_TEST(send(get(server.url()))->body == "to the end");
}

BOOST_AUTO_TEST_CASE(passes_over_interim_answers) {
  ScriptedServer server(io, {{{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + reply("final")}}});
  BOOST_TEST(send(get(server.url()))->body == "final");
}

BOOST_AUTO_TEST_CASE(expects_no_body_after_head) {
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}}});
  HttpRequest request = get(server.url());
  request.method = "HEAD";
  const auto response = send(request);
  BOOST_REQUIRE(response);
  BOOST_TEST(response->body.empty());
}

BOOST_AUTO_TEST_CASE(does_not_follow_redirects) {
  ScriptedServer server(io, {{{"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"}}});
  BOOST_TEST(send(get(server.url()))->status == 302u);
}

BOOST_AUTO_TEST_CASE(a_dead_connection_is_replaced_once) {
  // The second request reaches the first connection, which closes without a byte.
  ScriptedServer server(io, {{{reply("one"), ""}}, {{reply("two")}}});
  HttpClient client(options);
  BOOST_TEST(send(client, get(server.url()))->body == "one");
  BOOST_TEST(send(client, get(server.url()))->body == "two");
  BOOST_TEST(server.heads().size() == 3u);
  BOOST_TEST(server.accepted() == 2u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_dies_twice_is_an_error) {
  ScriptedServer server(io, {{{reply("one"), ""}}, {{""}}});
  HttpClient client(options);
  BOOST_TEST(send(client, get(server.url()))->body == "one");
  const auto response = send(client, get(server.url()));
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::unavailable));
  BOOST_TEST(contains(response.error().message, "closed before an answer came"));
}

BOOST_AUTO_TEST_CASE(a_post_that_may_have_arrived_is_not_sent_twice) {
  ScriptedServer server(io, {{{reply("one"), ""}}, {{reply("two")}}});
  HttpClient client(options);
  BOOST_TEST(send(client, get(server.url()))->body == "one");
  HttpRequest post = get(server.url());
  post.method = "POST";
  const auto response = send(client, post);
  BOOST_REQUIRE(!response);
  BOOST_TEST(server.accepted() == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_died_while_idle_is_not_used) {
  ScriptedServer server(io, {{{reply("one")}}, {{reply("two")}}});
  HttpClient client(options);
  BOOST_TEST(send(client, get(server.url()))->body == "one");
  io.poll();  // the server closes
  HttpRequest post = get(server.url());
  post.method = "POST";
  BOOST_TEST(send(client, post)->body == "two");
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_cut_off_is_an_error) {
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}}});
  const auto response = send(get(server.url("/x")));
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::unavailable));
  BOOST_TEST(response.error().message.starts_with("GET http://127.0.0.1:"));
  BOOST_TEST(contains(response.error().message, "in the middle of a message, 4 bytes"));
}

BOOST_AUTO_TEST_CASE(headers_that_are_cut_off_are_an_error) {
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nConte"}}});
  const auto response = send(get(server.url()));
  BOOST_REQUIRE(!response);
  BOOST_TEST(contains(response.error().message, "in the middle of the headers"));
}

BOOST_AUTO_TEST_CASE(garbage_is_an_error) {
  ScriptedServer server(io, {{{"SSH-2.0-OpenSSH_9.2\r\n\r\n"}}});
  const auto response = send(get(server.url()));
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::internal));
  BOOST_TEST(contains(response.error().message, "not an HTTP message"));
}

BOOST_AUTO_TEST_CASE(too_large_a_body_is_an_error) {
  options.body_limit = 100;
  ScriptedServer server(io, {{{reply(std::string(101, 'x'))}}, {{reply(std::string(100, 'x'))}}});
  const auto response = send(get(server.url()));
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::invalid));
  BOOST_TEST(contains(response.error().message, "larger than allowed"));
  BOOST_TEST(send(get(server.url()))->body.size() == 100u);
}

BOOST_AUTO_TEST_CASE(headers_without_end_are_an_error) {
  std::string head = "HTTP/1.1 200 OK\r\n";
  for (int line = 0; line < 5000; ++line) head += "X-Much: of the same thing over and over\r\n";
  ScriptedServer server(io, {{{head}}});
  const auto response = send(get(server.url()));
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::invalid));
}

BOOST_AUTO_TEST_CASE(a_server_that_never_answers_meets_the_deadline) {
  ScriptedServer server(io, {Script{{""}, true}});
  HttpRequest request = get(server.url());
  request.deadline = milliseconds(30);
  const auto response = send(request);
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::timeout));
  BOOST_TEST(contains(response.error().message, "no answer within 30ms"));
}

BOOST_AUTO_TEST_CASE(a_server_that_stops_in_the_body_meets_the_deadline) {
  ScriptedServer server(io, {Script{{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}, true}});
  HttpRequest request = get(server.url());
  request.deadline = milliseconds(30);
  BOOST_TEST((send(request).error().fault == Fault::timeout));
}

BOOST_AUTO_TEST_CASE(a_refused_connection_says_so) {
  std::string url;
  {
    ScriptedServer server(io, {});
    url = server.url();
  }
  const auto response = send(get(url));
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::unavailable));
  BOOST_TEST(response.error().message == "GET " + url + ": connection refused");
}

BOOST_AUTO_TEST_CASE(an_unknown_host_says_so) {
  const auto response = send(get("http://no-such-host.invalid/"));
  BOOST_REQUIRE(!response);
  BOOST_TEST(contains(response.error().message, "no-such-host.invalid"));
}

BOOST_AUTO_TEST_CASE(a_bad_url_is_refused_before_anything_is_sent) {
  for (const char* url :
       {"", "prometheus:9090", "ftp://host/", "http://", "http://host:0/", "http://host:99999/", "http://ho st/"}) {
    const auto response = send(get(url));
    BOOST_REQUIRE_MESSAGE(!response, url);
    BOOST_TEST((response.error().fault == Fault::invalid), url << ": " << response.error().message);
  }
}

BOOST_AUTO_TEST_CASE(a_header_cannot_smuggle_another_one) {
  HttpRequest request = get("http://127.0.0.1:1/");
  request.headers.add("X-Note", "a\r\nAuthorization: stolen");
  const auto response = send(request);
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::invalid));
  BOOST_TEST(contains(response.error().message, "X-Note"));
}

BOOST_AUTO_TEST_CASE(a_user_in_the_url_becomes_basic_authorization_and_is_not_shown) {
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"}}});
  std::string url = server.url("/q");
  url.insert(7, "me:secret@");
  const auto response = send(get(url));
  BOOST_REQUIRE(!response);
  BOOST_TEST(contains(server.heads().at(0), "Authorization: Basic bWU6c2VjcmV0\r\n"));
  BOOST_TEST(!contains(response.error().message, "secret"));
}

BOOST_AUTO_TEST_CASE(streams_line_by_line) {
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "4\r\none\n\r\n6\r\ntwo\nth\r\n4\r\nree\n\r\n0\r\n\r\n"}}});
  const Lines read = lines(get(server.url()));
  BOOST_TEST(!read.error.has_value());
  BOOST_TEST(read.all == (std::vector<std::string>{"one", "two", "three"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_finished_stream_leaves_its_connection_to_the_next_request) {
  ScriptedServer server(
      io, {{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na\n\r\n0\r\n\r\n", reply("next")}}});
  HttpClient client(options);
  const Lines read = run_on(io, read_lines(client, get(server.url())));
  BOOST_TEST(read.all.size() == 1u);
  BOOST_TEST(send(client, get(server.url()))->body == "next");
  BOOST_TEST(server.accepted() == 1u);
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_cut_off_ends_with_an_error_after_its_lines) {
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n6\r\ntw"}}});
  const Lines read = lines(get(server.url()));
  BOOST_TEST(read.all == std::vector<std::string>{"one"}, boost::test_tools::per_element());
  BOOST_REQUIRE(read.error.has_value());
  BOOST_TEST((read.error->fault == Fault::unavailable));
}

BOOST_AUTO_TEST_CASE(a_line_over_the_limit_is_an_error) {
  options.line_limit = 10;
  ScriptedServer server(io, {{{"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n1234567890\n12345678901\nabcdef\n"}}});
  const Lines read = lines(get(server.url()));
  BOOST_TEST(read.all == std::vector<std::string>{"1234567890"}, boost::test_tools::per_element());
  BOOST_REQUIRE(read.error.has_value());
  BOOST_TEST((read.error->fault == Fault::invalid));
  BOOST_TEST(contains(read.error->message, "longer than 10 bytes"));
}

BOOST_AUTO_TEST_CASE(a_line_without_end_is_not_collected_for_ever) {
  options.line_limit = 1000;
  ScriptedServer server(io,
                        {Script{{"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(5000, 'x')}, true}});
  const Lines read = lines(get(server.url()));
  BOOST_REQUIRE(read.error.has_value());
  BOOST_TEST((read.error->fault == Fault::invalid));
}

BOOST_AUTO_TEST_CASE(a_silent_stream_meets_the_idle_deadline) {
  options.idle_deadline = milliseconds(30);
  ScriptedServer server(io, {Script{{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\none\n"}, true}});
  const Lines read = lines(get(server.url()));
  BOOST_TEST(read.all.size() == 1u);
  BOOST_REQUIRE(read.error.has_value());
  BOOST_TEST((read.error->fault == Fault::timeout));
  BOOST_TEST(contains(read.error->message, "nothing came for 30ms"));
}

BOOST_AUTO_TEST_CASE(a_refused_stream_carries_its_body) {
  ScriptedServer server(io, {{{"HTTP/1.1 410 Gone\r\nContent-Length: 7\r\n\r\ntoo old"}}});
  HttpClient client(options);
  auto opened = run_on(io, client.open(get(server.url())));
  BOOST_REQUIRE(opened);
  BOOST_TEST(opened->head.status == 410u);
  BOOST_TEST(opened->head.body == "too old");
  BOOST_TEST(!opened->lines);
}

BOOST_AUTO_TEST_CASE(a_cancelled_request_ends_at_once) {
  ScriptedServer server(io, {Script{{""}, true}});
  HttpClient client(options);
  net::cancellation_signal stop;
  bool ended = false;
  net::co_spawn(io, client.send(get(server.url())),
                net::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, Result<HttpResponse> response) {
                  ended = error || response.error().fault == Fault::cancelled;
                  io.stop();
                }));
  while (server.heads().empty()) io.run_one();
  BOOST_TEST(!ended);
  stop.emit(net::cancellation_type::terminal);
  io.run_for(std::chrono::seconds(5));
  BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(requests_at_the_same_time_use_connections_of_their_own) {
  ScriptedServer server(io, {{{reply("one"), reply("three")}}, {{reply("two")}}});
  options.idle_connections = 1;
  HttpClient client(options);
  int answered = 0;
  for (int count = 0; count < 2; ++count)
    net::co_spawn(io, client.send(get(server.url())), [&](std::exception_ptr error, Result<HttpResponse> response) {
      if (!error && response) ++answered;
    });
  while (answered < 2 && io.run_one_for(std::chrono::seconds(5)) > 0) continue;
  BOOST_TEST(answered == 2);
  BOOST_TEST(server.accepted() == 2u);
  BOOST_TEST(client.idle_connections() == 1u);
}

BOOST_AUTO_TEST_CASE(a_request_outlives_its_client) {
  ScriptedServer server(io, {{{reply("late")}}});
  std::optional<HttpClient> client(options);
  std::string body;
  net::co_spawn(io, client->send(get(server.url())), [&](std::exception_ptr error, Result<HttpResponse> response) {
    if (!error && response) body = response->body;
    io.stop();
  });
  io.poll_one();
  client.reset();
  io.restart();
  io.run_for(std::chrono::seconds(5));
  BOOST_TEST(body == "late");
}

BOOST_AUTO_TEST_CASE(a_client_with_an_idle_connection_keeps_no_loop_running) {
  std::optional<HttpClient> client(options);
  {
    ScriptedServer server(io, {{{reply("one")}}});
    BOOST_TEST(send(*client, get(server.url()))->body == "one");
  }
  io.restart();
  io.run_for(std::chrono::seconds(5));
  BOOST_TEST(io.stopped());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
