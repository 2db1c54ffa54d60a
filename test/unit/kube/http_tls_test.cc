// TLS: who is trusted, who is not, and what the messages say.
#include <boost/test/unit_test.hpp>

#include "http_fixture.h"

namespace sluice::kube {
namespace {

struct Fixture {
  net::io_context io{1};
  TestCertificates good;
  HttpClientOptions options;
  std::optional<HttpServer> server;
  std::optional<TlsPeer> client_seen;

  Fixture() { options.tls.ca_pem = good.authority.certificate_pem; }

  void serve(TlsServerOptions tls) {
    HttpServerOptions server_options;
    server_options.tls = std::move(tls);
    server.emplace(io.get_executor(), server_options, [this](HttpServerRequest request, HttpResponder& responder) {
      return handle(std::move(request), responder);
    });
    BOOST_REQUIRE(server->start());
  }
  net::awaitable<void> handle(HttpServerRequest request, HttpResponder& responder) {
    client_seen = request.client;
    HttpServerResponse response;
    response.body = request.target == "/large" ? std::string(3'000'000, 'x') : "secret";
    if (request.target != "/lines") {
      co_await responder.send(std::move(response));
      co_return;
    }
    response.body = "one\n";
    co_await responder.start(std::move(response));
    co_await responder.write("two\n");
  }
  std::string url(const std::string& host = "127.0.0.1", const std::string& target = "/") const {
    return "https://" + host + ":" + std::to_string(server->port()) + target;
  }
  Result<HttpResponse> send(HttpRequest request) {
    HttpClient client(options);
    return run_on(io, client.send(std::move(request)));
  }
  // The message of a request that has to fail because the server cannot be reached as asked.
  std::string refusal(HttpRequest request) {
    const auto response = send(std::move(request));
    BOOST_REQUIRE(!response);
    BOOST_TEST((response.error().fault == Fault::unavailable || response.error().fault == Fault::invalid));
    return response.error().message;
  }
};

bool contains(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) BOOST_TEST_MESSAGE("not in: " << text);
  return found;
}

BOOST_FIXTURE_TEST_SUITE(http_tls, Fixture, *boost::unit_test::timeout(30))

BOOST_AUTO_TEST_CASE(talks_to_a_server_of_the_trusted_authority_by_address_and_by_name) {
  serve(good.server());
  BOOST_TEST(send(get(url()))->body == "secret");
  BOOST_TEST(send(get(url("localhost")))->body == "secret");
  BOOST_TEST(!client_seen.has_value());
}

BOOST_AUTO_TEST_CASE(keeps_tls_connections_too) {
  serve(good.server());
  HttpClient client(options);
  BOOST_TEST(run_on(io, client.send(get(url())))->body == "secret");
  BOOST_TEST(run_on(io, client.send(get(url("127.0.0.1", "/large"))))->body.size() == 3'000'000u);
  BOOST_TEST(client.idle_connections() == 1u);
  BOOST_TEST(server->connections() == 1u);
}

BOOST_AUTO_TEST_CASE(streams_over_tls) {
  serve(good.server());
  HttpClient client(options);
  auto stream = run_on(io, client.open(get(url("127.0.0.1", "/lines"))));
  BOOST_REQUIRE(stream);
  BOOST_TEST(**run_on(io, stream->lines->next()) == "one");
  BOOST_TEST(**run_on(io, stream->lines->next()) == "two");
  BOOST_TEST(!run_on(io, stream->lines->next())->has_value());
}

BOOST_AUTO_TEST_CASE(an_unknown_authority_is_refused) {
  serve(good.server());
  options.tls.ca_pem = TestCertificates().authority.certificate_pem;
  const std::string message = refusal(get(url()));
  BOOST_TEST(contains(message, "https://127.0.0.1:"));
  BOOST_TEST(contains(message, "signed by an unknown authority"));
}

BOOST_AUTO_TEST_CASE(the_authorities_of_the_system_do_not_know_ours) {
  serve(good.server());
  options.tls.ca_pem.clear();
  BOOST_TEST(contains(refusal(get(url())), "signed by an unknown authority"));
}

BOOST_AUTO_TEST_CASE(an_unknown_authority_is_taken_when_nothing_is_verified) {
  serve(good.server());
  options.tls.ca_pem.clear();
  options.tls.verify = false;
  BOOST_TEST(send(get(url()))->body == "secret");
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_refused_with_its_date) {
  const TestCertificates expired(-2, -1);
  serve(expired.server());
  options.tls.ca_pem = expired.authority.certificate_pem;
  const std::string message = refusal(get(url()));
  BOOST_TEST(contains(message, "the certificate has expired on " + format_time(days_from_now(-1)).substr(0, 10)));
}

BOOST_AUTO_TEST_CASE(a_certificate_of_the_future_is_refused) {
  const TestCertificates future(1, 2);
  serve(future.server());
  options.tls.ca_pem = future.authority.certificate_pem;
  BOOST_TEST(contains(refusal(get(url())), "not valid before"));
}

BOOST_AUTO_TEST_CASE(a_certificate_for_another_host_is_refused) {
  serve(good.server());
  BOOST_TEST(contains(refusal(get(url("127.0.0.2"))), "connection refused"));
  options.tls.server_name = "api.example.com";
  BOOST_TEST(contains(refusal(get(url())), "not for this host but for localhost, 127.0.0.1"));
}

BOOST_AUTO_TEST_CASE(the_server_name_replaces_the_host) {
  CertificateRequest request{"server", {}, {"api.example.com"}, days_from_now(-1), days_from_now(1)};
  const Certificate named = make_certificate(good.authority, request).value();
  serve({named.certificate_pem, named.key_pem, ""});
  BOOST_TEST(contains(refusal(get(url())), "not for this host but for api.example.com"));
  options.tls.server_name = "api.example.com";
  BOOST_TEST(send(get(url()))->body == "secret");
}

BOOST_AUTO_TEST_CASE(a_client_certificate_tells_the_server_who_asks) {
  TlsServerOptions tls = good.server();
  tls.client_ca_pem = good.authority.certificate_pem;
  serve(tls);
  CertificateRequest request{"alice", {"system:masters", "devs"}, {}, days_from_now(-1), days_from_now(1)};
  const Certificate alice = make_certificate(good.authority, request).value();
  options.tls.certificate_pem = alice.certificate_pem;
  options.tls.key_pem = alice.key_pem;
  BOOST_TEST(send(get(url()))->body == "secret");
  BOOST_REQUIRE(client_seen.has_value());
  BOOST_TEST(client_seen->common_name == "alice");
  BOOST_TEST(client_seen->organizations == (std::vector<std::string>{"system:masters", "devs"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_client_may_come_without_a_certificate) {
  TlsServerOptions tls = good.server();
  tls.client_ca_pem = good.authority.certificate_pem;
  serve(tls);
  BOOST_TEST(send(get(url()))->body == "secret");
  BOOST_TEST(!client_seen.has_value());
}

BOOST_AUTO_TEST_CASE(an_expired_client_certificate_is_refused_by_the_server) {
  TlsServerOptions tls = good.server();
  tls.client_ca_pem = good.authority.certificate_pem;
  serve(tls);
  CertificateRequest request{"alice", {}, {}, days_from_now(-2), days_from_now(-1)};
  const Certificate alice = make_certificate(good.authority, request).value();
  options.tls.certificate_pem = alice.certificate_pem;
  options.tls.key_pem = alice.key_pem;
  const std::string message = refusal(get(url()));
  BOOST_TEST(contains(message, "the other side refused: "));
  BOOST_TEST(contains(message, "certificate expired"));
}

BOOST_AUTO_TEST_CASE(a_key_of_another_certificate_is_refused_before_connecting) {
  options.tls.certificate_pem = good.certificate.certificate_pem;
  options.tls.key_pem = good.authority.key_pem;
  BOOST_TEST(contains(refusal(get("https://127.0.0.1:1/")), "client key does not belong to the certificate"));
}

BOOST_AUTO_TEST_CASE(text_that_is_no_pem_is_refused) {
  options.tls.ca_pem = "certainly not";
  BOOST_TEST(contains(refusal(get("https://127.0.0.1:1/")), "CA certificates: holds no PEM certificate"));
}

BOOST_AUTO_TEST_CASE(https_to_a_plain_server_says_so) {
  HttpServerOptions plain_options;
  server.emplace(io.get_executor(), plain_options,
                 [this](HttpServerRequest one, HttpResponder& responder) { return handle(std::move(one), responder); });
  BOOST_REQUIRE(server->start());
  BOOST_TEST(contains(refusal(get(url())), "does not speak TLS"));
}

BOOST_AUTO_TEST_CASE(a_server_that_never_shakes_hands_meets_the_deadline) {
  ScriptedServer silent(io, {Script{{""}, true}});
  std::string address = silent.url();
  address.insert(4, "s");
  options.connect_deadline = std::chrono::milliseconds(30);
  const auto response = send(get(address));
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::timeout));
  BOOST_TEST(contains(response.error().message, "cannot connect within 30ms"));
}

BOOST_AUTO_TEST_CASE(new_options_make_new_connections) {
  serve(good.server());
  HttpClient client(options);
  BOOST_TEST(run_on(io, client.send(get(url())))->body == "secret");
  TlsOptions other;
  other.ca_pem = TestCertificates().authority.certificate_pem;
  client.use_tls(other);
  BOOST_TEST(!run_on(io, client.send(get(url()))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
