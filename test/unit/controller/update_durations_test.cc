// Durations are counted once, when they are durable.
#include "controller/update_durations.h"

#include <boost/test/unit_test.hpp>

namespace sluice::controller {
namespace {

constexpr kube::Time noon{std::chrono::seconds{1767355200}};

crds::RolloutStatus started(int seconds = 0) {
  crds::RolloutStatus status;
  status.duration.obtain().rollout_started_at = noon + std::chrono::seconds(seconds);
  return status;
}

crds::RolloutStatus finished(int seconds, const char* how) {
  crds::RolloutStatus status = started();
  status.duration->finished_at = noon + std::chrono::seconds(seconds);
  status.duration->completion_status = how;
  return status;
}

std::string page(const UpdateDurations& durations) {
  MetricFamilies families;
  durations.add_metrics(families);
  std::string text;
  for (const prometheus::MetricFamily& family : families.all())
    for (const prometheus::ClientMetric& metric : family.metric)
      text += family.name + "{" + metric.label.front().value + "} " + std::to_string(metric.histogram.sample_count) +
              " " + std::to_string(static_cast<int>(metric.histogram.sample_sum)) + "\n";
  return text;
}

BOOST_AUTO_TEST_SUITE(update_durations)

BOOST_AUTO_TEST_CASE(edge_64_an_update_is_counted_once_and_only_when_its_end_is_durable) {
  UpdateDurations durations;
  durations.note(started(), started());
  BOOST_TEST(page(durations) == "");
  crds::RolloutStatus end = finished(100, "Promoted");
  end.duration->total_manual_pause_duration_seconds = 40;
  durations.note(started(), end);
  durations.note(end, end);
  BOOST_TEST(page(durations) ==
             "rollout_duration_seconds{Promoted} 1 100\n"
             "rollout_progression_duration_seconds{Promoted} 1 60\n"
             "rollout_manual_pause_duration_seconds{Promoted} 1 40\n");
}

BOOST_AUTO_TEST_CASE(one_that_another_took_the_place_of_is_superseded) {
  UpdateDurations durations;
  durations.note(started(), started(30));
  BOOST_TEST(page(durations).find("rollout_duration_seconds{Superseded} 1 30") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller
