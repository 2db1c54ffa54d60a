// Patterns that users write, on RE2: linear time, Go's syntax.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace re2 {
class RE2;
}

namespace sluice::analysis::expression {

// Throws Stop with Go's text for what is wrong with the pattern. Bounds: 4 KiB of text, 1 MiB of memory.
std::shared_ptr<const re2::RE2> pattern_for(const std::string& text, std::uint32_t at);

}  // namespace sluice::analysis::expression
