// The sizes of canary and stable sets: tables of the specification and properties over whole ranges.
#include "controller/replica_arithmetic.h"

#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace sluice::controller {

std::ostream& operator<<(std::ostream& to, const Sizes& sizes) { return to << sizes.canary << "/" << sizes.stable; }

namespace {

BOOST_AUTO_TEST_SUITE(replica_arithmetic)

BOOST_AUTO_TEST_CASE(finds_the_closest_ratio) {
  struct Row {
    int replicas, surge, weight;
    Sizes wanted;
  };
  const std::vector<Row> rows = {
      {1, 0, 49, {0, 1}},    {1, 0, 50, {1, 0}},  {1, 0, 99, {1, 0}},  {1, 1, 1, {1, 1}},    {1, 1, 75, {1, 1}},
      {1, 2, 99, {1, 1}},    {2, 0, 1, {1, 1}},   {2, 0, 50, {1, 1}},  {2, 0, 90, {1, 1}},   {2, 1, 10, {1, 2}},
      {2, 1, 50, {1, 1}},    {2, 1, 75, {2, 1}},  {3, 0, 33, {1, 2}},  {3, 0, 50, {2, 1}},   {3, 1, 25, {1, 3}},
      {3, 1, 33, {1, 2}},    {3, 1, 50, {2, 2}},  {3, 1, 75, {3, 1}},  {5, 1, 10, {1, 5}},   {5, 1, 20, {1, 4}},
      {5, 1, 33, {2, 4}},    {5, 1, 50, {3, 3}},  {5, 1, 90, {5, 1}},  {10, 0, 1, {1, 9}},   {10, 0, 14, {1, 9}},
      {10, 0, 15, {2, 8}},   {10, 0, 25, {3, 7}}, {10, 0, 99, {9, 1}}, {10, 1, 1, {1, 10}},  {10, 1, 20, {2, 8}},
      {10, 1, 24, {3, 8}},   {10, 1, 25, {3, 8}}, {10, 1, 75, {8, 3}}, {10, 1, 99, {10, 1}}, {10, 1, 0, {0, 10}},
      {10, 1, 100, {10, 0}}, {0, 1, 50, {0, 0}},
  };
  for (const Row& row : rows)
    BOOST_TEST(closest_sizes(row.replicas, row.weight, 100, row.surge) == row.wanted,
               "R=" << row.replicas << " S=" << row.surge << " W=" << row.weight << " gives "
                    << closest_sizes(row.replicas, row.weight, 100, row.surge) << ", not " << row.wanted);
}

BOOST_AUTO_TEST_CASE(defect_01_never_rounds_a_canary_away) {
  BOOST_TEST(closest_sizes(2, 75, 100, 0) == (Sizes{1, 1}));
  BOOST_TEST(closest_sizes(5, 90, 100, 0) == (Sizes{4, 1}));
  BOOST_TEST(closest_sizes(10, 95, 100, 0) == (Sizes{9, 1}));
  BOOST_TEST(closest_sizes(25, 98, 100, 0) == (Sizes{24, 1}));
  for (int replicas = 2; replicas <= 200; ++replicas)
    for (int surge = 0; surge <= 3; ++surge) {
      int before = 0;
      for (int weight = 0; weight <= 100; ++weight) {
        const Sizes sizes = closest_sizes(replicas, weight, 100, surge);
        const int total = sizes.canary + sizes.stable;
        const bool is_sound = total >= replicas && total <= replicas + (surge > 0 ? 1 : 0) && sizes.canary >= before;
        const bool is_mixed = weight == 0 || weight == 100 || (sizes.canary >= 1 && sizes.stable >= 1);
        if (!is_sound || !is_mixed)
          BOOST_ERROR("R=" << replicas << " S=" << surge << " W=" << weight << " gives " << sizes);
        before = sizes.canary;
      }
    }
}

BOOST_AUTO_TEST_CASE(edge_39_reads_the_fence) {
  struct Row {
    int replicas, surge, unavailable;
  };
  const crds::CanaryStrategy defaults;
  for (const Row& row : std::vector<Row>{{1, 1, 0},
                                         {2, 1, 0},
                                         {3, 1, 0},
                                         {4, 1, 1},
                                         {5, 2, 1},
                                         {7, 2, 1},
                                         {8, 2, 2},
                                         {10, 3, 2},
                                         {20, 5, 5},
                                         {0, 0, 0}}) {
    BOOST_TEST(fence_of(defaults, row.replicas).surge == row.surge);
    BOOST_TEST(fence_of(defaults, row.replicas).unavailable == row.unavailable);
  }
  const kube::IntOrString zero{std::int64_t{0}};
  BOOST_TEST(fence_of(zero, zero, 5).unavailable == 1);
  BOOST_TEST(fence_of(kube::IntOrString{std::string("2")}, zero, 100).surge == 2);
  BOOST_TEST(fence_of(kube::IntOrString{std::string("many")}, zero, 100).surge == 0);
  BOOST_TEST(fence_of(zero, kube::IntOrString{std::int64_t{9}}, 4).unavailable == 4);
}

// Resizes one set at a time, the stable one first, and has all pods available at once, until nothing changes.
std::string walk(int replicas, Fence fence, Sizes from, int weight) {
  std::string text = std::to_string(from.canary) + "/" + std::to_string(from.stable);
  for (int turn = 0; turn < 100; ++turn) {
    const Sizes next = next_basic_sizes({.replicas = replicas,
                                         .weight = weight,
                                         .fence = fence,
                                         .canary = {from.canary, from.canary},
                                         .stable = SetCounts{from.stable, from.stable}});
    if (next == from) return text;
    if (next.stable != from.stable)
      from.stable = next.stable;
    else
      from.canary = next.canary;
    text += " " + std::to_string(from.canary) + "/" + std::to_string(from.stable);
  }
  return text + " ...";
}

BOOST_AUTO_TEST_CASE(walks_within_the_fence) {
  const auto fence = [](int replicas) { return fence_of(crds::CanaryStrategy{}, replicas); };
  BOOST_TEST(walk(10, fence(10), {0, 10}, 20) == "0/10 0/8 2/8");
  BOOST_TEST(walk(10, fence(10), {2, 8}, 50) == "2/8 2/6 5/6 5/5");
  BOOST_TEST(walk(10, fence(10), {5, 5}, 100) == "5/5 5/3 10/3 10/0");
  BOOST_TEST(walk(10, {1, 0}, {0, 10}, 25) == "0/10 1/10 1/9 2/9 2/8 3/8");
  BOOST_TEST(walk(5, fence(5), {1, 4}, 100) == "1/4 1/3 4/3 4/0 5/0");
  BOOST_TEST(walk(4, {0, 1}, {0, 4}, 100) == "0/4 0/3 1/3 1/2 2/2 2/1 3/1 3/0 4/0");
  BOOST_TEST(walk(1, fence(1), {0, 1}, 50) == "0/1 1/1");
  BOOST_TEST(walk(1, fence(1), {1, 1}, 100) == "1/1 1/0");
  BOOST_TEST(walk(4, {1, 0}, {2, 2}, 0) == "2/2 2/3 1/3 1/4 0/4");
  BOOST_TEST(walk(10, fence(10), {5, 5}, 0) == "5/5 5/8 0/8 0/10");
}

BOOST_AUTO_TEST_CASE(edge_36_counts_only_what_is_available) {
  BOOST_TEST(next_basic_sizes(
                 {.replicas = 10, .weight = 100, .fence = {1, 0}, .canary = {10, 8}, .stable = SetCounts{10, 2}}) ==
             (Sizes{9, 2}));
  BOOST_TEST(next_basic_sizes({.replicas = 10,
                               .weight = 30,
                               .fence = {1, 0},
                               .canary = {0, 0},
                               .stable = SetCounts{1, 1},
                               .others_desired = 3}) == (Sizes{1, 7}));
  BOOST_TEST(
      next_basic_sizes({.replicas = 4, .weight = 100, .fence = {1, 0}, .canary = {1, 1}, .stable = SetCounts{4, 1}}) ==
      (Sizes{1, 3}));
  BOOST_TEST(next_basic_sizes({.replicas = 3, .weight = 20, .fence = {1, 0}, .canary = {0, 0}}) == (Sizes{3, 0}));
}

BOOST_AUTO_TEST_CASE(edge_38_keeps_demand_available_on_every_walk) {
  for (int replicas = 1; replicas <= 12; ++replicas)
    for (int surge = 0; surge <= 3; ++surge)
      for (int unavailable = surge == 0 ? 1 : 0; unavailable <= std::min(3, replicas); ++unavailable)
        for (int weight = 0; weight <= 100; weight += 10) {
          const Fence fence{surge, unavailable};
          Sizes sizes{0, replicas};
          for (int turn = 0; turn < 60; ++turn) {
            const Sizes next = next_basic_sizes({.replicas = replicas,
                                                 .weight = weight,
                                                 .fence = fence,
                                                 .canary = {sizes.canary, sizes.canary},
                                                 .stable = SetCounts{sizes.stable, sizes.stable}});
            if (next == sizes) break;
            if (next.stable != sizes.stable)
              sizes.stable = next.stable;
            else
              sizes.canary = next.canary;
            const int total = sizes.canary + sizes.stable;
            if (total < replicas - unavailable || total > replicas + surge)
              BOOST_ERROR("R=" << replicas << " S=" << surge << " U=" << unavailable << " W=" << weight << ": "
                               << sizes);
          }
          if (sizes != closest_sizes(replicas, weight, 100, surge))
            BOOST_ERROR("R=" << replicas << " S=" << surge << " U=" << unavailable << " W=" << weight << " rests at "
                             << sizes);
        }
}

BOOST_AUTO_TEST_CASE(sizes_a_routed_canary) {
  struct Row {
    RoutedCanaryInput input;
    int wanted;
  };
  const std::vector<Row> rows = {
      {{.replicas = 10, .weight = 5}, 1},
      {{.replicas = 10, .weight = 25}, 3},
      {{.replicas = 10, .weight = 99}, 10},
      {{.replicas = 4, .weight = 25}, 1},
      {{.replicas = 3, .weight = 50}, 2},
      {{.replicas = 7, .weight = 33}, 3},
      {{.replicas = 10, .weight = 5, .min_pods = 2}, 2},
      {{.replicas = 1, .weight = 100, .min_pods = 2}, 1},
      {{.replicas = 10, .weight = 0, .min_pods = 2}, 0},
      {{.replicas = 4, .weight = 25, .scale_weight = 200}, 8},
      {{.replicas = 10, .weight = 250, .max_weight = 1000}, 3},
      {{.replicas = 10, .weight = 50, .scale_replicas = 1, .scale_weight = 90}, 1},
      {{.replicas = 50, .weight = 100'000'000, .max_weight = 100'000'000}, 50},
  };
  for (const Row& row : rows) BOOST_TEST(routed_canary_size(row.input) == row.wanted);
  BOOST_TEST(weight_for_pods(9, 10, 100) == 90);
  BOOST_TEST(weight_for_pods(11, 10, 100) == 100);
  BOOST_TEST(weight_for_pods(0, 0, 100) == 100);
  BOOST_TEST(pods_for_weight(std::numeric_limits<int>::max(), 100, 100) == std::numeric_limits<int>::max());
}

BOOST_AUTO_TEST_CASE(defect_38_a_threshold_larger_than_the_step_does_not_block_it) {
  const auto pods = [](int value) { return crds::Seldom(crds::ReplicaProgressThreshold{"Pods", value}); };
  const auto percent = [](int value) { return crds::Seldom(crds::ReplicaProgressThreshold{"Percent", value}); };
  BOOST_TEST(is_enough(pods(5), 2, 2));
  BOOST_TEST(!is_enough(pods(5), 8, 4));
  BOOST_TEST(is_enough(percent(80), 10, 8));
  BOOST_TEST(!is_enough(percent(80), 10, 7));
  BOOST_TEST(is_enough(percent(80), 0, 0));
  BOOST_TEST(is_enough({}, 3, 3));
  BOOST_TEST(!is_enough({}, 3, 2));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::controller
