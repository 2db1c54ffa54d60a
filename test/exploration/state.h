// One state of the model: the objects that decisions read, what the program is about to write, what may still happen.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace sluice::exploration {

inline constexpr int versions = 3;  // V1, V2, V3
inline constexpr int most_runs = 5;
inline constexpr int drain_seconds = 11;  // as the program counts: 10, and one because times are rounded down

// What can be seen of the cluster. Numbers are those of Components; 0 stands for nothing.
struct Seen {
  std::uint32_t rollout = 0;
  std::array<std::uint32_t, versions> sets{};
  std::array<std::uint32_t, 2> services{};      // stable or active, canary or preview
  std::array<std::uint32_t, most_runs> runs{};  // sorted
  std::array<std::uint8_t, 2> published_set{};  // what the Service's slices show: 0 nothing, else the version + 1
  std::array<std::uint8_t, 2> published{};      // ready endpoints of it
  std::uint8_t weight = 0;                      // of the canary, as the route is written
  std::uint8_t is_accepted = 1;
  // Seconds since the router has taken the route as it is; at most drain_seconds, after which every proxy follows it.
  std::uint16_t taken_ago = 0;
  bool operator==(const Seen&) const = default;
};

enum class Kind : std::uint8_t { none, rollout, sets, services, endpoints, route, runs };

struct State {
  Seen now;                               // as it is
  Seen view;                              // as the program sees it
  std::uint32_t pending = 0;              // the decision that is being carried out, 0 for none
  std::uint8_t done = 0;                  // so many of its writes are
  Kind frozen = Kind::none;               // the kind of which the view is old
  std::uint8_t hides_own_write = 0;       // the program has written that kind and does not see it yet
  std::array<std::uint8_t, 2> proxies{};  // the canary's share at each, sorted
  // How often this may still happen.
  std::uint8_t crashes = 0, freezes = 0, failures = 0, losses = 0, acts = 0, scales = 0;
  // What the invariants remember.
  std::uint8_t has_skipped = 0;  // a person skipped a gate of this attempt
  std::uint8_t has_lost = 0;     // pods went by themselves
  std::array<std::uint8_t, 3> unused{};
  bool operator==(const State&) const = default;
};
static_assert(std::is_trivially_copyable_v<State> && std::has_unique_object_representations_v<State>);

// Two halves of 64 bits; the seed makes other runs collide elsewhere.
struct Hash128 {
  std::uint64_t low = 0, high = 0;
  bool operator==(const Hash128&) const = default;
};
template <class T>
Hash128 hash_of(const T& value, std::uint64_t seed) {
  static_assert(sizeof(T) % 4 == 0);
  const auto mix = [](std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  };
  const auto* bytes = reinterpret_cast<const unsigned char*>(&value);
  Hash128 hash{seed ^ 0x9e3779b97f4a7c15u, ~seed};
  for (std::size_t at = 0; at < sizeof(T); at += 4) {
    std::uint32_t word;
    std::memcpy(&word, bytes + at, 4);
    hash.low = mix(hash.low + word + 0x9e3779b97f4a7c15u);
    hash.high = mix(hash.high ^ (word * 0xff51afd7ed558ccdu + at));
  }
  return hash;
}

}  // namespace sluice::exploration
