// Comparing sequences of texts.
#include "test/recordings/comparison.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace sluice::recordings {
namespace {

constexpr std::string_view marks = " -+";

char mark_of(Side side) { return marks[static_cast<std::size_t>(side)]; }

// One name and one sentence per line, with a tab between.
std::map<std::string, std::string> read_pairs(const std::string& file) {
  std::map<std::string, std::string> read;
  std::istringstream stream(data_file(file).value_or(""));
  for (std::string line; std::getline(stream, line);) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string::npos) throw std::runtime_error(file + ": no tab in: " + line);
    read[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return read;
}

// "- text  (reason)".
Line read_line(const std::string& line, const std::string& where) {
  const std::size_t mark = line.size() < 2 ? std::string::npos : marks.find(line[0]);
  if (mark == std::string::npos) throw std::runtime_error(where + ": not a line of a comparison: " + line);
  Line read;
  read.side = static_cast<Side>(mark);
  read.text = line.substr(2);
  if (read.side == Side::both) return read;
  const std::size_t begin = read.text.rfind("  (");
  if (begin == std::string::npos || !read.text.ends_with(')'))
    throw std::runtime_error(where + ": a difference without a reason: " + line);
  read.reason = read.text.substr(begin + 3, read.text.size() - begin - 4);
  read.text.resize(begin);
  if (!reasons().contains(read.reason)) throw std::runtime_error(where + ": reasons.tsv has no " + read.reason);
  return read;
}

}  // namespace

std::vector<Line> compare(const std::vector<std::string>& reference, const std::vector<std::string>& sluice) {
  const std::size_t rows = reference.size();
  const std::size_t columns = sluice.size();
  // The length of the longest common sequence of what is left from here on.
  std::vector<std::vector<std::size_t>> common(rows + 1, std::vector<std::size_t>(columns + 1));
  for (std::size_t i = rows; i-- > 0;)
    for (std::size_t j = columns; j-- > 0;)
      common[i][j] =
          reference[i] == sluice[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<Line> lines;
  for (std::size_t i = 0, j = 0; i < rows || j < columns;) {
    if (i < rows && j < columns && reference[i] == sluice[j]) {
      lines.push_back({Side::both, reference[i], ""});
      ++i, ++j;
    } else if (j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1])) {
      lines.push_back({Side::reference, reference[i++], ""});
    } else {
      lines.push_back({Side::sluice, sluice[j++], ""});
    }
  }
  return lines;
}

std::vector<std::string> texts_of(const std::vector<TimedRow>& rows) {
  std::vector<std::string> texts;
  for (const TimedRow& timed : rows)
    if (!timed.row.phase.empty()) texts.push_back(text_of(timed.row));
  return texts;
}

std::string print(const std::vector<Line>& lines) {
  std::string text;
  for (const Line& line : lines) {
    text += std::string(1, mark_of(line.side)) + " " + line.text;
    if (line.side != Side::both) text += "  (" + line.reason + ")";
    text += "\n";
  }
  return text;
}

std::optional<std::vector<Line>> listed(const std::string& name, const std::string& file) {
  const std::optional<std::string> text = data_file(name + "/" + file);
  if (!text) return std::nullopt;
  std::vector<Line> lines;
  std::istringstream stream(*text);
  for (std::string line; std::getline(stream, line);) lines.push_back(read_line(line, name + "/" + file));
  return lines;
}

const std::map<std::string, std::string>& reasons() {
  static const std::map<std::string, std::string> all = read_pairs("reasons.tsv");
  return all;
}

const std::map<std::string, std::string>& not_told() {
  static const std::map<std::string, std::string> all = read_pairs("not_told.tsv");
  return all;
}

std::vector<Line> unlisted(const std::vector<Line>& seen, const std::vector<Line>& list) {
  std::vector<Line> found;
  for (const Line& line : seen)
    if (line.side != Side::both && std::find(list.begin(), list.end(), line) == list.end()) found.push_back(line);
  return found;
}

}  // namespace sluice::recordings
