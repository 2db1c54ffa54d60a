// A rollout as text: the header and the tree of `get rollout`, the rows of `list rollouts`.
#pragma once

#include <string>
#include <vector>

#include "kubectl/text.h"
#include "view/rollout_view.h"

namespace sluice::kubectl {

// `wide` adds the messages of analysis runs.
std::string rollout_text(const view::RolloutView& rollout, const Paint& paint, bool wide);

// The cells of one row of `list rollouts`, in the order of list_header().
std::vector<std::string> list_row(const crds::Rollout& rollout, bool with_namespace);
std::vector<std::string> list_header(bool with_namespace);

}  // namespace sluice::kubectl
