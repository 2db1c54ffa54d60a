// Counts of requests and the metrics made of them.
#include "sandbox/traffic/request_counts.h"

#include <boost/test/unit_test.hpp>

namespace sluice::sandbox {
namespace {

const kube::ObjectKey entry{"shop", "service/web"};

RequestCounts::Answer answer(bool is_error, kube::Duration latency = std::chrono::milliseconds(30)) {
  return {{"shop", "web"}, "web-1", "abc", is_error, latency};
}

bool has_line(const RequestCounts& counts, std::string_view line) {
  const std::string text = "\n" + counts.metrics_text();
  return text.find("\n" + std::string(line) + "\n") != text.npos;
}

BOOST_AUTO_TEST_CASE(answers_and_losses_are_told_apart) {
  RequestCounts counts;
  counts.answered(entry, answer(false));
  counts.answered(entry, answer(false));
  counts.answered(entry, answer(true));
  counts.lost(entry, Loss::no_endpoint);
  BOOST_TEST(counts.of_entry(entry).sent == 4u);
  BOOST_TEST(counts.of_entry(entry).errors == 1u);
  BOOST_TEST(counts.of_entry(entry).all_lost() == 1u);
  BOOST_TEST(counts.of_hash({"shop", "web"}, "abc").ok == 2u);
  const std::string pod = R"(http_requests_total{namespace="shop",service="web",pod="web-1",pod_template_hash="abc",)";
  BOOST_TEST(has_line(counts, pod + R"(code="200"} 2)"));
  BOOST_TEST(has_line(counts, pod + R"(code="500"} 1)"));
  BOOST_TEST(has_line(counts, R"(sandbox_requests_total{namespace="shop",entry="service/web"} 4)"));
  BOOST_TEST(has_line(counts, R"(sandbox_request_errors_total{namespace="shop",entry="service/web"} 1)"));
  BOOST_TEST(
      has_line(counts, R"(sandbox_requests_lost_total{namespace="shop",entry="service/web",reason="no_endpoint"} 1)"));
  BOOST_TEST(
      has_line(counts, R"(sandbox_requests_lost_total{namespace="shop",entry="service/web",reason="pod_gone"} 0)"));
}

BOOST_AUTO_TEST_CASE(the_histogram_is_cumulative) {
  RequestCounts counts;
  for (const int milliseconds : {3, 25, 30, 5000})
    counts.answered(entry, answer(false, std::chrono::milliseconds(milliseconds)));
  const std::string set = R"({namespace="shop",service="web",pod_template_hash="abc")";
  const std::string bucket = "http_request_duration_seconds_bucket" + set;
  BOOST_TEST(has_line(counts, bucket + R"(,le="0.005"} 1)"));
  BOOST_TEST(has_line(counts, bucket + R"(,le="0.025"} 2)"));
  BOOST_TEST(has_line(counts, bucket + R"(,le="0.05"} 3)"));
  BOOST_TEST(has_line(counts, bucket + R"(,le="2.5"} 3)"));
  BOOST_TEST(has_line(counts, bucket + R"(,le="+Inf"} 4)"));
  BOOST_TEST(has_line(counts, "http_request_duration_seconds_sum" + set + "} 5.058000"));
  BOOST_TEST(has_line(counts, "http_request_duration_seconds_count" + set + "} 4"));
}

BOOST_AUTO_TEST_CASE(label_values_are_escaped) {
  RequestCounts counts;
  counts.lost({"shop", "service/a\"b\\c"}, Loss::pod_gone);
  BOOST_TEST(has_line(counts, R"(sandbox_requests_total{namespace="shop",entry="service/a\"b\\c"} 1)"));
}

BOOST_AUTO_TEST_CASE(pods_that_are_gone_are_forgotten_but_not_their_entry) {
  RequestCounts counts;
  const kube::Time noon{std::chrono::seconds(1'800'000'000)};
  counts.answered(entry, answer(false));
  counts.pod_gone({"shop", "web-1"}, noon);
  counts.forget(noon);
  BOOST_TEST(counts.metrics_text().find("web-1") != std::string::npos);
  counts.forget(noon + std::chrono::seconds(1));
  BOOST_TEST(counts.metrics_text().find("web-1") == std::string::npos);
  BOOST_TEST(counts.of_entry(entry).sent == 1u);
}

}  // namespace
}  // namespace sluice::sandbox
