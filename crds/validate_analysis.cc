// The rules for metrics, arguments and providers.
#include "crds/validate_analysis.h"

#include <charconv>
#include <set>

#include <fmt/format.h>

#include "crds/analysis.h"
#include "crds/field_error.h"
#include "crds/refused_fields.h"
#include "crds/validate_compare.h"
#include "kube/time.h"

namespace sluice::crds {
namespace {

bool has_argument(std::string_view text) { return text.find("{{") != std::string_view::npos; }

// A count or limit as the controller reads it: what is no number counts as 0. nullopt while an argument stands in it.
std::optional<std::int64_t> number_in(const Seldom<kube::IntOrString>& value, std::int64_t otherwise) {
  if (!value) return otherwise;
  if (value->is_int()) return std::get<0>(value->value);
  const std::string& text = std::get<1>(value->value);
  if (has_argument(text)) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

// Counts the members that are set, whatever there are.
struct MemberCount {
  int set = 0;
  template <class T>
  void operator()(std::string_view, const Seldom<T>& member) {
    set += member.has_value();
  }
  template <class T>
  void operator()(std::string_view, const std::map<std::string, T>& members) {
    set += static_cast<int>(members.size());
  }
};

int providers_in(const MetricProvider& provider) {
  MemberCount count;
  MetricProvider::fields(provider, count);
  return count.set;
}

class MetricCheck {
 public:
  MetricCheck(const Metric& metric, std::string at, kube::Mistakes& mistakes)
      : metric_(metric), at_(std::move(at)), mistakes_(mistakes) {}

  void run() {
    check_limits();
    check_count();
    check_duration(metric_.interval, "interval", "invalid interval string");
    check_duration(metric_.initial_delay, "initialDelay", "invalid startDelay string");
    const int providers = providers_in(metric_.provider);
    if (providers == 0) say(required(at_ + ".provider", "no provider specified"));
    if (providers > 1) say(invalid(at_ + ".provider", "multiple providers specified"));
    for (kube::Mistake& mistake : validate_compare(metric_, at_)) say(std::move(mistake));
  }

 private:
  void say(kube::Mistake mistake) { add(mistakes_, std::move(mistake)); }
  static bool is_below(const std::optional<std::int64_t>& value, std::int64_t bound) { return value && *value < bound; }

  void check_limits() {
    if (is_below(success_, 0))
      say(invalid(at_ + ".consecutiveSuccessLimit", *success_, "consecutiveSuccessLimit must be >= 0"));
    if (is_below(failure_, -1))
      say(invalid(at_ + ".failureLimit", *failure_, "failureLimit must be >= 0, or -1 to be disabled"));
    if (is_below(failure_, 0) && success_ == 0)
      say(invalid(at_ + ".failureLimit", *failure_,
                  "failureLimit and consecutiveSuccessLimit cannot both be disabled"));
    if (is_below(inconclusive_, 0))
      say(invalid(at_ + ".inconclusiveLimit", *inconclusive_, "inconclusiveLimit must be >= 0"));
    if (is_below(error_, 0))
      say(invalid(at_ + ".consecutiveErrorLimit", *error_, "consecutiveErrorLimit must be >= 0"));
  }

  void check_count() {
    if (!count_ || *count_ <= 0) return;
    if (failure_ && success_ && *failure_ >= 0 && *success_ >= 0 && *count_ < *failure_ + *success_)
      say(invalid(at_ + ".count", *count_,
                  fmt::format("count ({}) must be >= failureLimit + consecutiveSuccessLimit ({} + {}) if both >= 0",
                              *count_, *failure_, *success_)));
    if (failure_ && success_ && *failure_ < 0 && *count_ < *success_)
      say(invalid(at_ + ".count", *count_, "count must be >= consecutiveSuccessLimit"));
    if (inconclusive_ && *count_ < *inconclusive_)
      say(invalid(at_ + ".count", *count_, "count must be >= inconclusiveLimit"));
    if (*count_ > 1 && metric_.interval.empty())
      say(required(at_ + ".interval", "interval must be specified when count > 1"));
  }

  void check_duration(const std::string& text, std::string_view name, std::string_view what) {
    if (text.empty() || has_argument(text)) return;
    const kube::Result<kube::Duration> duration = kube::parse_duration(text);
    if (!duration)
      say(invalid(fmt::format("{}.{}", at_, name), text, fmt::format("{}: {}", what, duration.error().message)));
  }

  const Metric& metric_;
  std::string at_;
  kube::Mistakes& mistakes_;
  const std::optional<std::int64_t> count_ = number_in(metric_.count, 0);
  const std::optional<std::int64_t> failure_ = number_in(metric_.failure_limit, 0);
  const std::optional<std::int64_t> success_ = number_in(metric_.consecutive_success_limit, 0);
  const std::optional<std::int64_t> inconclusive_ = number_in(metric_.inconclusive_limit, 0);
  const std::optional<std::int64_t> error_ = number_in(metric_.consecutive_error_limit, 4);
};

void check_metrics(kube::Mistakes& mistakes, const std::vector<Metric>& metrics) {
  std::set<std::string> names;
  for (std::size_t index = 0; index < metrics.size(); ++index) {
    const std::string at = fmt::format("spec.metrics[{}]", index);
    const std::string& name = metrics[index].name;
    if (name.empty()) add(mistakes, required(at + ".name"));
    if (!name.empty() && !names.insert(name).second)
      add(mistakes, invalid(at + ".name", name, fmt::format("duplicate name '{}'", name)));
    MetricCheck(metrics[index], at, mistakes).run();
  }
}

void check_arguments(kube::Mistakes& mistakes, const std::vector<Argument>& arguments) {
  std::set<std::string> names;
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    const std::string at = fmt::format("spec.args[{}]", index);
    const Argument& argument = arguments[index];
    if (argument.name.empty())
      add(mistakes, required(at + ".name"));
    else if (!names.insert(argument.name).second)
      add(mistakes, duplicate(at + ".name", argument.name));
    if (argument.value && argument.value_from)
      add(mistakes,
          invalid(at, argument.name, fmt::format("arg '{}' has both Value and ValueFrom fields", argument.name)));
    if (argument.value_from && argument.value_from->field_ref)
      add(mistakes, forbidden(at + ".valueFrom.fieldRef",
                              "fields can be taken by the arguments of a Rollout only; give the value there"));
  }
}

// Two equal rules for one metric name leave open which of them holds.
template <class Rule>
void check_rules(kube::Mistakes& mistakes, const std::vector<Rule>& rules, std::string_view name,
                 std::string_view what) {
  std::set<std::string> names;
  for (std::size_t index = 0; index < rules.size(); ++index)
    if (!names.insert(rules[index].metric_name).second)
      add(mistakes,
          invalid(fmt::format("spec.{}[{}].metricName", name, index), rules[index].metric_name,
                  fmt::format("two {} metric rules have the same name '{}'", what, rules[index].metric_name)));
}

template <class Spec>
kube::Mistakes check(const Spec& spec) {
  kube::Mistakes mistakes;
  check_metrics(mistakes, spec.metrics);
  check_arguments(mistakes, spec.args);
  check_rules(mistakes, spec.dry_run, "dryRun", "Dry-Run");
  check_rules(mistakes, spec.measurement_retention, "measurementRetention", "Measurement Retention");
  for (const kube::Mistake& refused : find_refused_fields(spec)) add(mistakes, refused);
  return mistakes;
}

}  // namespace

kube::Mistakes validate_analysis_template(const AnalysisTemplate& analysis_template) {
  const AnalysisTemplateSpec& spec = *analysis_template.spec;
  kube::Mistakes mistakes = check(spec);
  if (spec.metrics.empty() && spec.templates.empty()) add(mistakes, required("spec.metrics", "no metrics specified"));
  for (std::size_t index = 0; index < spec.templates.size(); ++index)
    if (spec.templates[index].template_name.empty())
      add(mistakes, required(fmt::format("spec.templates[{}].templateName", index)));
  return mistakes;
}

kube::Mistakes validate_analysis_run(const AnalysisRun& run) {
  kube::Mistakes mistakes = check(*run.spec);
  if (run.spec->metrics.empty()) add(mistakes, required("spec.metrics", "no metrics specified"));
  return mistakes;
}

}  // namespace sluice::crds
