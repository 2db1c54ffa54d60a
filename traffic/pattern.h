// Texts that stand for themselves within a regular expression.
#pragma once

#include <string>
#include <string_view>

namespace sluice::traffic {

// The text with every character that means something in a regular expression escaped.
inline std::string quoted_pattern(std::string_view text) {
  std::string quoted;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

}  // namespace sluice::traffic
