// From text to words: numbers, texts, names, operators, brackets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::analysis::expression {

enum class TokenKind : std::uint8_t { identifier, number, text, bytes, op, bracket, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  // of a text or bytes: what they are, without quotes and escapes
  std::uint32_t at = 0;

  bool is(TokenKind other, std::string_view word) const { return kind == other && text == word; }
  bool is_operator(std::string_view word) const { return is(TokenKind::op, word); }
  bool is_bracket(std::string_view word) const { return is(TokenKind::bracket, word); }
};

// As messages name a token: `Identifier("b")`, `EOF`.
std::string describe(const Token& token);

// All tokens, the last of kind `end`. Throws Stop at the first thing that is no word of the language.
std::vector<Token> split_into_tokens(std::string_view source);

}  // namespace sluice::analysis::expression
