// What is wrong with an expression, and where.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace sluice::analysis::expression {

// `at` is a byte of the source. The message alone is what a measurement shows; with the place it is for authors.
struct Problem {
  std::string message;
  std::uint32_t at = 0;
};

// Leaves the recursive parser, checker or evaluator from any depth; it never leaves the functions of expression.h.
struct Stop {
  Problem problem;
};

template <class... Parts>
[[noreturn]] void stop(std::uint32_t at, fmt::format_string<Parts...> format, Parts&&... parts) {
  throw Stop{{fmt::format(format, std::forward<Parts>(parts)...), at}};
}

// Line and column of a problem, both counted from 1; columns count characters.
struct Place {
  std::size_t line = 1;
  std::size_t column = 1;
};
Place place_of(const Problem& problem, std::string_view source);

// "message (line 1, column 5)"; the line is left out when the source has only one. Columns count characters from 1.
std::string with_place(const Problem& problem, std::string_view source);

}  // namespace sluice::analysis::expression
