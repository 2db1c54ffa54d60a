// Code points of UTF-8 text, as far as the language looks at them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::analysis::expression {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;  // in bytes
};

// The code point that begins at a byte; nullopt when the bytes there are not well-formed UTF-8.
std::optional<CodePoint> decode_code_point(std::string_view text, std::size_t at);
void append_code_point(char32_t code, std::string& text);
// How many code points; a malformed byte counts as one, as Go counts.
std::size_t count_code_points(std::string_view text);

// Letters of the Latin, Greek and Cyrillic alphabets in the other case; all other text as it is.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

bool is_space(char32_t code);
// What may begin a name: ASCII letters, _ and $, and every non-ASCII code point that is no space or punctuation mark.
bool is_letter(char32_t code);

}  // namespace sluice::analysis::expression
