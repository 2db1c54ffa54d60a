// What a measured value means: the conditions of a metric applied to it.
#include "analysis/verdict.h"

#include <optional>

#include <fmt/format.h>

#include "analysis/expression/expression.h"

namespace sluice::analysis {
namespace {

bool has_no_data(const expression::Value& result) {
  return result.is_nil() || (result.kind() == expression::Kind::list && result.list().items.empty());
}

// Whether the condition holds; nullopt when there is none. `mistake` says why it could not be told.
std::optional<bool> ask(const char* name, const std::string& source, const expression::Value& result, kube::Time now,
                        std::string& mistake) {
  if (source.empty() || !mistake.empty()) return std::nullopt;
  const expression::Answer<expression::Expression> condition = expression::read(source);
  const expression::Answer<bool> answer =
      condition ? expression::holds(*condition, result, now) : expression::Answer<bool>(condition.error());
  if (answer) return *answer;
  mistake = fmt::format("could not evaluate {} \"{}\": {}", name, source,
                        has_no_data(result) ? "metric result is nil or empty: no data returned from the metric provider"
                                            : answer.error().message);
  return std::nullopt;
}

}  // namespace

Judgement judge(const std::string& success_condition, const std::string& failure_condition,
                const expression::Value& result, kube::Time now) {
  std::string mistake;
  const std::optional<bool> success = ask("successCondition", success_condition, result, now, mistake);
  const std::optional<bool> failure = ask("failureCondition", failure_condition, result, now, mistake);
  if (!mistake.empty()) return {Phase::error, mistake};
  if (failure && *failure) return {Phase::failed, ""};
  if (success && *success) return {Phase::successful, ""};
  if (success && failure) return {Phase::inconclusive, ""};
  return {success ? Phase::failed : Phase::successful, ""};
}

}  // namespace sluice::analysis
