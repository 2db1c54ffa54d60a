// What both arms did in one block of time.
#pragma once

namespace sluice::analysis::sequential {

// Counts need not be whole numbers. Engines expect finite values, 0 <= bad <= total, and both totals above 0.
struct Block {
  double canary_total = 0;
  double canary_bad = 0;
  double baseline_total = 0;
  double baseline_bad = 0;
  bool operator==(const Block&) const = default;
};

// Which null hypothesis the evidence is against: that the canary is harmless, or that it is as bad as may not be
// missed.
enum class Side { fail, pass };

}  // namespace sluice::analysis::sequential
