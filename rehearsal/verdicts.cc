// Ending AnalysisRuns at the time at which they would end.
#include "rehearsal/verdicts.h"

#include <algorithm>

#include <boost/json.hpp>

#include "analysis/limits.h"
#include "crds/decode.h"
#include "kube/json.h"
#include "sandbox/workloads/pod_plan.h"

namespace sluice::rehearsal {
namespace {

namespace json = boost::json;

std::string command_line(const json::value& container) {
  std::string line;
  for (const char* part : {"command", "args"})
    if (const json::value* words = kube::find_at(container, {part}); words && words->is_array())
      for (const json::value& word : words->get_array())
        if (word.is_string()) line += std::string(word.get_string()) + " ";
  return line;
}

// `each` is the length of one measurement.
kube::Duration length_of(const analysis::Limits& limits, std::int64_t measurements, kube::Duration each) {
  const kube::Duration gap = limits.interval.value_or(kube::Duration(0));
  return limits.initial_delay + gap * std::max<std::int64_t>(0, measurements - 1) + each * measurements;
}

kube::Duration measurement_time(const crds::Metric& metric, kube::Duration job_takes) {
  if (!metric.provider.job) return kube::Duration(0);
  const kube::Result<json::value> spec = kube::parse_json(metric.provider.job->spec.text);
  const json::value* containers = spec ? kube::find_at(*spec, {"template", "spec", "containers"}) : nullptr;
  kube::Duration longest{0};
  if (containers && containers->is_array())
    for (const json::value& container : containers->get_array())
      longest = std::max(longest, sandbox::sleep_in(command_line(container)));
  return longest > kube::Duration(0) ? longest : job_takes;
}

}  // namespace

std::optional<kube::Duration> length_of_success(const crds::AnalysisRunSpec& spec, kube::Duration job_takes) {
  kube::Duration longest{0};
  for (const crds::Metric& metric : spec.metrics) {
    const analysis::Limits limits = analysis::limits_of(metric);
    const kube::Duration each = measurement_time(metric, job_takes);
    if (limits.consecutive_success > 0)
      longest = std::max(longest, length_of(limits, limits.consecutive_success, each));
    else if (limits.count)
      longest = std::max(longest, length_of(limits, *limits.count, each));
    else
      return std::nullopt;
  }
  return longest;
}

kube::Duration length_of_failure(const crds::AnalysisRunSpec& spec, kube::Duration job_takes) {
  std::optional<kube::Duration> first;
  for (const crds::Metric& metric : spec.metrics) {
    const analysis::Limits limits = analysis::limits_of(metric);
    if (limits.failure < 0) continue;  // failures never end it
    const kube::Duration length = length_of(limits, limits.failure + 1, measurement_time(metric, job_takes));
    if (!first || length < *first) first = length;
  }
  return first.value_or(kube::Duration(0));
}

Verdicts::Verdicts(sandbox::Api& api, kube::Clock& clock, kube::Tasks& tasks, kube::Duration job_takes,
                   bool first_fails)
    : api_(api), clock_(clock), tasks_(tasks), job_takes_(job_takes), next_fails_(first_fails) {
  api_.listen([this](const sandbox::Change& change) {
    if (change.plural == kube::resources::analysis_runs.plural) note(change);
  });
}

bool Verdicts::are_all_given() const {
  return std::ranges::all_of(open_, [](const auto& run) { return run.second; });
}

void Verdicts::note(const sandbox::Change& change) {
  if (change.type == kube::WatchType::deleted) {
    open_.erase(change.key);
    return;
  }
  kube::Mistakes ignored;
  const auto run = crds::decode_analysis_run(*change.after, ignored);
  if (change.type == kube::WatchType::added) return take_up(change.key, *run->spec);
  if (run->spec->terminate && open_.contains(change.key)) end(change.key, "Successful", "Run Terminated");
}

void Verdicts::take_up(kube::ObjectKey run, const crds::AnalysisRunSpec& spec) {
  const bool fails = std::exchange(next_fails_, false);
  const std::optional<kube::Duration> length =
      fails ? length_of_failure(spec, job_takes_) : length_of_success(spec, job_takes_);
  open_[run] = !length;
  tasks_.start("verdict on " + run.text(), give(run, length.value_or(kube::Duration(-1)), fails));
}

boost::asio::awaitable<void> Verdicts::give(kube::ObjectKey run, kube::Duration after, bool fails) {
  const bool ends_by_itself = after >= kube::Duration(0);
  // Its own controller would begin a moment later.
  co_await clock_.sleep_for(std::chrono::milliseconds(10));
  if (!open_.contains(run)) co_return;
  const std::string running = json::serialize(json::object{{"status", {{"phase", "Running"}}}});
  api_.handle({"PATCH", kube::resources::analysis_runs.object_path(run), "application/merge-patch+json", running},
              "rehearsal");
  if (!ends_by_itself) co_return;
  co_await clock_.sleep_for(after);
  if (!open_.contains(run)) co_return;
  end(run, fails ? "Failed" : "Successful", fails ? "the rehearsal lets it fail" : "");
}

void Verdicts::end(const kube::ObjectKey& run, const std::string& phase, const std::string& message) {
  open_.erase(run);
  ++given_;
  const std::string now = kube::format_time(clock_.now());
  json::object status{{"phase", phase}, {"message", message}, {"completedAt", now}};
  const std::string body = json::serialize(json::object{{"status", std::move(status)}});
  api_.handle({"PATCH", kube::resources::analysis_runs.object_path(run), "application/merge-patch+json", body},
              "rehearsal");
}

}  // namespace sluice::rehearsal
