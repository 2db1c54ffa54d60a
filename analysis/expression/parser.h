// From text to a tree; everything that does not depend on the measured value is refused here.
#pragma once

#include <string_view>

#include "analysis/expression/syntax.h"

namespace sluice::analysis::expression {

// Throws Stop. Bounds: 16 KiB of text, 200 open constructs, 10,000 nodes, a tree 1,000 deep.
Tree parse(std::string_view source);

}  // namespace sluice::analysis::expression
