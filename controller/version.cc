// The version, as the build passes it in.
#include "controller/version.h"

namespace sluice::controller {

std::string version_number() { return SLUICE_VERSION; }

std::string version_text() { return "sluice " + version_number() + " (" + __VERSION__ + ")"; }

}  // namespace sluice::controller
