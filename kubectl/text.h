// Text on a terminal: colours, columns that line up, width of UTF-8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::kubectl {

// Colours are used when standard output is a terminal, unless --no-color, NO_COLOR or TERM=dumb says otherwise.
bool colours_wanted(bool no_color_flag);

class Paint {
 public:
  explicit Paint(bool colours) : colours_(colours) {}
  // The text in the colour of a status sign ("✔", "✖", ...); plain for signs without one.
  std::string by_sign(std::string_view sign, std::string_view text) const;
  // The text in the colour of a tag ("stable", "canary", ...).
  std::string by_tag(std::string_view tag) const;

 private:
  std::string coloured(int code, std::string_view text) const;
  bool colours_;
};

// Columns on a terminal; escape sequences take none.
std::size_t width_of(std::string_view text);

// Rows of cells: every column but the last of a row is as wide as its widest cell, two spaces between columns.
class Table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  // One line per row, without blanks at the ends.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace sluice::kubectl
