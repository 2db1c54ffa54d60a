// From the templates that an analysis names to the spec of its run.
#include "analysis/compose.h"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/arguments.h"
#include "analysis/limits.h"
#include "analysis/validate.h"

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::size_t max_nesting = 16;
constexpr std::size_t max_templates = 64;

// Collects templates in the order of their metrics; namespaced and cluster templates apart.
class Collector {
 public:
  explicit Collector(const FindTemplate& find) : find_(find) {}

  Result<> collect(const std::vector<crds::TemplateReference>& references) {
    for (const crds::TemplateReference& reference : references) {
      Result<> added = add(reference);
      if (!added) return added;
    }
    return {};
  }

  std::vector<const crds::AnalysisTemplate*> all() const {
    std::vector<const crds::AnalysisTemplate*> both = namespaced_;
    both.insert(both.end(), cluster_.begin(), cluster_.end());
    return both;
  }

 private:
  static std::string kind(bool cluster) { return cluster ? "ClusterAnalysisTemplate" : "AnalysisTemplate"; }

  Result<> add(const crds::TemplateReference& reference) {
    const crds::AnalysisTemplate* found = find_(reference.template_name, reference.cluster_scope);
    if (!found)
      return Error{Fault::not_found,
                   fmt::format("{} '{}' not found", kind(reference.cluster_scope), reference.template_name)};
    if (const auto again = std::ranges::find(path_, found); again != path_.end()) return cycle(again, found);
    std::vector<const crds::AnalysisTemplate*>& list = reference.cluster_scope ? cluster_ : namespaced_;
    if (std::ranges::find(list, found) != list.end()) return {};
    if (path_.size() >= max_nesting)
      return Error{Fault::invalid, fmt::format("templates: nested too deeply (limit {})", max_nesting)};
    if (namespaced_.size() + cluster_.size() >= max_templates)
      return Error{Fault::invalid, fmt::format("templates: too many (limit {})", max_templates)};
    list.push_back(found);
    path_.push_back(found);
    Result<> nested = collect(found->spec->templates);
    path_.pop_back();
    return nested;
  }

  Error cycle(std::vector<const crds::AnalysisTemplate*>::const_iterator from,
              const crds::AnalysisTemplate* end) const {
    std::string names;
    for (; from != path_.end(); ++from) names += (*from)->meta.name + " -> ";
    return {Fault::invalid, fmt::format("templates refer to each other in a cycle: {}{}", names, end->meta.name)};
  }

  const FindTemplate& find_;
  std::vector<const crds::AnalysisTemplate*> namespaced_;
  std::vector<const crds::AnalysisTemplate*> cluster_;
  std::vector<const crds::AnalysisTemplate*> path_;  // from the first template to the one that is being read
};

Result<> add_metrics(const crds::AnalysisTemplate& from, std::vector<crds::Metric>& metrics) {
  for (const crds::Metric& metric : from.spec->metrics) {
    if (std::ranges::find(metrics, metric.name, &crds::Metric::name) != metrics.end())
      return Error{Fault::invalid, fmt::format("two metrics have the same name '{}'", metric.name)};
    metrics.push_back(metric);
  }
  return {};
}

// A later declaration fills in what an earlier one leaves open, and never erases it.
Result<> add_arguments(const crds::AnalysisTemplate& from, std::vector<crds::Argument>& arguments) {
  for (const crds::Argument& argument : from.spec->args) {
    const auto known = std::ranges::find(arguments, argument.name, &crds::Argument::name);
    if (known == arguments.end()) {
      arguments.push_back(argument);
      continue;
    }
    if (known->value && argument.value && *known->value != *argument.value)
      return Error{Fault::invalid,
                   fmt::format("Argument `{}` specified multiple times with different values: '{}', '{}'",
                               argument.name, *known->value, *argument.value)};
    if (known->value) continue;
    if (argument.value || argument.value_from) *known = argument;
  }
  return {};
}

template <class Rule>
Result<> add_rules(const char* kind, const std::vector<Rule>& from, std::vector<Rule>& rules) {
  for (const Rule& rule : from) {
    if (std::ranges::find(rules, rule.metric_name, &Rule::metric_name) != rules.end())
      return Error{Fault::invalid, fmt::format("two {} metric rules have the same name '{}'", kind, rule.metric_name)};
    rules.push_back(rule);
  }
  return {};
}

}  // namespace

Result<crds::AnalysisTemplateSpec> compose(const std::vector<crds::TemplateReference>& references,
                                           const std::vector<crds::DryRun>& dry_run,
                                           const std::vector<crds::MeasurementRetention>& retention,
                                           const FindTemplate& find) {
  Collector collector(find);
  if (const Result<> collected = collector.collect(references); !collected) return collected.error();
  crds::AnalysisTemplateSpec merged;
  const auto templates = collector.all();
  Result<> done = add_rules("Dry-Run", dry_run, merged.dry_run);
  if (done) done = add_rules("Measurement Retention", retention, merged.measurement_retention);
  for (const crds::AnalysisTemplate* from : templates) {
    if (done) done = add_metrics(*from, merged.metrics);
    if (done) done = add_arguments(*from, merged.args);
    if (done) done = add_rules("Dry-Run", from->spec->dry_run, merged.dry_run);
    if (done)
      done = add_rules("Measurement Retention", from->spec->measurement_retention, merged.measurement_retention);
    if (!done) return done.error();
  }
  if (!done) return done.error();
  return merged;
}

Result<std::vector<crds::Argument>> merge_arguments(const std::vector<crds::Argument>& given,
                                                    const std::vector<crds::Argument>& declared) {
  std::vector<crds::Argument> merged = declared;
  std::string mistakes;
  for (crds::Argument& argument : merged) {
    const auto value = std::ranges::find(given, argument.name, &crds::Argument::name);
    if (value != given.end() && (value->value || value->value_from)) {
      argument.value = value->value;
      argument.value_from = value->value_from;
    }
    if (!argument.value && !argument.value_from)
      mistakes += fmt::format("{}args.{} was not resolved", mistakes.empty() ? "" : "; ", argument.name);
  }
  if (!mistakes.empty()) return Error{Fault::invalid, mistakes};
  return merged;
}

Result<crds::AnalysisRunSpec> build_run(const crds::RolloutAnalysis& analysis, const FindTemplate& find) {
  Result<crds::AnalysisTemplateSpec> merged =
      compose(analysis.templates, analysis.dry_run, analysis.measurement_retention, find);
  if (!merged) return merged.error();
  Result<std::vector<crds::Argument>> arguments = merge_arguments(analysis.args, merged->args);
  if (!arguments) return arguments.error();
  crds::AnalysisRunSpec spec;
  spec.metrics = std::move(merged->metrics);
  spec.args = std::move(*arguments);
  spec.dry_run = std::move(merged->dry_run);
  spec.measurement_retention = std::move(merged->measurement_retention);
  return spec;
}

std::vector<std::string> check_analysis(const crds::RolloutAnalysis& analysis, const FindTemplate& find,
                                        bool in_background) {
  std::vector<std::string> mistakes;
  crds::RolloutAnalysis planned = analysis;
  bool all_known = true;
  for (crds::Argument& argument : planned.args) {
    if (argument.value && argument.value_from)
      mistakes.push_back(fmt::format("arg '{}' has both Value and ValueFrom fields", argument.name));
    // What the Rollout will fill in is not known yet, and a text is enough to see whether the rest holds.
    if (argument.value_from && !argument.value) argument.value = "dummy-value";
    if (argument.value_from) all_known = false;
    argument.value_from.reset();
  }
  Collector collector(find);
  const Result<crds::AnalysisRunSpec> spec = build_run(planned, find);
  const Result<Arguments> arguments = spec ? read_arguments(spec->args) : Result<Arguments>(spec.error());
  const Result<std::vector<crds::Metric>> metrics =
      arguments ? fill_in(spec->metrics, *arguments) : Result<std::vector<crds::Metric>>(arguments.error());
  if (!metrics) {
    mistakes.push_back(metrics.error().message);
    return mistakes;
  }
  if (all_known && arguments->secrets.empty())
    for (std::string& mistake : validate_metrics(*metrics)) mistakes.push_back(std::move(mistake));
  if (in_background) return mistakes;
  if (!collector.collect(planned.templates)) return mistakes;  // build_run has found all of them
  std::size_t index = 0;
  for (const crds::AnalysisTemplate* from : collector.all())
    for (std::size_t i = 0; i < from->spec->metrics.size(); ++i, ++index) {
      const crds::Metric& metric = (*metrics)[index];
      if (is_endless(metric))
        mistakes.push_back(
            fmt::format("AnalysisTemplate {} has metric {} which runs indefinitely: onInsufficient Wait and stopOnPass "
                        "false are for background analysis",
                        from->meta.name, metric.name));
      if (limits_of(metric).count) continue;
      mistakes.push_back(
          fmt::format("AnalysisTemplate {} has metric {} which runs indefinitely. Invalid value for count: {}",
                      from->meta.name, metric.name, metric.count ? metric.count->text() : "<nil>"));
    }
  return mistakes;
}

}  // namespace sluice::analysis
