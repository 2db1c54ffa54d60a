// Quantities of resources ("500m", "2Gi") in the one spelling that Kubernetes gives to equal ones.
#pragma once

#include <string>
#include <string_view>

namespace sluice::crds {

// As Kubernetes writes a quantity that it has read: "2000m" becomes "2", "0.15" "150m", "1024Mi" "1Gi"; some texts that
// are good enough, such as "1.5", stay as they are. A text that is no quantity stays as it is, too.
std::string canonical_quantity(std::string_view text);

}  // namespace sluice::crds
