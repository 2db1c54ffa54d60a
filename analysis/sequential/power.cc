// Growth of evidence as a random walk with drift, per stake: when it first reaches the level.
#include "analysis/sequential/power.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "analysis/sequential/ratio_engine.h"
#include "analysis/sequential/share_engine.h"

namespace sluice::analysis::sequential {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// What the walk overshoots the level by on average, and what the other stakes add.
constexpr double overshoot = .7;

struct Weighted {
  double value;
  double weight;
};

// A Poisson law: exactly while it is small, else as 25 points of the normal law with the same mean and variance.
std::vector<Weighted> poisson(double mean) {
  std::vector<Weighted> points;
  double sum = 0;
  if (mean < 60) {
    double weight = std::exp(-mean);
    for (int k = 0; k <= static_cast<int>(mean + 12 * std::sqrt(mean) + 20); ++k) {
      points.push_back({static_cast<double>(k), weight});
      sum += weight;
      weight *= mean / (k + 1);
    }
  } else {
    for (int i = -12; i <= 12; ++i) {
      const double z = i / 3.0;
      points.push_back({std::max(0.0, mean + z * std::sqrt(mean)), std::exp(-z * z / 2)});
      sum += points.back().weight;
    }
  }
  for (Weighted& point : points) point.weight /= sum;
  return points;
}

struct Growth {
  double mean = 0;  // of the logarithm of one bet, per block
  double variance = 0;
};

// The growth of each bet of an engine.
template <class Evidence, class Add>
std::vector<Growth> growth_of(const Plan& plan, Add add_block) {
  const std::vector<Weighted> canary = poisson(plan.canary_requests * plan.base_rate * plan.true_ratio);
  const std::vector<Weighted> baseline = poisson(plan.baseline_requests * plan.base_rate);
  std::vector<Growth> growth(std::tuple_size_v<Evidence>);
  std::vector<double> squares(growth.size());
  for (const Weighted& bad : canary)
    for (const Weighted& base : baseline) {
      Evidence evidence{};
      add_block(evidence, Block{plan.canary_requests, std::min(bad.value, plan.canary_requests), plan.baseline_requests,
                                std::min(base.value, plan.baseline_requests)});
      const double weight = bad.weight * base.weight;
      for (std::size_t i = 0; i < growth.size(); ++i) {
        growth[i].mean += weight * evidence[i];
        squares[i] += weight * evidence[i] * evidence[i];
      }
    }
  for (std::size_t i = 0; i < growth.size(); ++i)
    growth[i].variance = std::max(squares[i] - growth[i].mean * growth[i].mean, 1e-12);
  return growth;
}

std::vector<Growth> growth_of(Side side, const Plan& plan) {
  if (plan.clustered && side == Side::fail)
    return growth_of<ShareFailEvidence>(plan, [&](ShareFailEvidence& evidence, const Block& block) {
      add(evidence, ShareFailTest{plan.tolerance, plan.delta, plan.max_factor}, block);
    });
  // With an absolute tolerance the pass side bets on both engines, and the ratio engine is the one that needs no
  // errors.
  if (plan.clustered && plan.delta == 0)
    return growth_of<SharePassEvidence>(
        plan, [&](SharePassEvidence& evidence, const Block& block) { add(evidence, plan.effect, block); });
  const double ratio = side == Side::fail ? plan.tolerance : plan.effect;
  return growth_of<RatioEvidence>(plan, [&](RatioEvidence& evidence, const Block& block) {
    add(evidence, RatioTest{side, ratio, plan.delta, plan.phi}, block);
  });
}

double height_of(Side, const Plan& plan, std::size_t bets) {
  return -std::log(plan.level) + std::log(static_cast<double>(bets)) - overshoot;
}

// ln of the normal distribution function, also far out in the lower tail.
double log_normal_below(double z) {
  if (z > -30) return std::log(std::erfc(-z / std::sqrt(2.0)) / 2);
  return -z * z / 2 - std::log(-z * std::sqrt(2 * 3.14159265358979));
}

// The chance that a walk with drift has reached the height by then.
double reached(const Growth& growth, double height, double blocks) {
  const double spread = std::sqrt(growth.variance * blocks);
  const double straight = std::exp(log_normal_below((growth.mean * blocks - height) / spread));
  const double reflected = std::exp(2 * growth.mean * height / growth.variance +
                                    log_normal_below((-growth.mean * blocks - height) / spread));
  return std::clamp(straight + reflected, 0.0, 1.0);
}

}  // namespace

Power power_of(Side side, const Plan& plan) {
  Power power;
  power.plan = plan;
  power.side = side;
  power.typical_blocks = infinity;
  const std::vector<Growth> growth = growth_of(side, plan);
  const double height = height_of(side, plan, growth.size());
  for (const Growth& bet : growth)
    if (bet.mean > 0) power.typical_blocks = std::min(power.typical_blocks, height / bet.mean);
  return power;
}

double Power::probability_within(double blocks) const {
  if (blocks <= 0) return 0;
  const std::vector<Growth> growth = growth_of(side, plan);
  const double height = height_of(side, plan, growth.size());
  double best = 0;
  for (const Growth& bet : growth) best = std::max(best, reached(bet, height, blocks));
  return best;
}

double blocks_for(const Power& power, double wanted) {
  const std::vector<Growth> growth = growth_of(power.side, power.plan);
  const double height = height_of(power.side, power.plan, growth.size());
  const auto chance = [&](double blocks) {
    double best = 0;
    for (const Growth& bet : growth) best = std::max(best, reached(bet, height, blocks));
    return best;
  };
  double high = 1;
  while (chance(high) < wanted) {
    high *= 2;
    if (high > 1e6) return infinity;
  }
  double low = high / 2;
  while (high - low > .5) {
    const double middle = (low + high) / 2;
    (chance(middle) < wanted ? low : high) = middle;
  }
  return std::ceil(high);
}

double ratio_caught(const Plan& plan, double blocks, double wanted) {
  const auto is_caught = [&](double ratio) {
    Plan with = plan;
    with.true_ratio = ratio;
    return power_of(Side::fail, with).probability_within(blocks) >= wanted;
  };
  double high = std::max(plan.tolerance, 1.0) * 2;
  while (!is_caught(high)) {
    high *= 2;
    if (high > 1000) return infinity;
  }
  double low = std::max(plan.tolerance, high / 2);
  for (int i = 0; i < 12; ++i) {
    const double middle = std::sqrt(low * high);
    (is_caught(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace sluice::analysis::sequential
