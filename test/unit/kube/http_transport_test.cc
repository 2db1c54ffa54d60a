// Requests with credentials: what is sent, and what happens when it is refused.
#include "kube/http_transport.h"

#include <boost/test/unit_test.hpp>

#include "http_fixture.h"
#include "kube/credentials.h"
#include "temporary_folder.h"

namespace sluice::kube {
namespace {

struct Fixture {
  net::io_context io{1};
  VirtualClock clock{io};
  TemporaryFolder folder;
  ClusterAccess access;
  std::optional<HttpServer> server;
  std::vector<HttpServerRequest> seen;
  std::string good_authorization;  // others are answered with 401; "" takes all
  HttpServerResponse answer;

  Fixture() {
    answer.body = R"({"kind":"Status"})";
    serve(std::nullopt);
  }

  void serve(std::optional<TlsServerOptions> tls) {
    HttpServerOptions options;
    const std::string scheme = tls ? "https" : "http";
    options.tls = std::move(tls);
    server.emplace(io.get_executor(), options, [this](HttpServerRequest request, HttpResponder& responder) {
      return handle(std::move(request), responder);
    });
    BOOST_REQUIRE(server->start());
    access.server = scheme + "://127.0.0.1:" + std::to_string(server->port());
  }

  net::awaitable<void> handle(HttpServerRequest request, HttpResponder& responder) {
    HttpServerResponse response = answer;
    if (!good_authorization.empty() && request.headers.get("Authorization") != good_authorization)
      response.status = 401;
    const bool watch = request.target.find("watch") != std::string::npos;
    seen.push_back(std::move(request));
    if (watch && response.status == 200)
      co_await responder.start(std::move(response));
    else
      co_await responder.send(std::move(response));
  }

  static ApiRequest pods() {
    ApiRequest request;
    request.method = "GET";
    request.target = "/api/v1/pods";
    return request;
  }
  Result<ApiResponse> send(HttpTransport& transport) { return run_on(io, transport.send(pods())); }
  Result<ApiResponse> send() {
    HttpTransport transport(access, clock, {});
    return send(transport);
  }
  std::string authorization(std::size_t request) const {
    return std::string(seen.at(request).headers.get("Authorization"));
  }
  // A plugin that prints a token counting its runs: "run-1", "run-2", ...
  void use_counting_plugin(const std::string& more_status) {
    ExecPlugin plugin;
    plugin.api_version = "client.authentication.k8s.io/v1";
    plugin.command = folder.write_program(
        "login",
        "echo run >> " + folder.path("runs") + "\nn=$(wc -l < " + folder.path("runs") +
            ")\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{" +
            more_status + "\"token\":\"run-'$n'\"}}'\n");
    access.credentials.exec = plugin;
  }
};

bool contains(const std::string& text, const std::string& part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) BOOST_TEST_MESSAGE("not in: " << text);
  return found;
}

BOOST_FIXTURE_TEST_SUITE(http_transport, Fixture, *boost::unit_test::timeout(30))

BOOST_AUTO_TEST_CASE(sends_the_request_with_its_token) {
  access.server += "/prefix";
  access.credentials.token = "secret";
  HttpTransport transport(access, clock, {});
  ApiRequest request;
  request.method = "PATCH";
  request.target = "/api/v1/namespaces/a/pods/b?dryRun=All";
  request.content_type = "application/merge-patch+json";
  request.body = "{}";
  const auto response = run_on(io, transport.send(request));
  BOOST_REQUIRE(response);
  BOOST_TEST(response->status == 200u);
  BOOST_TEST(response->body == R"({"kind":"Status"})");
  BOOST_TEST(seen.at(0).method == "PATCH");
  BOOST_TEST(seen.at(0).target == "/prefix/api/v1/namespaces/a/pods/b?dryRun=All");
  BOOST_TEST(seen.at(0).headers.get("Content-Type") == "application/merge-patch+json");
  BOOST_TEST(seen.at(0).headers.get("Accept") == "application/json");
  BOOST_TEST(authorization(0) == "Bearer secret");
}

BOOST_AUTO_TEST_CASE(a_password_and_another_identity_become_headers) {
  access.credentials.username = "me";
  access.credentials.password = "secret";
  access.credentials.as_user = "carol";
  access.credentials.as_groups = {"devs"};
  BOOST_REQUIRE(send());
  BOOST_TEST(authorization(0) == "Basic bWU6c2VjcmV0");
  BOOST_TEST(seen.at(0).headers.get("Impersonate-User") == "carol");
  BOOST_TEST(seen.at(0).headers.get("Impersonate-Group") == "devs");
}

BOOST_AUTO_TEST_CASE(says_when_to_come_back) {
  answer.status = 429;
  answer.headers.add("Retry-After", "7");
  BOOST_TEST((send()->retry_after == Duration(std::chrono::seconds(7))));
  answer.headers.set("Retry-After", "Thu, 01 Jan 2026 00:00:09 GMT");  // the clock stands at that midnight
  BOOST_TEST((send()->retry_after == Duration(std::chrono::seconds(9))));
  answer.headers.set("Retry-After", "soon");
  BOOST_TEST(!send()->retry_after.has_value());
}

BOOST_AUTO_TEST_CASE(a_watch_is_a_stream_of_lines) {
  answer.body = "{\"type\":\"ADDED\"}\n{\"type\":\"DELETED\"}\n";
  HttpTransport transport(access, clock, {});
  ApiRequest request = pods();
  request.target += "?watch=1";
  auto opened = run_on(io, transport.open(request));
  BOOST_REQUIRE(opened);
  BOOST_TEST(opened->head.status == 200u);
  BOOST_TEST(**run_on(io, opened->lines->next()) == "{\"type\":\"ADDED\"}");
  BOOST_TEST(**run_on(io, opened->lines->next()) == "{\"type\":\"DELETED\"}");
  BOOST_TEST(!run_on(io, opened->lines->next())->has_value());
}

BOOST_AUTO_TEST_CASE(a_refused_watch_says_why) {
  answer.status = 410;
  HttpTransport transport(access, clock, {});
  auto opened = run_on(io, transport.open(pods()));
  BOOST_REQUIRE(opened);
  BOOST_TEST(opened->head.status == 410u);
  BOOST_TEST(opened->head.body == R"({"kind":"Status"})");
  BOOST_TEST(!opened->lines);
}

BOOST_AUTO_TEST_CASE(a_rotated_token_file_is_read_again_after_a_minute) {
  access.credentials.token_file = folder.write("token", "first\n");
  HttpTransport transport(access, clock, {});
  BOOST_REQUIRE(send(transport));
  folder.write("token", "second\n");
  BOOST_REQUIRE(send(transport));
  clock.run_for(std::chrono::seconds(61));
  BOOST_REQUIRE(send(transport));
  BOOST_TEST(authorization(0) == "Bearer first");
  BOOST_TEST(authorization(1) == "Bearer first");
  BOOST_TEST(authorization(2) == "Bearer second");
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_read_again_at_once) {
  access.credentials.token_file = folder.write("token", "first");
  HttpTransport transport(access, clock, {});
  BOOST_REQUIRE(send(transport));
  folder.write("token", "second");
  good_authorization = "Bearer second";
  BOOST_TEST(send(transport)->status == 200u);
  BOOST_TEST(seen.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_refused_token_that_did_not_change_is_not_sent_again) {
  access.credentials.token_file = folder.write("token", "first");
  good_authorization = "Bearer other";
  BOOST_TEST(send()->status == 401u);
  BOOST_TEST(seen.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_token_file_that_goes_away_leaves_the_last_token) {
  access.credentials.token_file = folder.write("token", "first");
  HttpTransport transport(access, clock, {});
  BOOST_REQUIRE(send(transport));
  std::filesystem::remove(access.credentials.token_file);
  clock.run_for(std::chrono::seconds(61));
  BOOST_REQUIRE(send(transport));
  BOOST_TEST(authorization(1) == "Bearer first");
}

BOOST_AUTO_TEST_CASE(a_missing_token_file_is_named) {
  access.credentials.token_file = folder.path("token");
  const auto response = send();
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::unauthorized));
  BOOST_TEST(contains(response.error().message, "token file " + folder.path("token")));
}

BOOST_AUTO_TEST_CASE(a_plugin_is_run_once_until_its_credential_expires) {
  use_counting_plugin(R"("expirationTimestamp":"2026-01-01T01:00:00Z",)");
  HttpTransport transport(access, clock, {});
  BOOST_REQUIRE(send(transport));
  BOOST_REQUIRE(send(transport));
  clock.run_for(std::chrono::hours(1));
  BOOST_REQUIRE(send(transport));
  BOOST_TEST(authorization(0) == "Bearer run-1");
  BOOST_TEST(authorization(1) == "Bearer run-1");
  BOOST_TEST(authorization(2) == "Bearer run-2");
}

BOOST_AUTO_TEST_CASE(a_refused_plugin_credential_is_fetched_anew_once) {
  use_counting_plugin("");
  good_authorization = "Bearer run-2";
  HttpTransport transport(access, clock, {});
  BOOST_TEST(send(transport)->status == 200u);
  good_authorization = "Bearer none";
  BOOST_TEST(send(transport)->status == 401u);
  BOOST_TEST(send(transport)->status == 401u);
  // The plugin is not run for each refusal: only again after some seconds.
  BOOST_TEST(authorization(seen.size() - 1) == "Bearer run-2");
  clock.run_for(std::chrono::seconds(11));
  good_authorization = "Bearer run-3";
  BOOST_TEST(send(transport)->status == 200u);
}

BOOST_AUTO_TEST_CASE(tasks_that_ask_at_the_same_time_share_one_run) {
  use_counting_plugin("");
  HttpTransport transport(access, clock, {});
  int ended = 0;
  for (int task = 0; task < 3; ++task)
    net::co_spawn(io, transport.send(pods()), [&](std::exception_ptr error, Result<ApiResponse> response) {
      if (!error && response && response->status == 200) ++ended;
    });
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (ended < 3 && std::chrono::steady_clock::now() < end) io.run_one_until(end);
  BOOST_TEST(ended == 3);
  for (const auto& request : seen) BOOST_TEST(request.headers.get("Authorization") == "Bearer run-1");
}

BOOST_AUTO_TEST_CASE(a_failing_plugin_is_named_with_what_it_said) {
  ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command = folder.write_program("login", "echo session is over >&2; exit 7\n");
  plugin.install_hint = "log in again";
  access.credentials.exec = plugin;
  access.source = "context x of y";
  const auto response = send();
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::unauthorized));
  BOOST_TEST(contains(response.error().message, "login of context x of y ended with 7: session is over; log in again"));
}

BOOST_AUTO_TEST_CASE(a_missing_plugin_is_named) {
  ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command = "no-such-plugin-here";
  access.credentials.exec = plugin;
  BOOST_TEST(contains(send().error().message, "there is no such program"));
}

BOOST_AUTO_TEST_CASE(the_plugin_learns_about_the_cluster_when_it_should) {
  ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command = folder.write_program("login", "echo \"$KUBERNETES_EXEC_INFO\" >&2; echo $MINE >&2; exit 1\n");
  plugin.environment = {{"MINE", "my-value"}};
  plugin.provide_cluster_info = true;
  access.credentials.exec = plugin;
  const std::string message = send().error().message;
  BOOST_TEST(contains(message, "\"server\":\"" + access.server + "\""));
  BOOST_TEST(contains(message, "\"interactive\":false"));
  BOOST_TEST(contains(message, "my-value"));
}

BOOST_AUTO_TEST_CASE(what_a_plugin_prints_is_checked) {
  const std::string version = "client.authentication.k8s.io/v1";
  const auto said = [&](const std::string& text) {
    const auto parsed = parse_plugin_credential(text, version);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  const std::string head = R"({"apiVersion":")" + version + R"(","kind":"ExecCredential")";
  BOOST_TEST(said(head + R"(,"status":{"token":"t"}})") == "accepted");
  BOOST_TEST(contains(said("please log in"), "printed no JSON"));
  BOOST_TEST(contains(said(head + "}"), "neither a token nor a client certificate"));
  BOOST_TEST(contains(said(head + R"(,"status":{"clientKeyData":"k"}})"), "only one of"));
  BOOST_TEST(contains(said(R"({"apiVersion":"v1","kind":"Pod"})"), "a Pod instead of"));
  BOOST_TEST(contains(said(R"({"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential"})"),
                      "but the kubeconfig says " + version));
  BOOST_TEST(contains(said(head + R"(,"status":{"token":"t","expirationTimestamp":"tomorrow"}})"),
                      "status.expirationTimestamp: must be a time"));
}

BOOST_AUTO_TEST_CASE(a_plugin_may_bring_a_client_certificate) {
  const TestCertificates certificates;
  TlsServerOptions tls = certificates.server();
  tls.client_ca_pem = certificates.authority.certificate_pem;
  serve(tls);
  access.tls.ca_pem = certificates.authority.certificate_pem;
  CertificateRequest request{"alice", {}, {}, days_from_now(-1), days_from_now(1)};
  const Certificate alice = make_certificate(certificates.authority, request).value();
  const auto quoted = [](std::string text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\n");
    return text;
  };
  folder.write(
      "answer",
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"clientCertificateData":")" +
          quoted(alice.certificate_pem) + R"(","clientKeyData":")" + quoted(alice.key_pem) + "\"}}");
  ExecPlugin plugin;
  plugin.api_version = "client.authentication.k8s.io/v1";
  plugin.command = "cat";
  plugin.arguments = {folder.path("answer")};
  access.credentials.exec = plugin;
  const auto response = send();
  BOOST_REQUIRE_MESSAGE(response, response.error().message);
  BOOST_TEST(seen.at(0).client.value().common_name == "alice");
}

BOOST_AUTO_TEST_CASE(rotated_client_certificate_files_are_picked_up) {
  const TestCertificates certificates;
  TlsServerOptions tls = certificates.server();
  tls.client_ca_pem = certificates.authority.certificate_pem;
  serve(tls);
  access.tls.ca_pem = certificates.authority.certificate_pem;
  const auto issue = [&](const std::string& name) {
    CertificateRequest request{name, {}, {}, days_from_now(-1), days_from_now(1)};
    const Certificate made = make_certificate(certificates.authority, request).value();
    access.certificate_file = folder.write("me.pem", made.certificate_pem);
    access.key_file = folder.write("me.key", made.key_pem);
    return made;
  };
  const Certificate first = issue("first");
  access.tls.certificate_pem = first.certificate_pem;
  access.tls.key_pem = first.key_pem;
  HttpTransport transport(access, clock, {});
  BOOST_REQUIRE(send(transport));
  issue("second");
  clock.run_for(std::chrono::seconds(61));
  BOOST_REQUIRE(send(transport));
  BOOST_TEST(seen.at(0).client.value().common_name == "first");
  BOOST_TEST(seen.at(1).client.value().common_name == "second");
}

BOOST_AUTO_TEST_CASE(a_wrong_authority_is_told_with_the_place_to_change) {
  serve(TestCertificates().server());
  access.tls.ca_pem = TestCertificates().authority.certificate_pem;
  access.source = "context x of y";
  const auto response = send();
  BOOST_REQUIRE(!response);
  BOOST_TEST((response.error().fault == Fault::unavailable));
  BOOST_TEST(contains(response.error().message, "GET https://127.0.0.1:"));
  BOOST_TEST(contains(response.error().message, "unknown authority"));
  BOOST_TEST(contains(response.error().message, "come from context x of y"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
