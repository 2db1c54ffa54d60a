// `sluice sandbox`: a cluster to try things out on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kube/result.h"

namespace sluice::sandbox {

struct SandboxCommand {
  std::string kubeconfig;          // written when the sandbox is ready
  std::uint16_t port = 0;          // of the API; 0 for any free one
  bool traffic = false;            // simulated requests flow
  std::uint16_t metrics_port = 0;  // of the metrics of the traffic; 0 for any free one
  bool log_requests = false;       // one line on standard error for each request
  bool help = false;
};

// What the arguments after "sandbox" ask for; Fault::invalid names the argument that makes no sense.
kube::Result<SandboxCommand> read_sandbox_command(int argc, const char* const* argv);
std::string sandbox_help();

// Serves until SIGTERM or SIGINT. argv[0] is the name of the command. Returns the exit code: 0, 1 when the sandbox
// could not be started, 2 for wrong arguments.
int run_sandbox(int argc, char** argv);

}  // namespace sluice::sandbox
