// What is wrong with the metrics of a run before anything is measured.
#include "analysis/validate.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "analysis/expression/expression.h"
#include "analysis/limits.h"
#include "analysis/providers/kinds.h"
#include "analysis/rules.h"
#include "crds/validate_compare.h"

namespace sluice::analysis {
namespace {

constexpr std::size_t max_metrics = 100;
constexpr std::size_t max_arguments = 200;

class MetricCheck {
 public:
  MetricCheck(const crds::Metric& metric, std::size_t index, std::vector<std::string>& mistakes)
      : metric_(metric), limits_(limits_of(metric)), where_(fmt::format("metrics[{}]", index)), mistakes_(mistakes) {}

  void run() {
    check_limits();
    check_times();
    check_provider();
    for (const kube::Mistake& mistake : crds::validate_compare(metric_, where_))
      mistakes_.push_back(mistake.path + ": " + mistake.message);
    check_condition("successCondition", metric_.success_condition);
    check_condition("failureCondition", metric_.failure_condition);
  }

 private:
  void say(std::string_view what) { mistakes_.push_back(where_ + ": " + std::string(what)); }

  void check_limits() {
    const std::int64_t success = limits_.consecutive_success;
    if (success < 0) say("consecutiveSuccessLimit must be >= 0");
    if (limits_.failure < -1) say("failureLimit must be >= 0, or -1 to be disabled");
    if (limits_.failure < 0 && success == 0) say("failureLimit and consecutiveSuccessLimit cannot both be disabled");
    if (limits_.inconclusive < 0) say("inconclusiveLimit must be >= 0");
    if (limits_.consecutive_error < 0) say("consecutiveErrorLimit must be >= 0");
    check_numbers();
    const std::int64_t count = number_in(metric_.count).value_or(0);
    if (count <= 0) return;
    if (limits_.failure >= 0 && success >= 0 && count < limits_.failure + success)
      say(fmt::format("count ({}) must be >= failureLimit + consecutiveSuccessLimit ({} + {}) if both >= 0", count,
                      limits_.failure, success));
    if (limits_.failure < 0 && count < success) say("count must be >= consecutiveSuccessLimit");
    if (count < limits_.inconclusive) say("count must be >= inconclusiveLimit");
    if (count > 1 && metric_.interval.empty()) say("interval must be specified when count > 1");
  }

  // The reference reads such a text as 0, which measures for ever or forgives nothing.
  void check_numbers() {
    const struct {
      const char* name;
      const crds::Seldom<kube::IntOrString>& field;
    } fields[] = {{"count", metric_.count},
                  {"failureLimit", metric_.failure_limit},
                  {"inconclusiveLimit", metric_.inconclusive_limit},
                  {"consecutiveErrorLimit", metric_.consecutive_error_limit},
                  {"consecutiveSuccessLimit", metric_.consecutive_success_limit}};
    for (const auto& [name, field] : fields)
      if (!number_in(field)) say(fmt::format("{}: \"{}\" is not a whole number", name, field->text()));
  }

  void check_times() {
    check_duration("interval", metric_.interval);
    check_duration("startDelay", metric_.initial_delay);
    if (limits_.interval && *limits_.interval < std::chrono::seconds{1})
      say(fmt::format("interval: below 1s ({})", kube::format_duration(*limits_.interval)));
  }
  void check_duration(std::string_view name, const std::string& text) {
    if (text.empty()) return;
    const kube::Result<kube::Duration> parsed = kube::parse_duration(text);
    if (!parsed) say(fmt::format("invalid {} string: {}", name, parsed.error().message));
  }

  void check_provider() {
    for (const std::string& mistake : mistakes_in_provider(metric_)) say(mistake);
  }

  void check_condition(std::string_view name, const std::string& source) {
    if (source.empty()) return;
    const kube::Result<expression::Expression> parsed = expression::parse_condition(source);
    if (!parsed) say(fmt::format("{}: {}", name, parsed.error().message));
  }

  const crds::Metric& metric_;
  Limits limits_;
  std::string where_;
  std::vector<std::string>& mistakes_;
};

template <class Rules>
void check_rules(const char* name, const Rules& rules, const std::vector<crds::Metric>& metrics,
                 std::vector<std::string>& mistakes) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const MetricPattern pattern(rules[i].metric_name);
    if (std::ranges::none_of(metrics, [&](const crds::Metric& metric) { return pattern.matches(metric.name); }))
      mistakes.push_back(fmt::format("{}[{}]: Rule didn't match any metric name(s)", name, i));
  }
}

}  // namespace

std::vector<std::string> validate_metrics(const std::vector<crds::Metric>& metrics) {
  std::vector<std::string> mistakes;
  if (metrics.empty()) mistakes.emplace_back("no metrics specified");
  if (metrics.size() > max_metrics)
    mistakes.push_back(fmt::format("metrics: too many (limit {}, got {})", max_metrics, metrics.size()));
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < std::min(metrics.size(), max_metrics); ++i) {
    if (!names.insert(metrics[i].name).second)
      mistakes.push_back(fmt::format("metrics[{}]: duplicate name '{}'", i, metrics[i].name));
    MetricCheck(metrics[i], i, mistakes).run();
  }
  return mistakes;
}

std::vector<std::string> validate_run(const crds::AnalysisRunSpec& spec) {
  std::vector<std::string> mistakes = validate_metrics(spec.metrics);
  check_rules("dryRun", spec.dry_run, spec.metrics, mistakes);
  check_rules("measurementRetention", spec.measurement_retention, spec.metrics, mistakes);
  constexpr std::int32_t max_kept = 1000;
  for (std::size_t i = 0; i < spec.measurement_retention.size(); ++i)
    if (spec.measurement_retention[i].limit > max_kept)
      mistakes.push_back(fmt::format("measurementRetention[{}].limit: too large (limit {}, got {})", i, max_kept,
                                     spec.measurement_retention[i].limit));
  if (spec.args.size() > max_arguments)
    mistakes.push_back(fmt::format("args: too many (limit {}, got {})", max_arguments, spec.args.size()));
  return mistakes;
}

}  // namespace sluice::analysis
