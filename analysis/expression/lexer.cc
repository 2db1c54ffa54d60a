// From text to words: numbers, texts, names, operators, brackets.
#include "analysis/expression/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "analysis/expression/problem.h"
#include "analysis/expression/unicode.h"

namespace sluice::analysis::expression {
namespace {

constexpr std::array<std::string_view, 11> word_operators{"not",        "in",       "or",  "and", "matches", "contains",
                                                          "startsWith", "endsWith", "let", "if",  "else"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    for (;;) {
      skip_space_and_comments();
      start_ = at_;
      if (at_ >= source_.size()) break;
      read_token();
    }
    start_ = at_;
    emit(TokenKind::end, "");
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  bool accept(char wanted) {
    if (at_ >= source_.size() || source_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  std::uint32_t here() const { return static_cast<std::uint32_t>(start_); }
  std::string_view taken() const { return source_.substr(start_, at_ - start_); }
  void emit(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), here()}); }

  // The code point at the cursor; stops when the bytes are no UTF-8.
  CodePoint look() const {
    const std::optional<CodePoint> found = decode_code_point(source_, at_);
    if (!found) stop(static_cast<std::uint32_t>(at_), "invalid UTF-8");
    return *found;
  }

  void skip_space_and_comments() {
    while (at_ < source_.size()) {
      start_ = at_;
      if (source_.substr(at_, 2) == "//") {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (source_.substr(at_, 2) == "/*") {
        const std::size_t close = source_.find("*/", at_ + 2);
        if (close == std::string_view::npos) stop(here(), "unclosed comment");
        at_ = close + 2;
      } else {
        const CodePoint next = look();
        if (!is_space(next.value)) return;
        at_ += next.length;
      }
    }
  }

  void read_token() {
    const char c = source_[at_];
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return read_number();
    if (c == '\'' || c == '"') return emit(TokenKind::text, read_quoted(false));
    if (c == '`') return emit(TokenKind::text, read_raw());
    if ((c == 'b' || c == 'B') && (peek(1) == '"' || peek(1) == '\'')) {
      ++at_;
      return emit(TokenKind::bytes, read_quoted(true));
    }
    if (std::string_view("()[]{}").find(c) != std::string_view::npos) {
      ++at_;
      return emit(TokenKind::bracket, std::string(taken()));
    }
    if (read_operator()) return emit(TokenKind::op, std::string(taken()));
    const CodePoint next = look();
    if (is_letter(next.value)) return read_word();
    stop(here(), "unrecognized character: U+{:04X} '{}'", static_cast<std::uint32_t>(next.value),
         source_.substr(at_, next.length));
  }

  bool read_operator() {
    const char c = source_[at_];
    switch (c) {
      case '#':
      case ',':
      case ';':
      case '%':
      case '+':
      case '-':
      case '^':
      case '/':
        ++at_;
        return true;
      case '.':
        ++at_;
        accept('.');
        return true;
      case ':':
        ++at_;
        accept(':');
        return true;
      case '|':
        ++at_;
        accept('|');
        return true;
      case '?':
        ++at_;
        if (!accept('.')) accept('?');
        return true;
      case '&':
      case '!':
      case '=':
      case '*':
      case '<':
      case '>':
        ++at_;
        if (!accept('&') && !accept('=')) accept('*');
        return true;
      default:
        return false;
    }
  }

  void read_word() {
    for (;;) {
      if (at_ >= source_.size()) break;
      const CodePoint next = look();
      if (!is_letter(next.value) && !(next.value < 0x80 && is_digit(static_cast<char>(next.value)))) break;
      at_ += next.length;
    }
    const bool is_operator = std::find(word_operators.begin(), word_operators.end(), taken()) != word_operators.end();
    emit(is_operator ? TokenKind::op : TokenKind::identifier, std::string(taken()));
  }

  void read_number() {
    bool (*is_good)(char) = is_digit;
    if (accept('0')) {
      const char base = peek();
      if (base == 'x' || base == 'o' || base == 'b') ++at_;
      if (base == 'x') is_good = is_hex_digit;
      if (base == 'x' || base == 'o' || base == 'b') return finish_digits(is_good);
    }
    take_digits(is_digit);
    if (peek() == '.' && peek(1) != '.') {
      ++at_;
      take_digits(is_digit);
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (!accept('+')) accept('-');
      take_digits(is_digit);
    }
    finish_digits(is_digit);
  }
  void take_digits(bool (*is_good)(char)) {
    while (is_good(peek()) || peek() == '_') ++at_;
  }
  void finish_digits(bool (*is_good)(char)) {
    take_digits(is_good);
    if (at_ < source_.size()) {
      const CodePoint next = look();
      if (is_letter(next.value)) {
        at_ += next.length;
        stop(here(), "bad number syntax: \"{}\"", taken());
      }
    }
    emit(TokenKind::number, std::string(taken()));
  }

  std::string read_raw() {
    std::string text;
    for (++at_; at_ < source_.size(); ++at_) {
      if (source_[at_] != '`') {
        text += source_[at_];
      } else if (peek(1) == '`') {
        text += '`';
        ++at_;
      } else {
        ++at_;
        return text;
      }
    }
    stop(here(), "literal not terminated");
  }

  // Between quotes; in bytes an escape is one byte, not a code point.
  std::string read_quoted(bool is_bytes) {
    const char quote = source_[at_++];
    std::string text;
    for (;;) {
      if (at_ >= source_.size() || source_[at_] == '\n') stop(here(), "literal not terminated");
      const char c = source_[at_];
      if (c == quote) break;
      if (c == '\\') {
        ++at_;
        read_escape(quote, is_bytes, text);
      } else {
        const CodePoint next = look();
        text.append(source_.substr(at_, next.length));
        at_ += next.length;
      }
    }
    ++at_;
    return text;
  }

  void read_escape(char quote, bool is_bytes, std::string& text) {
    const char c = peek();
    static constexpr std::string_view names = "abfnrtv\\";
    static constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\";
    const std::size_t simple = c ? names.find(c) : std::string_view::npos;
    if (simple != std::string_view::npos) {
      ++at_;
      text += meanings[simple];
    } else if (c == quote) {
      ++at_;
      text += quote;
    } else if (is_bytes && ((c >= '0' && c <= '3') || c == 'x')) {
      at_ += c == 'x';
      text += static_cast<char>(c == 'x' ? read_code(2, 16) : read_code(3, 8));
    } else if (is_bytes) {
      stop(here(), "invalid char escape");
    } else if (c >= '0' && c <= '3') {
      append_code_point(read_code(3, 8), text);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      ++at_;
      if (c == 'u' && accept('{')) {
        append_code_point(read_braced_code(), text);
      } else {
        append_code_point(read_code(c == 'x' ? 2 : c == 'u' ? 4 : 8, 16), text);
      }
    } else {
      stop(here(), "invalid char escape");
    }
  }
  char32_t digit_value(char c, unsigned base) const {
    const char32_t value = is_digit(c) ? c - '0' : is_hex_digit(c) ? (c | 0x20) - 'a' + 10 : 99;
    if (value >= base) stop(here(), "invalid char escape");
    return value;
  }
  char32_t read_code(int digits, unsigned base) {
    char32_t code = 0;
    for (int i = 0; i < digits; ++i, ++at_) code = code * base + digit_value(peek(), base);
    return checked(code);
  }
  char32_t read_braced_code() {
    char32_t code = 0;
    int digits = 0;
    for (; peek() != '}'; ++at_, ++digits) {
      if (digits == 6) stop(here(), "invalid char escape");
      code = code * 16 + digit_value(peek(), 16);
    }
    ++at_;
    if (digits == 0) stop(here(), "invalid char escape");
    return checked(code);
  }
  char32_t checked(char32_t code) const {
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) stop(here(), "invalid char escape");
    return code;
  }

  std::string_view source_;
  std::size_t start_ = 0;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::string describe(const Token& token) {
  static constexpr std::array<std::string_view, 6> names{"Identifier", "Number",   "String",
                                                         "Bytes",      "Operator", "Bracket"};
  if (token.kind == TokenKind::end) return "EOF";
  return fmt::format("{}(\"{}\")", names[static_cast<std::size_t>(token.kind)], token.text);
}

std::vector<Token> split_into_tokens(std::string_view source) { return Lexer(source).run(); }

}  // namespace sluice::analysis::expression
