// Path patterns of a directory source: "*" also crosses "/", "{a,b}" are alternatives, "?" and "[a-z]" one character.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::gitops {

// True when the whole path matches. Work is bounded by pattern length times path length per alternative; a pattern with
// more than 64 alternatives matches nothing, see glob_mistake.
bool matches_glob(std::string_view pattern, std::string_view path);

// What is wrong with a pattern ("unclosed \"{\""); nullopt for a good one.
std::optional<std::string> glob_mistake(std::string_view pattern);

}  // namespace sluice::gitops
