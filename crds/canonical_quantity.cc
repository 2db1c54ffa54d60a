// Telling which spellings Kubernetes leaves alone; all others become the canonical one.
#include "crds/canonical_quantity.h"

#include <charconv>
#include <cstdint>

#include "kube/quantity.h"

namespace sluice::crds {
namespace {

// A quantity without its sign, taken apart: "1.50Gi" is the digits 150, two decimals, and the suffix Gi.
struct Parts {
  std::string digits;
  int decimals = 0;
  std::string_view suffix;
};

Parts take_apart(std::string_view text) {
  Parts parts;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  bool point = false;
  while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) {
    if (text[0] == '.') {
      point = true;
    } else {
      parts.digits.push_back(text[0]);
      if (point) ++parts.decimals;
    }
    text.remove_prefix(1);
  }
  parts.suffix = text;
  const std::size_t whole = parts.digits.size() - static_cast<std::size_t>(parts.decimals);
  std::size_t zeros = 0;
  while (zeros + 1 < whole && parts.digits[zeros] == '0') ++zeros;
  parts.digits.erase(0, zeros);
  return parts;
}

// The power of 1024 that a suffix such as Mi stands for; 0 for the decimal ones.
int binary_power(std::string_view suffix) {
  if (suffix.size() != 2 || suffix[1] != 'i') return 0;
  const std::size_t at = std::string_view("KMGTPE").find(suffix[0]);
  return at == std::string_view::npos ? 0 : static_cast<int>(at) + 1;
}

// The power of 10 that a decimal suffix stands for.
int decimal_power(std::string_view suffix) {
  if (suffix.size() == 1) {
    constexpr std::string_view suffixes = "num kMGTPE";
    const std::size_t at = suffixes.find(suffix[0]);
    if (at != std::string_view::npos) return (static_cast<int>(at) - 3) * 3;
  }
  int power = 0;
  if (suffix.size() > 1)
    std::from_chars(suffix.data() + (suffix[1] == '+' ? 2 : 1), suffix.data() + suffix.size(), power);
  return power;
}

// Kubernetes writes such a text again as it was read, although another spelling may be shorter.
bool stays(const Parts& parts) {
  if (const int power = binary_power(parts.suffix); power > 0)
    return parts.decimals == 0 && static_cast<int>(parts.digits.size()) <= 14 - power * 3 &&
           std::stoull(parts.digits) % 8 != 0;
  const int scale = decimal_power(parts.suffix) - parts.decimals;
  return parts.digits.size() <= 18 && scale >= -9 && scale % 3 == 0 && !parts.digits.ends_with("000") &&
         parts.digits[0] != '0';
}

}  // namespace

std::string canonical_quantity(std::string_view text) {
  const kube::Result<kube::Quantity> quantity = kube::Quantity::parse(text);
  if (!quantity || stays(take_apart(text))) return std::string(text);
  return quantity->text();
}

}  // namespace sluice::crds
