// Which build this is.
#pragma once

#include <string>

namespace sluice::controller {

// "0.1.0".
std::string version_number();
// "sluice 0.1.0 (<compiler>)".
std::string version_text();

}  // namespace sluice::controller
