// The questions of `sluice vectors` about measuring.
#include <memory>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/arguments.h"
#include "analysis/assess.h"
#include "analysis/expression/expression.h"
#include "analysis/limits.h"
#include "analysis/phase.h"
#include "analysis/plan.h"
#include "analysis/value_json.h"
#include "analysis/verdict.h"
#include "controller/vectors/operations.h"
#include "crds/decode.h"
#include "kube/json.h"

namespace sluice::controller::vectors {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;

constexpr kube::Time epoch{};

Answer invalid(std::string message) { return Error{Fault::invalid, std::move(message)}; }

// A measurement with its phase: as it says, else by the conditions of the metric.
kube::Result<crds::Measurement> measurement_of(const json::value& in, const crds::Metric& metric, kube::Time now) {
  crds::Measurement measurement;
  if (in.is_string()) {
    measurement.phase = std::string_view(in.get_string());
  } else if (!kube::text_at(in, {"phase"}).empty()) {
    measurement.phase = kube::text_at(in, {"phase"});
    measurement.message = kube::text_at(in, {"message"});
  } else if (const json::value* value = kube::find_at(in, {"value"})) {
    const analysis::Judgement judged =
        analysis::judge(metric.success_condition, metric.failure_condition, analysis::value_from_json(*value), now);
    measurement.phase = analysis::name_of(judged.phase);
    measurement.message = judged.message;
  } else {
    return Error{Fault::invalid, "a measurement must have a phase or a value"};
  }
  if (analysis::phase_of(measurement.phase) == analysis::Phase::none)
    return Error{Fault::invalid, fmt::format("there is no phase \"{}\"", measurement.phase.view())};
  return measurement;
}

}  // namespace

Answer eval(const json::value& in) {
  const json::value* condition = kube::find_at(in, {"condition"});
  if (!condition || !condition->is_string()) return invalid("condition must be a text");
  const auto expression = analysis::expression::read(std::string_view(condition->get_string()));
  if (!expression) return invalid(expression.error().message);
  const json::value* result = kube::find_at(in, {"result"});
  const analysis::expression::Value measured =
      result ? analysis::value_from_json(*result) : analysis::expression::Value();
  kube::Time now = epoch;
  if (const std::string_view given = kube::text_at(in, {"now"}); !given.empty()) {
    const auto parsed = kube::parse_time(given);
    if (!parsed) return parsed.error();
    now = *parsed;
  }
  const auto value = analysis::expression::evaluate(*expression, measured, now);
  if (!value) return invalid(value.error().message);
  return json::object{{"value", analysis::json_from_value(*value)}};
}

Answer fill_template(const json::value& in) {
  const json::value* text = kube::find_at(in, {"text"});
  if (!text || !text->is_string()) return invalid("text must be a text");
  kube::StringMap values;
  if (const json::value* args = kube::find_at(in, {"args"}); args && args->is_object())
    for (const auto& [name, value] : args->get_object()) {
      if (!value.is_string()) return invalid(fmt::format("args.{} must be a text", std::string_view(name)));
      values.set(name, std::string_view(value.get_string()));
    }
  auto filled = analysis::fill_in(std::string_view(text->get_string()), values);
  if (!filled) return filled.error();
  return json::value(*filled);
}

Answer assess(const json::value& in) {
  const json::value* written = kube::find_at(in, {"metric"});
  if (!written || !written->is_object()) return invalid("metric must be an object");
  json::object complete = written->get_object();
  complete.emplace("name", "metric");
  complete.emplace("provider", json::object{{"prometheus", json::object{{"query", "1"}}}});
  kube::Mistakes mistakes;
  crds::AnalysisRunSpec written_spec;
  written_spec.metrics.push_back(crds::decode_metric(complete, mistakes));
  if (!mistakes.empty()) return invalid(kube::describe(mistakes));
  const analysis::RunPlan plan = analysis::plan_run(std::make_shared<const crds::AnalysisRunSpec>(written_spec));
  const crds::Metric& metric = plan.spec.metrics.front();

  kube::Time now = epoch;
  crds::AnalysisRunStatus status;
  const auto look = [&](std::vector<analysis::Outcome> outcomes) {
    status = analysis::assess({plan.spec, status, plan.problem, std::move(outcomes), {}}, now).status;
  };
  look({});
  const json::value* measurements = kube::find_at(in, {"measurements"});
  if (measurements && measurements->is_array())
    for (const json::value& measured : measurements->get_array()) {
      auto measurement = measurement_of(measured, metric, now);
      if (!measurement) return measurement.error();
      measurement->started_at = measurement->finished_at = now;
      const kube::Time next = analysis::next_due(analysis::limits_of(metric), *measurement, nullptr, now);
      look({{metric.name, std::move(*measurement), {}}});
      now = next;
    }
  return json::object{{"phase", std::string_view(status.phase.view())}, {"message", status.message}};
}

}  // namespace sluice::controller::vectors
