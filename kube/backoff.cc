// Exponential backoff with repeatable jitter.
#include "kube/backoff.h"

#include <algorithm>

namespace sluice::kube {
namespace {

// Spreads neighbouring numbers over all 64 bits.
std::uint64_t mixed(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15u;
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
  number = (number ^ number >> 27) * 0x94d049bb133111ebu;
  return number ^ number >> 31;
}

}  // namespace

std::uint64_t stable_hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ mixed(seed);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mixed(hash);
}

Duration backoff_after(int failures, BackoffLimits limits) {
  if (failures <= 0) return Duration::zero();
  Duration wait = limits.base;
  for (int i = 1; i < failures && wait < limits.cap; ++i) wait *= 2;
  return std::min(wait, limits.cap);
}

Duration jittered_backoff_after(int failures, BackoffLimits limits, std::uint64_t seed) {
  const Duration wait = backoff_after(failures, limits);
  if (wait == Duration::zero()) return wait;
  const auto part = static_cast<std::int64_t>(mixed(seed ^ mixed(static_cast<std::uint64_t>(failures))) % 1024);
  const Duration jittered = wait * 3 / 4 + wait * part / 2048;
  return std::clamp(jittered, limits.base, limits.cap);
}

}  // namespace sluice::kube
