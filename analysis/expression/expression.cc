// The language of success and failure conditions: where its exceptions end.
#include "analysis/expression/expression.h"

#include <algorithm>
#include <stdexcept>

#include "analysis/expression/check.h"
#include "analysis/expression/moment.h"
#include "analysis/expression/parser.h"
#include "analysis/expression/run.h"
#include "analysis/expression/unicode.h"

namespace sluice::analysis::expression {

void throw_exception_from_error(const Problem& problem, const boost::source_location&) {
  throw std::runtime_error(problem.message);
}

Place place_of(const Problem& problem, std::string_view source) {
  const std::string_view before = source.substr(0, problem.at);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
          count_code_points(before.substr(line_start)) + 1};
}

std::string with_place(const Problem& problem, std::string_view source) {
  const Place place = place_of(problem, source);
  if (source.find('\n') == std::string_view::npos) return fmt::format("{} (column {})", problem.message, place.column);
  return fmt::format("{} (line {}, column {})", problem.message, place.line, place.column);
}

const std::string& Expression::source() const { return tree_->source; }

Answer<Expression> read(std::string_view source) {
  try {
    return Expression(std::make_shared<const Tree>(parse(source)));
  } catch (const Stop& stopped) {
    return stopped.problem;
  }
}

kube::Result<Expression> parse_condition(std::string_view source) {
  try {
    auto tree = std::make_shared<const Tree>(parse(source));
    check(*tree, {});
    return Expression(std::move(tree));
  } catch (const Stop& stopped) {
    return kube::Error{kube::Fault::invalid, with_place(stopped.problem, source)};
  }
}

std::string with_caret(const Problem& problem, std::string_view source) {
  const std::size_t at = std::min<std::size_t>(problem.at, source.size());
  const std::size_t start = source.substr(0, at).rfind('\n') + 1;  // npos + 1 is 0
  const std::string_view line = source.substr(start, source.find('\n', at) - start);
  std::string marks;
  // Tabs stay tabs, so that the caret stands below its place however wide they are shown.
  for (const char c : line.substr(0, at - start))
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) marks += c == '\t' ? '\t' : ' ';
  return fmt::format("{}\n  {}\n  {}^\n", with_place(problem, source), line, marks);
}

Answer<Value> evaluate(const Expression& expression, const Value& result, kube::Time now) {
  try {
    check(expression.tree(), type_of(result));
    return run(expression.tree(), result, now);
  } catch (const Stop& stopped) {
    return stopped.problem;
  }
}

Answer<bool> holds(const Expression& expression, const Value& result, kube::Time now) {
  const Answer<Value> value = evaluate(expression, result, now);
  if (!value) return value.error();
  if (value->kind() == Kind::boolean) return value->boolean();
  return Problem{fmt::format("expected bool, but got {}", type_name(*value)), 0};
}

Answer<kube::Time> evaluate_time(std::string_view source, kube::Time now) {
  try {
    const Tree tree = parse(source);
    check(tree, {}, Names::time);
    const Value value = run(tree, {}, now);
    if (value.kind() == Kind::time) return time_of(value.moment());
    return Problem{fmt::format("expected time.Time, but got {}", type_name(value)), 0};
  } catch (const Stop& stopped) {
    return stopped.problem;
  }
}

}  // namespace sluice::analysis::expression
