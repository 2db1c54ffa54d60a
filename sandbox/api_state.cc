// Identities, repeatable for one start value.
#include "sandbox/api_state.h"

#include <fmt/format.h>

namespace sluice::sandbox {

ApiState::ApiState(kube::Clock& the_clock)
    : clock(the_clock), identities(static_cast<std::uint64_t>(the_clock.now().time_since_epoch().count())) {}

// SplitMix64: every start gives a full-period sequence of well-mixed numbers.
std::uint64_t Identities::number() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

std::string Identities::uid() {
  const std::uint64_t a = number();
  const std::uint64_t b = number();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32, (a >> 16) & 0xffff, a & 0xfff,
                     0x8000 | ((b >> 48) & 0x3fff), b & 0xffffffffffffU);
}

std::string Identities::name_ending() {
  constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string ending;
  for (int i = 0; i < 5; ++i) ending.push_back(alphabet[number() % alphabet.size()]);
  return ending;
}

}  // namespace sluice::sandbox
