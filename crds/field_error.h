// Mistakes in the words that Kubernetes uses for them: "Invalid value: 0: must be greater than 0".
#pragma once

#include <string>
#include <string_view>

#include "kube/mistake.h"

namespace sluice::crds {

kube::Mistake invalid(std::string path, std::int64_t value, std::string_view detail);
// The value is quoted.
kube::Mistake invalid(std::string path, std::string_view value, std::string_view detail);
// For values that have no short form.
kube::Mistake invalid(std::string path, std::string_view detail);
kube::Mistake required(std::string path, std::string_view detail = {});
kube::Mistake forbidden(std::string path, std::string_view detail);
kube::Mistake duplicate(std::string path, std::string_view value);
kube::Mistake internal(std::string path, std::string_view detail);

// Appends what is not in the list yet: one mistake may have several causes.
void add(kube::Mistakes& mistakes, kube::Mistake mistake);

}  // namespace sluice::crds
