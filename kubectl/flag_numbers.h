// Numbers and percentages on the command line.
#pragma once

#include <string>

namespace sluice::kubectl {

// "10" and "0.3%", which is 0.003. Throws UsageError, naming the flag, for what is no number or out of bounds.
double flag_number(const std::string& flag, const std::string& text, double least, double most);

}  // namespace sluice::kubectl
