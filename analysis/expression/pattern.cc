// Patterns that users write, on RE2: linear time, Go's syntax.
#include "analysis/expression/pattern.h"

#include <re2/re2.h>

#include "analysis/expression/problem.h"

namespace sluice::analysis::expression {
namespace {

// The words of Go's regexp package, which users of the reference have met.
std::string reason(const re2::RE2& pattern) {
  switch (pattern.error_code()) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

}  // namespace

std::shared_ptr<const re2::RE2> pattern_for(const std::string& text, std::uint32_t at) {
  constexpr std::size_t limit = 4096;
  if (text.size() > limit) stop(at, "error parsing regexp: too long (limit {} bytes, got {})", limit, text.size());
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  auto pattern = std::make_shared<const re2::RE2>(text, options);
  if (!pattern->ok()) stop(at, "error parsing regexp: {}: `{}`", reason(*pattern), pattern->error_arg());
  return pattern;
}

}  // namespace sluice::analysis::expression
