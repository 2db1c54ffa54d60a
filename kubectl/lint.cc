// `lint`: checks manifests without a cluster.
#include <cstdio>

#include "kubectl/command.h"

namespace sluice::kubectl {
void add_lint(std::vector<Command>&) {}
}  // namespace sluice::kubectl
