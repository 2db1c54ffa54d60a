// `explain analysisrun`: what a run asks, what it measured, by which rule, and what would flip its verdict.
#include <cstdio>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/run_explaining.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& lines) { return json::array(lines.begin(), lines.end()); }

json::value time_or_null(const std::optional<kube::Time>& time) {
  return time ? json::value(kube::format_time(*time)) : json::value();
}

json::object json_of(const view::MetricExplanation& metric) {
  json::array measurements;
  for (const view::MeasurementLine& line : metric.measurements)
    measurements.push_back(json::object{
        {"at", time_or_null(line.at)}, {"phase", line.phase}, {"value", line.value}, {"message", line.message}});
  return {{"name", metric.name},
          {"phase", metric.phase},
          {"dryRun", metric.dry_run},
          {"measured", metric.rhythm},
          {"source", metric.source},
          {"queries", texts(metric.queries)},
          {"window", metric.window},
          {"rules", texts(metric.rules)},
          {"evidence", texts(metric.evidence)},
          {"measurements", std::move(measurements)},
          {"flips", texts(metric.flips)}};
}

std::string json_of(const view::RunExplanation& run) {
  json::array metrics;
  for (const view::MetricExplanation& metric : run.metrics) metrics.push_back(json_of(metric));
  const json::object whole{{"namespace", run.ns},
                           {"name", run.name},
                           {"phase", run.phase},
                           {"message", run.message},
                           {"startedAt", time_or_null(run.started)},
                           {"completedAt", time_or_null(run.ended)},
                           {"metrics", std::move(metrics)},
                           {"notes", texts(run.notes)}};
  return kube::print_json_indented(whole) + "\n";
}

int explain(const Call& call) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json") throw UsageError("--output must be json");
  Cluster cluster(call);
  const auto run = cluster.run(fetch_run(cluster.client(), {cluster.ns(), call.names[0]}));
  const kube::Time now = cluster.clock().now();
  const view::RunExplanation explanation = explain_run(*run, now);
  std::fputs((format == "json" ? json_of(explanation) : text_of(explanation, now)).c_str(), stdout);
  return 0;
}

}  // namespace

void add_explain_run(std::vector<Command>& commands) {
  Command command{{"explain", "analysisrun"},
                  {"ar", "analysisruns"},
                  "ANALYSISRUN",
                  "say what a run asks and measured, by which rule, and what would flip its verdict",
                  one_name,
                  {},
                  explain};
  command.flags.add_options()("output,o", po::value<std::string>(), "json");
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
