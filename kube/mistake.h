// What is wrong in an object that a user wrote, with the place and the remedy.
#pragma once

#include <string>
#include <vector>

namespace sluice::kube {

// One thing that is wrong: where ("spec.strategy.canary.steps[2].setWeight") and what to write instead.
struct Mistake {
  std::string path;
  std::string message;
  bool operator==(const Mistake&) const = default;
};
using Mistakes = std::vector<Mistake>;

// "path: message; path: message".
std::string describe(const Mistakes& mistakes);

}  // namespace sluice::kube
