// Matching paths against patterns: braces are expanded first, each alternative is matched with one point of return.
#include "gitops/glob.h"

#include <algorithm>
#include <vector>

namespace sluice::gitops {
namespace {

constexpr std::size_t most_alternatives = 64;

// The "}" of the "{" at `open`; npos when there is none.
std::size_t closing_brace(std::string_view pattern, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < pattern.size(); ++at) {
    if (pattern[at] == '\\')
      ++at;
    else if (pattern[at] == '{')
      ++depth;
    else if (pattern[at] == '}' && --depth == 0)
      return at;
  }
  return std::string_view::npos;
}

std::size_t opening_brace(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\')
      ++at;
    else if (pattern[at] == '{')
      return at;
  }
  return std::string_view::npos;
}

std::vector<std::string_view> alternatives(std::string_view inside) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t at = 0; at < inside.size(); ++at) {
    if (inside[at] == '\\')
      ++at;
    else if (inside[at] == '{')
      ++depth;
    else if (inside[at] == '}')
      --depth;
    else if (inside[at] == ',' && depth == 0) {
      parts.push_back(inside.substr(start, at - start));
      start = at + 1;
    }
  }
  parts.push_back(inside.substr(start));
  return parts;
}

// False when there are too many.
bool expand(const std::string& pattern, std::vector<std::string>& to) {
  const std::size_t open = opening_brace(pattern);
  const std::size_t close = open == std::string::npos ? open : closing_brace(pattern, open);
  if (close == std::string::npos) {
    to.push_back(pattern);
    return to.size() <= most_alternatives;
  }
  for (const std::string_view part : alternatives(std::string_view(pattern).substr(open + 1, close - open - 1)))
    if (!expand(pattern.substr(0, open) + std::string(part) + pattern.substr(close + 1), to)) return false;
  return true;
}

// The index after the class that starts at `at`, and whether it holds `c`; npos for an unclosed class.
std::size_t match_class(std::string_view pattern, std::size_t at, char c, bool& holds) {
  std::size_t next = at + 1;
  const bool negated = next < pattern.size() && (pattern[next] == '!' || pattern[next] == '^');
  if (negated) ++next;
  bool found = false;
  for (bool first = true; next < pattern.size() && (first || pattern[next] != ']'); first = false) {
    const char low = pattern[next++];
    char high = low;
    if (next + 1 < pattern.size() && pattern[next] == '-' && pattern[next + 1] != ']') {
      high = pattern[next + 1];
      next += 2;
    }
    found = found || (low <= c && c <= high);
  }
  if (next >= pattern.size()) return std::string_view::npos;
  holds = found != negated;
  return next + 1;
}

// Matches one character of the pattern; the index after it, or npos.
std::size_t match_one(std::string_view pattern, std::size_t at, char c) {
  if (at >= pattern.size()) return std::string_view::npos;
  if (pattern[at] == '?') return at + 1;
  if (pattern[at] == '[') {
    bool holds = false;
    const std::size_t next = match_class(pattern, at, c, holds);
    return holds ? next : std::string_view::npos;
  }
  if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
  return pattern[at] == c ? at + 1 : std::string_view::npos;
}

bool matches(std::string_view pattern, std::string_view path) {
  std::size_t in_pattern = 0;
  std::size_t in_path = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_path = 0;
  while (in_path < path.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      after_star = ++in_pattern;
      star_path = in_path;
      continue;
    }
    const std::size_t next = match_one(pattern, in_pattern, path[in_path]);
    if (next != std::string_view::npos) {
      in_pattern = next;
      ++in_path;
      continue;
    }
    if (after_star == std::string_view::npos) return false;
    in_pattern = after_star;
    in_path = ++star_path;
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view path) {
  std::vector<std::string> all;
  if (!expand(std::string(pattern), all)) return false;
  return std::ranges::any_of(all, [&](const std::string& one) { return matches(one, path); });
}

std::optional<std::string> glob_mistake(std::string_view pattern) {
  if (pattern.size() > 1024) return "is longer than 1024 characters";
  const std::size_t open = opening_brace(pattern);
  if (open != std::string_view::npos && closing_brace(pattern, open) == std::string_view::npos)
    return "has a \"{\" without its \"}\"";
  std::vector<std::string> all;
  if (!expand(std::string(pattern), all)) return "has more than 64 alternatives";
  for (const std::string& one : all)
    for (std::size_t at = 0; at < one.size(); ++at) {
      if (one[at] == '\\') {
        ++at;
      } else if (one[at] == '[') {
        bool holds = false;
        at = match_class(one, at, 'a', holds);
        if (at == std::string::npos) return "has a \"[\" without its \"]\"";
        --at;
      }
    }
  return std::nullopt;
}

}  // namespace sluice::gitops
