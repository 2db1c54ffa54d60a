// What a comparison says of itself in the status of its run.
#pragma once

#include <string>

#include "analysis/compare/state.h"
#include "analysis/compare/take.h"
#include "kube/string_map.h"

namespace sluice::analysis::compare {

// "canary 0.61% (22/3600), baseline 0.30% (97/32400)"; of latency for the boundary with the most evidence against the
// canary; of mean the two means. "" before the first block.
std::string counts_text(const State& state, const Settings& settings);

// "undecided: canary ..., baseline ...; evidence against 21x of 100x; for 1.0x of 20x". Before the first block: why
// there is none yet; `last` is what became of the last window.
std::string undecided_text(const State& state, const Settings& settings, std::optional<Taken> last);
std::string fail_text(const State& state, const Settings& settings);
std::string pass_text(const State& state, const Settings& settings);
// "insufficient data after 30m: a 2x regression needs about 55m at 10 rps x 10%".
std::string insufficient_text(const State& state, const Settings& settings);

// The estimated ratio of canary and baseline with two decimals; "NaN" while the baseline has nothing to compare with.
std::string ratio_text(const State& state, const Settings& settings);

// verdict, canary, baseline, evidenceAgainst, evidenceFor, blocks, skipped, eta. `verdict` is a word of the answer:
// undecided, fail, pass, insufficient, error.
kube::StringMap metadata_of(const State& state, const Settings& settings, std::string_view verdict);

// An e-value as people read it: "0.8", "21", "1e+06".
std::string evidence_text(double log_evidence);

// Blocks like those so far until evidence of this height; nullopt when it does not grow.
std::optional<double> blocks_left(double log_evidence, double log_level, std::int64_t blocks);

}  // namespace sluice::analysis::compare
