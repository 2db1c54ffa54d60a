// Quantities of the Kubernetes API ("500m", "1Gi", "1e3"), by value and not by spelling.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace sluice::kube {

// An exact number of billionths, the finest that the API keeps; smaller parts are rounded up, as it does.
struct Quantity {
  __extension__ typedef __int128 Wide;
  Wide nano = 0;
  auto operator<=>(const Quantity&) const = default;
};

// nullopt for a text that is no quantity or is beyond 10^28.
std::optional<Quantity> parse_quantity(std::string_view text);

}  // namespace sluice::kube
