// How a test of this tier fails: by an exception, because its steps are coroutines of which several run side by side.
#pragma once

#include <stdexcept>
#include <string>

namespace sluice::cluster_test {

// Something that had to hold does not; `what()` says what was expected and what was seen.
struct Unmet : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void expect(bool holds, const std::string& expected) {
  if (!holds) throw Unmet(expected);
}

}  // namespace sluice::cluster_test
