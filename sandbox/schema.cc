// Parts of schemas.
#include "sandbox/schema.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <re2/re2.h>

namespace sluice::sandbox {

struct Pattern {
  explicit Pattern(std::string_view expression)
      : expression_text(expression), compiled(re2::StringPiece(expression.data(), expression.size()), RE2::Quiet) {}
  std::string expression_text;
  RE2 compiled;
};

const Schema* Schema::member(std::string_view wanted) const {
  const auto at = properties.find(wanted);
  if (at != properties.end()) return at->second.get();
  if (additional) return additional.get();
  return keeps_unknown() ? &free_schema() : nullptr;
}

const Schema& free_schema() {
  static const Schema schema;
  return schema;
}

std::shared_ptr<const Pattern> make_pattern(std::string_view expression) {
  auto pattern = std::make_shared<const Pattern>(expression);
  return pattern->compiled.ok() ? pattern : nullptr;
}

bool matches(const Pattern& pattern, std::string_view text) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern.compiled);
}

std::string_view text_of(const Pattern& pattern) { return pattern.expression_text; }

std::string member_path(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string item_path(std::string_view path, std::size_t index) { return fmt::format("{}[{}]", path, index); }

}  // namespace sluice::sandbox
