// The explanation of a run as text.
#include "view/run_explanation.h"

#include <algorithm>

#include <fmt/format.h>

#include "view/phase.h"

namespace sluice::view {
namespace {

std::string length_of(kube::Duration length) {
  return kube::format_duration(std::chrono::floor<std::chrono::seconds>(length));
}

std::string head_of(const RunExplanation& run, kube::Time now) {
  std::string text = fmt::format("AnalysisRun {}/{} ", run.ns, run.name);
  if (!run.started)
    text += "has not begun";
  else if (!run.ended)
    text += fmt::format("has been {} for {}, since {}", run.phase, length_of(now - *run.started),
                        kube::format_time(*run.started));
  else
    text += fmt::format("ended {} after {}, at {}", run.phase, length_of(*run.ended - *run.started),
                        kube::format_time(*run.ended));
  text += ".\n";
  if (!run.message.empty()) text += run.message + "\n";
  return text;
}

// A heading in a column of its own, each further line under the first; lines of one text stay together.
std::string part(const std::string& label, const std::vector<std::string>& lines) {
  std::string text;
  std::string first = label;
  for (std::string line : lines) {
    while (line.ends_with('\n')) line.pop_back();
    std::size_t at = 0;
    for (;;) {
      const std::size_t end = line.find('\n', at);
      text += fmt::format("  {:<9} {}\n", std::exchange(first, ""), line.substr(at, end - at));
      if (end == std::string::npos) break;
      at = end + 1;
    }
  }
  return text;
}

std::string clock_of(kube::Time time) { return kube::format_time(time).substr(11, 8); }

std::string line_of(const MeasurementLine& measurement, std::size_t phase_width, std::size_t value_width) {
  std::string text = fmt::format("{}  {} {:<{}}", measurement.at ? clock_of(*measurement.at) : "--:--:--",
                                 analysis_icon(measurement.phase), measurement.phase, phase_width);
  if (value_width > 0) text += fmt::format("  {:<{}}", measurement.value, value_width);
  if (!measurement.message.empty()) text += "  " + measurement.message;
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::vector<std::string> lines_of(const MetricExplanation& metric) {
  std::size_t phase_width = 0;
  std::size_t value_width = 0;
  for (const MeasurementLine& measurement : metric.measurements) {
    phase_width = std::max(phase_width, measurement.phase.size());
    value_width = std::max(value_width, std::min<std::size_t>(measurement.value.size(), 40));
  }
  std::vector<std::string> lines;
  if (metric.dropped > 0) lines.push_back(fmt::format("({} older ones are not kept)", metric.dropped));
  for (const MeasurementLine& measurement : metric.measurements)
    lines.push_back(line_of(measurement, phase_width, value_width));
  if (lines.empty()) lines.emplace_back("nothing yet");
  return lines;
}

std::string text_of(const MetricExplanation& metric) {
  std::string text = fmt::format("\n{} {}  {}", analysis_icon(metric.phase), metric.name, metric.phase);
  if (metric.dry_run) text += " (a dry run: it does not count)";
  if (!metric.rhythm.empty()) text += ", measured " + metric.rhythm;
  text += "\n";
  text += part("asks", {metric.source});
  text += part("", metric.queries);
  if (!metric.window.empty()) text += part("window", {metric.window});
  text += part("rule", metric.rules);
  text += part("evidence", metric.evidence);
  text += part("measured", lines_of(metric));
  text += part("flips if", metric.flips);
  return text;
}

}  // namespace

std::string text_of(const RunExplanation& run, kube::Time now) {
  std::string text = head_of(run, now);
  for (const MetricExplanation& metric : run.metrics) text += text_of(metric);
  if (!run.notes.empty()) text += "\n";
  for (const std::string& note : run.notes) text += note + "\n";
  return text;
}

}  // namespace sluice::view
