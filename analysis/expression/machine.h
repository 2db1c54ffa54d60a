// What one evaluation may use up, and what every operation needs to know.
#pragma once

#include <cstddef>
#include <cstdint>

#include "analysis/expression/problem.h"
#include "analysis/expression/value.h"
#include "kube/time.h"

namespace sluice::analysis::expression {

// The limits of one evaluation. They are counted, not timed, so that an evaluation has the same outcome everywhere.
class Machine {
 public:
  Machine(const Value& result, kube::Time now) : result(result), now(now) {}

  const Value& result;
  const kube::Time now;  // what now() answers
  std::uint32_t at = 0;  // the place in the source of what runs now

  void step(std::size_t count = 1) {
    if (count > steps_) stop(at, "step budget exceeded ({})", max_steps);
    steps_ -= count;
  }
  // Items of lists and maps that are about to be made.
  void reserve_elements(std::size_t count) {
    if (count >= elements_) stop(at, "memory budget exceeded");
    elements_ -= count;
  }
  // A list or map that has been made of computed parts.
  Value nested(Value made) const {
    constexpr std::size_t max_depth = 250;
    if (made.depth() > max_depth) stop(at, "value is nested too deeply (limit {})", max_depth);
    return made;
  }
  // Bytes of texts that are about to be made.
  std::size_t bytes_left() const { return bytes_; }
  void reserve_bytes(std::size_t count) {
    if (count > bytes_) stop(at, "memory budget exceeded");
    bytes_ -= count;
  }

 private:
  static constexpr std::size_t max_steps = 1'000'000;
  std::size_t steps_ = max_steps;
  std::size_t elements_ = 1'000'000;
  std::size_t bytes_ = std::size_t{16} << 20;
};

}  // namespace sluice::analysis::expression
