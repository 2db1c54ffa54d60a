// Code points of UTF-8 text, as far as the language looks at them.
#include "analysis/expression/unicode.h"

namespace sluice::analysis::expression {
namespace {

char32_t upper_of(char32_t code) {
  if (code - 'a' < 26) return code - 0x20;
  if ((code >= 0xE0 && code <= 0xFE && code != 0xF7) || (code >= 0x3B1 && code <= 0x3C9 && code != 0x3C2) ||
      (code >= 0x430 && code <= 0x44F))
    return code - 0x20;
  return code >= 0x450 && code <= 0x45F ? code - 0x50 : code;
}
char32_t lower_of(char32_t code) {
  if (code - 'A' < 26) return code + 0x20;
  if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x391 && code <= 0x3A9 && code != 0x3A2) ||
      (code >= 0x410 && code <= 0x42F))
    return code + 0x20;
  return code >= 0x400 && code <= 0x40F ? code + 0x50 : code;
}

std::string change_each(std::string_view text, char32_t (*change)(char32_t)) {
  std::string changed;
  changed.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::optional<CodePoint> next = decode_code_point(text, at);
    if (next)
      append_code_point(change(next->value), changed);
    else
      changed += text[at];
    at += next ? next->length : 1;
  }
  return changed;
}

}  // namespace

std::string to_upper(std::string_view text) { return change_each(text, upper_of); }
std::string to_lower(std::string_view text) { return change_each(text, lower_of); }

std::optional<CodePoint> decode_code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return CodePoint{first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size()) return std::nullopt;
  char32_t code = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return std::nullopt;
    code = (code << 6) | (byte(at + i) & 0x3Fu);
  }
  const bool is_overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (is_overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::nullopt;
  return CodePoint{code, length};
}

void append_code_point(char32_t code, std::string& text) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) {
    const std::optional<CodePoint> next = decode_code_point(text, at);
    at += next ? next->length : 1;
  }
  return count;
}

bool is_space(char32_t code) {
  return code == ' ' || (code >= '\t' && code <= '\r') || code == 0x85 || code == 0xA0 || code == 0x1680 ||
         (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
         code == 0x3000;
}

bool is_letter(char32_t code) {
  if (code < 0x80) return code == '_' || code == '$' || (code | 0x20) - 'a' < 26;
  const bool is_mark = code < 0xC0 ? code != 0xAA && code != 0xB5 && code != 0xBA : code == 0xD7 || code == 0xF7;
  const bool is_punctuation = (code >= 0x2000 && code < 0x2070) || (code >= 0x20A0 && code < 0x2100) ||
                              (code >= 0x2190 && code < 0x2C00) || (code >= 0x3000 && code < 0x3005);
  return !is_mark && !is_punctuation && !is_space(code);
}

}  // namespace sluice::analysis::expression
