// The text of /metrics.
#include "controller/metrics_page.h"

#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

BOOST_AUTO_TEST_CASE(series_of_one_name_stand_in_one_family) {
  MetricsPage page;
  page.add([](MetricFamilies& families) {
    families.gauge("rollout_info", "state", {{"name", "a"}}, 1);
    families.counter("other", "more", {}, 2);
    families.gauge("rollout_info", "state", {{"name", "b"}}, 1);
  });
  const std::string text = page.text();
  BOOST_TEST(text.find("# TYPE rollout_info gauge") == text.rfind("# TYPE rollout_info gauge"));
  BOOST_TEST(text.find("rollout_info{name=\"b\"} 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(histograms_count_upwards) {
  MetricsPage page;
  page.add([](MetricFamilies& families) {
    families.histogram("rollout_reconcile", "seconds", {}, {0.01, 0.5}, {3, 1, 2}, 4.5);
  });
  const std::string text = page.text();
  BOOST_TEST(text.find("rollout_reconcile_bucket{le=\"0.5\"} 4") != std::string::npos);
  BOOST_TEST(text.find("rollout_reconcile_bucket{le=\"+Inf\"} 6") != std::string::npos);
  BOOST_TEST(text.find("rollout_reconcile_count 6") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_process_tells_about_itself) {
  MetricsPage page;
  page.add(add_process_metrics);
  const std::string text = page.text();
  BOOST_TEST(text.find("process_resident_memory_bytes") != std::string::npos);
  BOOST_TEST(text.find("argo_rollouts_controller_info{version=") != std::string::npos);
}

}  // namespace
}  // namespace sluice::controller
