// The commands of a recording, carried out through the Kubernetes API as kubectl and its plugin do it.
#pragma once

#include "test/recordings/telling.h"

namespace sluice::recordings {

// Carries out one act of the recording. `began` moves times that stand in a command. Throws std::runtime_error when it
// is refused and the recorded one was not, or the other way round, and for a command that is not known.
net::awaitable<void> carry_out(const Recording& recording, const Act& act, Stage stage, kube::Time began);

// What the metrics server answers from now on, when the act is a remark about that ("# the stub answers [0.5]").
std::optional<std::string> new_answer(const Act& act);

// The kind as the API serves it; throws for one that no recording holds.
kube::Resource resource_of_kind(std::string_view kind);

}  // namespace sluice::recordings
