// Comparing resource versions.
#include "kube/metadata.h"

#include <charconv>

namespace sluice::kube {
namespace {

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

bool is_at_least(std::string_view seen, std::string_view wanted) {
  const auto have = number_in(seen);
  const auto need = number_in(wanted);
  return !have || !need || *have >= *need;
}

}  // namespace sluice::kube
