// Numbers that look random and are the same in every run: a seed and a text decide them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::sandbox {

// Spreads one number over all 64 bits; a bijection.
constexpr std::uint64_t mix(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15u;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9u;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebu;
  return number ^ (number >> 31);
}

// A number for a text; other seeds give other numbers.
constexpr std::uint64_t roll(std::uint64_t seed, std::string_view text) {
  std::uint64_t sum = seed ^ 0xcbf29ce484222325u;
  for (const char letter : text) sum = (sum ^ static_cast<unsigned char>(letter)) * 0x100000001b3u;
  return mix(sum);
}

// The same as a share of one: 0 <= x < 1.
constexpr double share_of_one(std::uint64_t number) { return static_cast<double>(number >> 11) * 0x1.0p-53; }

// A sequence of numbers from one seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return mix(state_++); }
  double next_share() { return share_of_one(next()); }

 private:
  std::uint64_t state_;
};

// `length` letters and digits that cannot form a word, as Kubernetes ends generated names.
inline std::string name_suffix(std::uint64_t number, int length = 5) {
  constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix;
  for (int at = 0; at < length; ++at, number /= alphabet.size()) suffix += alphabet[number % alphabet.size()];
  return suffix;
}

}  // namespace sluice::sandbox
