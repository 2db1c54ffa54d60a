// Backoff grows to its cap, and its jitter can be repeated.
#include "kube/backoff.h"

#include <set>

#include <boost/test/unit_test.hpp>

namespace sluice::kube {
namespace {

using std::chrono::milliseconds;

constexpr BackoffLimits limits{milliseconds(200), milliseconds(30'000)};

BOOST_AUTO_TEST_CASE(doubles_up_to_the_cap) {
  struct Row {
    int failures;
    int wait;
  };
  const Row rows[] = {{-1, 0}, {0, 0}, {1, 200}, {2, 400}, {3, 800}, {8, 25'600}, {9, 30'000}, {1'000'000, 30'000}};
  for (const Row& row : rows) BOOST_TEST((backoff_after(row.failures, limits) == milliseconds(row.wait)));
}

BOOST_AUTO_TEST_CASE(jitter_stays_near_the_backoff_and_can_be_repeated) {
  std::set<Duration> waits;
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    for (int failures = 1; failures < 12; ++failures) {
      const Duration plain = backoff_after(failures, limits);
      const Duration wait = jittered_backoff_after(failures, limits, seed);
      BOOST_TEST((wait >= plain * 3 / 4 && wait <= plain * 5 / 4));
      BOOST_TEST((wait >= limits.base && wait <= limits.cap));
      BOOST_TEST((wait == jittered_backoff_after(failures, limits, seed)));
      waits.insert(wait);
    }
  BOOST_TEST(waits.size() > 1000u);
  BOOST_TEST((jittered_backoff_after(0, limits, 7) == Duration::zero()));
}

BOOST_AUTO_TEST_CASE(the_hash_is_the_same_everywhere) {
  BOOST_TEST(stable_hash("pods") == stable_hash("pods"));
  BOOST_TEST(stable_hash("pods") != stable_hash("pod"));
  BOOST_TEST(stable_hash("pods", 1) != stable_hash("pods", 2));
}

}  // namespace
}  // namespace sluice::kube
