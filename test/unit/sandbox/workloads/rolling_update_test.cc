// The sizes of the ReplicaSets of a Deployment, step by step.
#include "sandbox/workloads/rolling_update.h"

#include <boost/test/unit_test.hpp>

namespace sluice::sandbox {
namespace {

struct Row {
  DeploymentSize deployment;
  SetSize newest;
  SetSize old;
  std::int64_t next_newest, next_old;
};

BOOST_AUTO_TEST_CASE(sizes_move_within_surge_and_unavailability) {
  const Row rows[] = {
      // replicas, surge, unavailable   desired, pods, available   old              newest, old
      {{4, 1, 0}, {0, 0, 0}, {4, 4, 4}, 1, 4},        // grows by the surge
      {{4, 1, 0}, {1, 1, 0}, {4, 4, 4}, 1, 4},        // waits for the new pod
      {{4, 1, 0}, {1, 1, 1}, {4, 4, 4}, 1, 3},        // then one old one may go
      {{4, 0, 1}, {0, 0, 0}, {4, 4, 4}, 0, 3},        // without surge an old one goes first
      {{4, 0, 1}, {0, 0, 0}, {3, 3, 3}, 1, 3},        // and a new one takes its place
      {{4, 1, 1}, {1, 1, 0}, {4, 4, 2}, 1, 3},        // pods that are not available go first, as far as all is told
      {{4, 1, 0}, {4, 4, 4}, {1, 1, 1}, 4, 0},        // the last old one
      {{2, 1, 0}, {4, 4, 4}, {0, 0, 0}, 2, 0},        // scaled down
      {{6, 1, 0}, {4, 4, 4}, {0, 0, 0}, 6, 0},        // scaled up without an update: all at once
      {{4, 0, 0, true}, {0, 0, 0}, {4, 4, 4}, 0, 0},  // recreate: the old ones go
      {{4, 0, 0, true}, {0, 0, 0}, {0, 2, 0}, 0, 0},  // all of them
      {{4, 0, 0, true}, {0, 0, 0}, {0, 0, 0}, 4, 0},  // then the new ones come
  };
  int number = 0;
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT("row " << ++number) {
      const NextSizes next = next_sizes(row.deployment, row.newest, {row.old});
      BOOST_TEST(next.newest == row.next_newest);
      BOOST_REQUIRE(next.old.size() == 1u);
      BOOST_TEST(next.old[0] == row.next_old);
    }
  }
}

}  // namespace
}  // namespace sluice::sandbox
