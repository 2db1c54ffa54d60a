// Which windows of time are due for a comparison, and when it is looked at next.
#pragma once

#include <vector>

#include "analysis/compare/state.h"

namespace sluice::analysis::compare {

// A window that was missed is evaluated later, but no more than these at once; older ones are passed over.
inline constexpr std::size_t most_windows = 10;

// One block. Windows end at multiples of the block, so that both arms and all looks agree on them.
struct Window {
  kube::Time end;
  kube::Duration length{};  // without the scrape interval that a query looks further back
};

struct DueWindows {
  std::vector<Window> windows;   // oldest first; complete as of `now`, late scrapes included
  std::int64_t passed_over = 0;  // windows that are too old to be asked for
  kube::Time next;               // when the next window is complete; later than now
};

// `started` is when the measurement began: the first window is the one that was open then.
DueWindows due_windows(const Settings& settings, const State& state, kube::Time started, kube::Time now);

}  // namespace sluice::analysis::compare
