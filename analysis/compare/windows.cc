// Windows at multiples of the block.
#include "analysis/compare/windows.h"

namespace sluice::analysis::compare {
namespace {

using kube::Duration;
using kube::Time;

Time multiple_before(Time time, Duration block) { return Time(time.time_since_epoch() / block * block); }

// The first whole second that is not before this time: times in a status have no smaller parts.
Time next_second(Time time) { return std::chrono::ceil<std::chrono::seconds>(time); }

}  // namespace

DueWindows due_windows(const Settings& settings, const State& state, Time started, Time now) {
  const Duration block = settings.block * state.stretch;
  DueWindows due;
  Time end =
      state.until == Time{} ? multiple_before(started, block) + block : multiple_before(state.until, block) + block;
  // A longer block must not reach back over what has been evaluated.
  if (state.until != Time{} && end - block < state.until) end += block;
  const Time last = multiple_before(now - settings.lag, block);
  if (last >= end) {
    const auto missing = (last - end) / block + 1;
    if (missing > static_cast<std::int64_t>(most_windows)) {
      due.passed_over = missing - static_cast<std::int64_t>(most_windows);
      end += due.passed_over * block;
    }
    for (; end <= last; end += block) due.windows.push_back({end, block});
  }
  due.next = next_second(end + settings.lag);
  if (due.next <= now) due.next = next_second(now + std::chrono::seconds{1});
  return due;
}

}  // namespace sluice::analysis::compare
