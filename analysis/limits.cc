// The numbers of a metric as they are acted upon: counts, limits, times between measurements.
#include "analysis/limits.h"

#include <algorithm>
#include <charconv>

namespace sluice::analysis {
namespace {

// An optional sign and decimal digits.
std::optional<std::int64_t> whole_number(const std::string& text) {
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  const char* begin = text.data() + (has_plus ? 1 : 0);
  const char* end = text.data() + text.size();
  std::int64_t number = 0;
  const auto read = std::from_chars(begin, end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::int64_t number_or(const crds::Seldom<kube::IntOrString>& field, std::int64_t otherwise) {
  return field ? number_in(field).value_or(0) : otherwise;
}

std::optional<kube::Duration> duration(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const kube::Result<kube::Duration> parsed = kube::parse_duration(text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> number_in(const crds::Seldom<kube::IntOrString>& field) {
  if (!field) return 0;
  return field->is_int() ? std::get<0>(field->value) : whole_number(std::get<1>(field->value));
}

Limits limits_of(const crds::Metric& metric) {
  Limits limits;
  limits.interval = duration(metric.interval);
  limits.initial_delay = duration(metric.initial_delay).value_or(kube::Duration{0});
  const std::int64_t count = number_or(metric.count, 0);
  // A negative count is reached by the first measurement that is no error.
  if (count != 0)
    limits.count = std::max<std::int64_t>(count, 1);
  else if (metric.interval.empty())
    limits.count = 1;
  limits.failure = number_or(metric.failure_limit, 0);
  limits.inconclusive = number_or(metric.inconclusive_limit, 0);
  limits.consecutive_error = number_or(metric.consecutive_error_limit, 4);
  limits.consecutive_success = number_or(metric.consecutive_success_limit, 0);
  // A comparison is one measurement, and its first answer is the last.
  if (metric.compare) {
    limits.count = 1;
    limits.failure = limits.inconclusive = limits.consecutive_success = 0;
  }
  return limits;
}

bool is_endless(const crds::Metric& metric) {
  return metric.compare && (metric.compare->on_insufficient == "Wait" || !metric.compare->stop_on_pass.value_or(true));
}

}  // namespace sluice::analysis
