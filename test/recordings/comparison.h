// Two histories of a rollout side by side, and the list of differences that have a reason.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "test/recordings/recording.h"

namespace sluice::recordings {

enum class Side { both, reference, sluice };

// One line of a comparison.
struct Line {
  Side side = Side::both;
  std::string text;
  std::string reason;  // the name of one, of a difference in the list; "" where the sides agree
  bool operator==(const Line& other) const { return side == other.side && text == other.text; }
};

// The two sequences in one, with as few differences as there can be.
std::vector<Line> compare(const std::vector<std::string>& reference, const std::vector<std::string>& sluice);
std::vector<std::string> texts_of(const std::vector<TimedRow>& rows);
// As the list is written: "  text", "- text", "+ text", and "  (reason)" behind a difference.
std::string print(const std::vector<Line>& lines);

// The list of a recording's differences (test/data/traces/<name>/<file>); nullopt when there is none. Throws
// std::runtime_error for a difference without a reason, or with one that reasons.tsv does not hold.
std::optional<std::vector<Line>> listed(const std::string& name, const std::string& file);
// Why Sluice is right, by name of the reason.
const std::map<std::string, std::string>& reasons();
// Why a recording is left out, by its name (not_told.tsv). All others are told and compared.
const std::map<std::string, std::string>& not_told();

// Differences that the list does not hold, in any order and number; for a cluster whose timing nobody decides.
std::vector<Line> unlisted(const std::vector<Line>& seen, const std::vector<Line>& list);

}  // namespace sluice::recordings
