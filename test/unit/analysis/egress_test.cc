// Where metrics may not go, whatever way their addresses are written.
#include "analysis/egress.h"

#include <boost/test/unit_test.hpp>

#include "test/unit/analysis/backend.h"

namespace sluice::analysis {
namespace {

BOOST_AUTO_TEST_SUITE(egress_tests, *boost::unit_test::timeout(60))

BOOST_AUTO_TEST_CASE(addresses_are_judged_by_what_they_are) {
  const struct {
    const char *address, *kind;  // "" when it is asked
    bool opens;                  // an operator can allow it
  } rows[] = {
      {"10.1.2.3", "", true},
      {"192.168.1.1", "", true},
      {"93.184.216.34", "", true},
      {"2606:2800:220:1::1", "", true},
      {"fd12::1", "", true},
      {"127.0.0.1", "a loopback address", true},
      {"127.8.9.1", "a loopback address", true},
      {"::1", "a loopback address", true},
      {"::ffff:127.0.0.1", "a loopback address", true},
      {"64:ff9b::7f00:1", "a loopback address", true},
      {"2002:7f00:1::", "a loopback address", true},
      {"0.0.0.0", "an unspecified address", true},
      {"::", "an unspecified address", true},
      {"169.254.7.7", "a link-local address", true},
      {"fe80::1%eth0", "a link-local address", true},
      {"169.254.169.254", "a metadata service", false},
      {"::ffff:169.254.169.254", "a metadata service", false},
      {"64:ff9b::a9fe:a9fe", "a metadata service", false},
      {"fd00:ec2::254", "a metadata service", false},
      {"100.100.100.200", "a metadata service", false},
      {"168.63.129.16", "a metadata service", false},
      {"224.0.0.1", "a multicast address", false},
      {"ff02::1", "a multicast address", false},
      {"255.255.255.255", "a broadcast or reserved address", false},
      {"2001:0:1::", "a Teredo address", false},
  };
  const EgressRules closed, open{{"0.0.0.0/0", "::/0"}, {}};
  for (const auto& row : rows) {
    const auto refused = refusal_of_address("metrics.example", row.address, 9090, closed);
    BOOST_TEST(refused.has_value() == (*row.kind != 0), row.address);
    if (refused) {
      BOOST_TEST(refused->starts_with("EgressDenied: host \"metrics.example\" leads to " + std::string(row.kind)),
                 *refused);
      BOOST_TEST(refused->find(row.address) == std::string::npos);
      BOOST_TEST((refused->find("--analysis-egress-allow") != std::string::npos) == row.opens);
    }
    BOOST_TEST(!refusal_of_address("metrics.example", row.address, 9090, open) == row.opens, row.address);
  }
}

BOOST_AUTO_TEST_CASE(the_api_server_is_known_by_address_and_port) {
  const EgressRules rules{{}, {"10.96.0.1:443", "[fd00::1]:6443", "api.internal:6443"}};
  BOOST_TEST(refusal_of_address("web", "10.96.0.1", 443, rules).has_value());
  BOOST_TEST(refusal_of_address("web", "::ffff:10.96.0.1", 443, rules).has_value());
  BOOST_TEST(!refusal_of_address("web", "10.96.0.1", 9090, rules));
  BOOST_TEST(refusal_of_address("web", "fd00::1", 6443, rules).has_value());
  BOOST_TEST(refusal_of_address("api.internal", "10.5.5.5", 6443, rules).has_value());
  BOOST_TEST(!refusal_of_address("other.internal", "10.5.5.5", 6443, rules));
  EgressRules opened = rules;
  opened.allowed = {"10.0.0.0/8"};
  BOOST_TEST(refusal_of_address("web", "10.96.0.1", 443, opened).has_value());
  opened.allowed = {"10.96.0.1"};
  BOOST_TEST(!refusal_of_address("web", "10.96.0.1", 443, opened));
}

BOOST_AUTO_TEST_CASE(the_list_of_the_command_line_is_read_or_refused) {
  BOOST_TEST(parse_egress_list("127.0.0.0/8, ::1,10.0.0.7").value().size() == 3u);
  BOOST_TEST(parse_egress_list("").value().empty());
  for (const char* bad : {"localhost", "127.0.0.0/33", "127.0.0.0/x", "1.2.3", "::/129"})
    BOOST_TEST(parse_egress_list(bad).error().message.find(bad) != std::string::npos);
}

// Over real sockets: what is refused sends not a single byte.
BOOST_AUTO_TEST_CASE(a_refused_address_is_never_connected_to) {
  net::io_context io{1};
  kube::ScriptedServer server(io, {{{kube::reply("1")}}, {{kube::reply("1")}}});
  const std::string port = server.url("").substr(server.url("").rfind(':') + 1);
  const FetchHttp closed = fetch_over_network({});
  for (const std::string& host : {"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"}) {
    const auto refused = kube::run_on(io, closed(kube::get("http://" + host + ":" + port + "/"), true));
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.error().fault == kube::Fault::forbidden));
    BOOST_TEST(refused.error().message.find("EgressDenied") != std::string::npos, refused.error().message);
  }
  io.poll();
  BOOST_TEST(server.accepted() == 0u);
  const FetchHttp open = fetch_over_network({{"127.0.0.0/8", "::1"}, {}});
  BOOST_TEST(kube::run_on(io, open(kube::get("http://127.0.0.1:" + port + "/"), true))->body == "1");
}

BOOST_AUTO_TEST_CASE(namespaces_share_no_connection) {
  net::io_context io{1};
  kube::ScriptedServer server(io, {{{kube::reply("1"), kube::reply("2")}, true}, {{kube::reply("3")}, true}});
  const FetchHttp open = fetch_over_network({{"127.0.0.0/8"}, {}});
  const auto ask = [&](const char* ns) {
    kube::HttpRequest request = kube::get(server.url());
    request.partition = ns;
    return kube::run_on(io, open(std::move(request), true))->body;
  };
  BOOST_TEST(ask("shop") == "1");
  BOOST_TEST(ask("bank") == "3");
  BOOST_TEST(ask("shop") == "2");
  BOOST_TEST(server.accepted() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
