// The manifests that scenarios share: the examples that users are given, and variations of them.
#pragma once

#include <string>

namespace sluice::simulation {

// The content of examples/<name>.
std::string example(const std::string& name);
// `text` with every `from` replaced; fails the test when there is none.
std::string replaced(std::string text, const std::string& from, const std::string& to);

// With a preStop hook in the pods of each Rollout, so that they serve until the EndpointSlices have followed.
std::string with_graceful_pods(std::string yaml);

}  // namespace sluice::simulation
