// The kubeconfig that leads to a sandbox.
#pragma once

#include <string>

#include "kube/result.h"

namespace sluice::sandbox {

// Writes the file so that readers see it whole or not at all, readable by its owner only.
kube::Result<> write_kubeconfig(const std::string& path, const std::string& server, const std::string& authority_pem,
                                const std::string& token);

}  // namespace sluice::sandbox
