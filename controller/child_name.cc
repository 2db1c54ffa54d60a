// Cutting names that are too long.
#include "controller/child_name.h"

#include <cstdint>

#include <fmt/format.h>

namespace sluice::controller {
namespace {

// FNV-1a, which is the same on every machine.
std::uint32_t hash_of(const std::string& text) {
  std::uint32_t hash = 2166136261u;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
  return hash;
}

}  // namespace

std::string child_name(std::string name, std::size_t room) {
  const std::size_t most = longest_name - room;
  if (name.size() <= most) return name;
  const std::string hash = fmt::format("{:08x}", hash_of(name));
  name.resize(most - hash.size() - 1);
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name + "-" + hash;
}

}  // namespace sluice::controller
