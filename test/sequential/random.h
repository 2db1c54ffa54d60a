// Random numbers of the simulated rollouts: xoshiro256**, one stream per run, so that every run can be repeated alone.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>

namespace sluice::sequential_test {

class Random {
 public:
  using result_type = std::uint64_t;
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {  // splitmix64
      seed += 0x9e3779b97f4a7c15ULL;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
      word = z ^ (z >> 31);
    }
  }
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }
  result_type operator()() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // In (0, 1).
  double uniform() { return (static_cast<double>((*this)() >> 11) + .5) * 0x1.0p-53; }
  double exponential(double mean) { return -mean * std::log(uniform()); }
  double normal() { return std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform()); }
  double gamma(double shape, double scale) { return std::gamma_distribution<double>(shape, scale)(*this); }
  // Exactly, by multiplying uniforms, while the mean is small; else by the library's rejection.
  double poisson(double mean) {
    if (mean <= 0) return 0;
    if (mean > 12) return static_cast<double>(std::poisson_distribution<std::int64_t>(mean)(*this));
    const double limit = std::exp(-mean);
    double product = uniform();
    double count = 0;
    for (; product > limit; product *= uniform()) ++count;
    return count;
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace sluice::sequential_test
