// What the metrics endpoint answers.
#include "sandbox/traffic/metrics_endpoint.h"

#include <boost/test/unit_test.hpp>

#include "sandbox/sandbox.h"

namespace sluice::sandbox {
namespace {

BOOST_AUTO_TEST_CASE(metrics_are_answered_at_their_path_only) {
  boost::asio::io_context io;
  kube::VirtualClock clock{io};
  const kube::Log log{kube::LogLevel::error, kube::LogFormat::text, [] { return kube::Time{}; },
                      [](std::string_view) {}};
  SandboxOptions options;
  options.traffic = TrafficOptions{};
  const Sandbox sandbox(io, clock, log, options);
  BOOST_REQUIRE(sandbox.traffic());
  const kube::HttpServerResponse found = metrics_answer(*sandbox.traffic(), {"GET", "/metrics?x=1"});
  BOOST_TEST(found.status == 200u);
  BOOST_TEST(found.content_type == "text/plain; version=0.0.4; charset=utf-8");
  BOOST_TEST(found.body.find("# TYPE http_requests_total counter") != std::string::npos);
  BOOST_TEST(metrics_answer(*sandbox.traffic(), {"GET", "/"}).status == 404u);
  BOOST_TEST(metrics_answer(*sandbox.traffic(), {"POST", "/metrics"}).status == 405u);
}

BOOST_AUTO_TEST_CASE(a_sandbox_without_traffic_sends_none) {
  boost::asio::io_context io;
  kube::VirtualClock clock{io};
  const kube::Log log{kube::LogLevel::error, kube::LogFormat::text, [] { return kube::Time{}; },
                      [](std::string_view) {}};
  const Sandbox sandbox(io, clock, log);
  BOOST_TEST(!sandbox.traffic());
}

}  // namespace
}  // namespace sluice::sandbox
