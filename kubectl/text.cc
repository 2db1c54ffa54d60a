// Colours and columns.
#include "kubectl/text.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>

namespace sluice::kubectl {
namespace {

constexpr int red = 31;
constexpr int green = 32;
constexpr int yellow = 33;
constexpr int blue = 94;

}  // namespace

bool colours_wanted(bool no_color_flag) {
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return !no_color_flag && !dumb && std::getenv("NO_COLOR") == nullptr && isatty(STDOUT_FILENO) == 1;
}

std::string Paint::coloured(int code, std::string_view text) const {
  return colours_ && code != 0 ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

std::string Paint::by_sign(std::string_view sign, std::string_view text) const {
  int code = 0;
  if (sign == "✔") code = green;
  if (sign == "✖" || sign == "⚠") code = red;
  if (sign == "◌") code = blue;
  if (sign == "◷" || sign == "?") code = yellow;
  return coloured(code, text);
}

std::string Paint::by_tag(std::string_view tag) const {
  if (tag == "canary") return coloured(yellow, tag);
  if (tag == "stable" || tag == "active") return coloured(green, tag);
  if (tag == "preview" || tag == "ping" || tag == "pong") return coloured(blue, tag);
  return std::string(tag);
}

// Counts characters, not bytes; all signs that are used take one column.
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  bool in_escape = false;
  for (const char byte : text) {
    if (byte == '\033')
      in_escape = true;
    else if (in_escape)
      in_escape = byte != 'm';
    else if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80)
      ++width;
  }
  return width;
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_)
    for (std::size_t column = 0; column + 1 < row.size(); ++column) {
      widths.resize(std::max(widths.size(), column + 1));
      widths[column] = std::max(widths[column], width_of(row[column]));
    }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      line += row[column];
      if (column + 1 < row.size()) line.append(widths[column] - width_of(row[column]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace sluice::kubectl
