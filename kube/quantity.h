// Amounts of CPU, memory and the like (resource.Quantity): "250m", "1Gi", "1e3".
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "kube/result.h"

namespace sluice::kube {

// An exact amount in billionths. What is finer is rounded away from zero, as Kubernetes does.
class Quantity {
 public:
  enum class Format { decimal_si, binary_si, decimal_exponent };

  Quantity() = default;
  explicit Quantity(std::int64_t whole, Format format = Format::decimal_si)
      : nanos_(static_cast<Nanos>(whole) * 1'000'000'000), format_(format) {}

  // Fault::invalid for what is no quantity, or is beyond 10^29.
  static Result<Quantity> parse(std::string_view text);

  // The canonical form: the largest suffix that needs no fraction, in the format in which it was written.
  std::string text() const;
  // Rounded away from zero; limited to the range of the type.
  std::int64_t whole() const { return scaled(1'000'000'000); }
  std::int64_t milli() const { return scaled(1'000'000); }
  double approximate() const { return static_cast<double>(nanos_) / 1e9; }

  // By amount; the format does not count.
  std::strong_ordering operator<=>(const Quantity& other) const { return nanos_ <=> other.nanos_; }
  bool operator==(const Quantity& other) const { return nanos_ == other.nanos_; }
  // In the format of the left side.
  Quantity operator+(const Quantity& other) const;
  Quantity operator-(const Quantity& other) const;

 private:
  __extension__ using Nanos = __int128;
  std::int64_t scaled(std::int64_t unit) const;

  Nanos nanos_ = 0;
  Format format_ = Format::decimal_si;
};

}  // namespace sluice::kube
