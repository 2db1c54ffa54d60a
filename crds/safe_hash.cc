// FNV-1a in the alphabet of pod-template-hashes.
#include "crds/safe_hash.h"

namespace sluice::crds {
namespace {

std::uint32_t mix(std::uint32_t sum, unsigned char byte) { return (sum ^ byte) * 16777619u; }

}  // namespace

std::string safe_hash(std::string_view text, std::optional<std::int32_t> collision_count) {
  std::uint32_t sum = 2166136261u;
  for (const char c : text) sum = mix(sum, static_cast<unsigned char>(c));
  if (collision_count) {
    // Eight bytes: the count with its lowest byte first, then zeros.
    const auto count = static_cast<std::uint32_t>(*collision_count);
    for (unsigned byte = 0; byte < 8; ++byte)
      sum = mix(sum, byte < 4 ? static_cast<unsigned char>(count >> (8 * byte)) : 0);
  }
  constexpr std::string_view alphabet = "456789bcdf";
  std::string hash = std::to_string(sum);
  for (char& digit : hash) digit = alphabet[static_cast<std::size_t>(digit - '0')];
  return hash;
}

}  // namespace sluice::crds
