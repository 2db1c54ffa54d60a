// Limits and thresholds turned round: how far a metric is from another verdict.
#include "kubectl/flips.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <regex>

#include <fmt/format.h>

#include "analysis/phase.h"

namespace sluice::kubectl {
namespace {

using analysis::Limits;
using analysis::Phase;

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Decimal noise of subtraction is of no interest to anybody.
std::string short_number(double value) { return fmt::format("{:.4g}", value); }

const crds::Measurement* last_with(const crds::MetricResult& result, Phase phase) {
  for (std::size_t i = result.measurements.size(); i-- > 0;)
    if (analysis::phase_of(result.measurements[i].phase) == phase) return &result.measurements[i];
  return nullptr;
}

void while_it_lasts(const Limits& limits, const crds::MetricResult& result, std::vector<std::string>& lines) {
  if (limits.failure >= 0)
    lines.push_back(
        fmt::format("{} makes it Failed ({} of {} allowed so far)",
                    counted(limits.failure - result.failed + 1, "more failed measurement", "more failed measurements"),
                    result.failed, limits.failure));
  if (result.inconclusive > 0 || limits.inconclusive > 0)
    lines.push_back(fmt::format("{} it Inconclusive",
                                counted(limits.inconclusive - result.inconclusive + 1,
                                        "more inconclusive measurement makes", "more inconclusive measurements make")));
  if (result.consecutive_error > 0)
    lines.push_back(fmt::format("{} it Error ({} in a row so far)",
                                counted(limits.consecutive_error - result.consecutive_error + 1,
                                        "more error in a row makes", "more errors in a row make"),
                                result.consecutive_error));
  if (limits.consecutive_success > 0)
    lines.push_back(
        fmt::format("{} it Successful", counted(limits.consecutive_success - result.consecutive_success,
                                                "more success in a row makes", "more successes in a row make")));
  else if (limits.count)
    lines.push_back(fmt::format("it is Successful after {}, if none of this happens before",
                                counted(*limits.count - result.count, "more measurement", "more measurements")));
  else
    lines.emplace_back("it never ends well by itself; it lasts as long as the update");
}

// The value against the condition that decided.
void add_distance(const crds::Metric& metric, const crds::Measurement* measurement, std::vector<std::string>& lines) {
  if (!measurement) return;
  for (const std::string& condition : {metric.success_condition, metric.failure_condition}) {
    const std::string text = distance_text(condition, measurement->value);
    if (!text.empty()) lines.push_back("the last such value: " + text);
  }
}

void after_failure(const crds::Metric& metric, const Limits& limits, const crds::MetricResult& result,
                   std::vector<std::string>& lines) {
  if (metric.provider.job) {
    lines.emplace_back("the Job succeeds; its logs say why it did not");
  } else if (result.failed > limits.failure) {
    const std::int64_t less = result.failed - limits.failure;
    lines.push_back(fmt::format("failureLimit is {} instead of {} (it failed {}), or {} of its failures {} a success",
                                result.failed, limits.failure, counted(result.failed, "time", "times"),
                                less == 1 ? std::string("one") : std::to_string(less), less == 1 ? "is" : "are"));
  }
  add_distance(metric, last_with(result, Phase::failed), lines);
}

void after_error(const Limits& limits, const crds::MetricResult& result, std::vector<std::string>& lines) {
  lines.push_back(fmt::format("one of the last {} can be asked: {} in a row are allowed",
                              counted(result.consecutive_error, "measurement", "measurements"),
                              limits.consecutive_error));
  if (const crds::Measurement* last = last_with(result, Phase::error))
    lines.push_back("what went wrong last: " + last->message);
}

void after_inconclusive(const crds::Metric& metric, const Limits& limits, const crds::MetricResult& result,
                        std::vector<std::string>& lines) {
  lines.push_back(fmt::format("inconclusiveLimit is {} instead of {}, or the value meets one of the two conditions",
                              result.inconclusive, limits.inconclusive));
  add_distance(metric, last_with(result, Phase::inconclusive), lines);
}

void after_success(const crds::Metric& metric, const Limits& limits, const crds::MetricResult& result,
                   std::vector<std::string>& lines) {
  if (limits.failure >= 0)
    lines.push_back(
        fmt::format("{} (it had {}, {} are allowed)",
                    counted(limits.failure - result.failed + 1, "more measurement fails", "more measurements fail"),
                    result.failed, limits.failure));
  add_distance(metric, last_with(result, Phase::successful), lines);
}

}  // namespace

std::string distance_text(const std::string& condition, const std::string& value) {
  static const std::regex simple(
      R"(^\s*(?:len\(result\)\s*>\s*0\s*&&\s*)?(result(?:\[0\])?)\s*(<=|>=|<|>)\s*(-?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*$)");
  std::smatch parts;
  if (!std::regex_match(condition, parts, simple)) return {};
  const std::optional<double> measured = number_in(value);
  const std::optional<double> bound = number_in(parts[3].str());
  if (!measured || !bound || !std::isfinite(*measured)) return {};
  const std::string sign = parts[2].str();
  const bool holds = sign == "<"    ? *measured < *bound
                     : sign == "<=" ? *measured <= *bound
                     : sign == ">"  ? *measured > *bound
                                    : *measured >= *bound;
  return fmt::format("{} {} {} by {}", short_number(*measured), holds ? "meets" : "misses",
                     fmt::format("{} {} {}", parts[1].str(), sign, parts[3].str()),
                     short_number(std::abs(*measured - *bound)));
}

std::vector<std::string> flips_of(const crds::Metric& metric, const Limits& limits, const crds::MetricResult& result) {
  std::vector<std::string> lines;
  switch (analysis::phase_of(result.phase)) {
    case Phase::failed:
      after_failure(metric, limits, result, lines);
      break;
    case Phase::error:
      after_error(limits, result, lines);
      break;
    case Phase::inconclusive:
      after_inconclusive(metric, limits, result, lines);
      break;
    case Phase::successful:
      after_success(metric, limits, result, lines);
      break;
    default:
      while_it_lasts(limits, result, lines);
  }
  return lines;
}

}  // namespace sluice::kubectl
