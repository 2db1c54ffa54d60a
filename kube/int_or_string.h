// Kubernetes' IntOrString: an integer, or a text such as "25%".
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace sluice::kube {

struct IntOrString {
  std::variant<std::int64_t, std::string> value = std::int64_t{0};
  bool is_int() const { return value.index() == 0; }
  // As a user would write it.
  std::string text() const { return is_int() ? std::to_string(std::get<0>(value)) : std::get<1>(value); }
  bool operator==(const IntOrString&) const = default;
};

}  // namespace sluice::kube
