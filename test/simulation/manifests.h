// The manifests that scenarios share: the examples that users are given, and variations of them.
#pragma once

#include <string>

namespace sluice::simulation {

// The content of examples/<name>.
std::string example(const std::string& name);
// `text` with every `from` replaced; fails the test when there is none.
std::string replaced(std::string text, const std::string& from, const std::string& to);

}  // namespace sluice::simulation
