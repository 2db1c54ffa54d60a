// The life of an AnalysisRun as a pure decision, from single measurements up to the verdict of the run.
#include "analysis/assess.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "analysis/limits.h"
#include "analysis/phase.h"
#include "analysis/rules.h"

namespace sluice::analysis {
namespace {

constexpr std::size_t max_text = 1024;                      // bytes of a message or value in the status
constexpr std::size_t max_status = std::size_t{512} << 10;  // bytes of all measurements together

using kube::Time;

Time whole_seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

// Cut at a character, with a note of how long it was.
void shorten(std::string& text) {
  if (text.size() <= max_text) return;
  const std::size_t size = text.size();
  std::size_t end = max_text - 24;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text = fmt::format("{}… ({} bytes)", std::string_view(text).substr(0, end), size);
}

bool is_unfinished(const crds::MetricResult& result) {
  return !result.measurements.empty() && !is_completed(phase_of(result.measurements.back().phase));
}

// One metric of the spec with what is known of it. `result` is null until its first measurement has begun.
struct MetricView {
  const crds::Metric& metric;
  std::size_t index;
  Limits limits;
  bool dry_run;
};

// Why a metric ends: the phase, and the words for the message of the run.
struct Verdict {
  Phase phase = Phase::running;
  std::string reason;  // "failed (2) > failureLimit (1)"; "" when nothing needs explaining
};

class Assessment {
 public:
  Assessment(const RunObservation& seen, Time now) : seen_(seen), now_(now) {
    decision_.status = seen.status;
    for (std::size_t i = 0; i < seen.spec.metrics.size(); ++i) {
      const crds::Metric& metric = seen.spec.metrics[i];
      metrics_.push_back({metric, i, limits_of(metric), is_dry_run(seen.spec, metric.name)});
    }
  }

  RunDecision run() {
    if (is_completed(phase_of(status().phase))) {
      consider_removal();
      return std::move(decision_);
    }
    if (!seen_.problem.empty()) {
      change_phase(Phase::error, seen_.problem);
      return std::move(decision_);
    }
    if (!status().started_at) status().started_at = whole_seconds(now_);
    for (const Outcome& outcome : seen_.outcomes) record(outcome);
    judge();
    if (!is_completed(phase_of(status().phase))) plan();
    trim();
    fit();
    decision_.write_can_wait = !is_completed(phase_of(status().phase)) && decision_.events.empty();
    return std::move(decision_);
  }

 private:
  crds::AnalysisRunStatus& status() { return decision_.status; }

  crds::MetricResult* result_of(const std::string& metric) {
    const auto found = std::ranges::find(status().metric_results, metric, &crds::MetricResult::name);
    return found == status().metric_results.end() ? nullptr : &*found;
  }

  // The end of `metrics_` for a metric that the spec does not hold.
  std::vector<MetricView>::const_iterator view_of(const std::string& metric) const {
    return std::ranges::find_if(metrics_, [&](const MetricView& view) { return view.metric.name == metric; });
  }

  bool is_under_way(const std::string& metric) const {
    return std::ranges::find(seen_.under_way, metric) != seen_.under_way.end();
  }

  // A metric whose verdict counts has ended badly, or a user has asked to stop.
  bool is_terminating() {
    return seen_.spec.terminate || std::ranges::any_of(status().metric_results, [](const crds::MetricResult& result) {
             return !result.dry_run && is_bad(phase_of(result.phase));
           });
  }

  // ---- measurements into results

  void record(const Outcome& outcome) {
    crds::MetricResult* result = result_of(outcome.metric);
    if (!result) {
      const auto view = view_of(outcome.metric);
      if (view == metrics_.end()) return;  // the spec has changed meanwhile
      // In the order of the spec, however fast each metric is.
      std::vector<crds::MetricResult>& results = status().metric_results;
      const auto next =
          std::ranges::find_if(results, [&](const crds::MetricResult& other) { return view_of(other.name) > view; });
      result = &*results.emplace(next);
      result->name = outcome.metric;
      result->phase = name_of(Phase::running);
      result->dry_run = view->dry_run;
      result->metadata = outcome.metadata;
    }
    crds::Measurement measurement = outcome.measurement;
    shorten(measurement.message);
    shorten(measurement.value);
    const Phase phase = phase_of(measurement.phase);
    if (is_completed(phase) && !measurement.finished_at) measurement.finished_at = now_;
    for (std::optional<Time>* time : {&measurement.started_at, &measurement.finished_at, &measurement.resume_at})
      if (*time) *time = whole_seconds(**time);
    if (is_completed(phase)) count(*result, phase);
    count_lost_looks(*result, measurement);
    if (is_unfinished(*result))
      result->measurements.back() = std::move(measurement);
    else
      result->measurements.push_back(std::move(measurement));
  }

  static void count(crds::MetricResult& result, Phase phase) {
    if (phase != Phase::error) {
      ++result.count;
      result.consecutive_error = 0;
    }
    if (phase != Phase::successful) result.consecutive_success = 0;
    switch (phase) {
      case Phase::successful:
        ++result.successful;
        ++result.consecutive_success;
        break;
      case Phase::failed:
        ++result.failed;
        break;
      case Phase::inconclusive:
        ++result.inconclusive;
        break;
      default:
        ++result.error;
        ++result.consecutive_error;
    }
  }

  // A comparison lasts over many looks; those that were lost in a row stand in its metadata.
  static void count_lost_looks(crds::MetricResult& result, const crds::Measurement& measurement) {
    if (!measurement.metadata.contains("blocks")) return;
    const std::string_view text = measurement.metadata.get("errors");
    std::int32_t lost = 0;
    std::from_chars(text.data(), text.data() + text.size(), lost);
    result.consecutive_error = lost;
  }

  // ---- results into a verdict

  // A verdict may end the other metrics, so the run is judged until nothing changes any more.
  void judge() {
    bool was_terminating = is_terminating();
    judge_once(was_terminating);
    while (is_terminating() != was_terminating) {
      was_terminating = !was_terminating;
      judge_once(was_terminating);
    }
  }

  void judge_once(bool terminating) {
    Phase worst = Phase::none;
    std::string message = seen_.spec.terminate ? "Run Terminated" : "";
    bool all_completed = true;
    bool any_unfinished = false;
    crds::RunSummary summary;
    crds::RunSummary dry_summary;
    for (const MetricView& view : metrics_) {
      crds::RunSummary& counted = view.dry_run ? dry_summary : summary;
      ++counted.count;
      crds::MetricResult* result = result_of(view.metric.name);
      // A Job that is being created must be known before it can be ended with its run.
      any_unfinished |= view.metric.provider.job && is_under_way(view.metric.name);
      if (!result) {
        all_completed = false;
        continue;
      }
      const Verdict verdict = settle(view, *result, terminating);
      any_unfinished |= is_unfinished(*result);
      if (!is_completed(verdict.phase)) {
        all_completed = false;
        continue;
      }
      add_to(counted, verdict.phase);
      if (view.dry_run) {
        if (worst == Phase::none) worst = Phase::successful;
      } else if (verdict.phase > worst) {
        worst = verdict.phase;
        if (!verdict.reason.empty()) message = explain(view.metric.name, verdict, result->message);
      }
    }
    status().run_summary = summary;
    status().dry_run_summary = dry_summary;
    if (worst == Phase::none) worst = Phase::successful;
    const bool ends = terminating ? !any_unfinished : all_completed;
    change_phase(ends ? worst : Phase::running, ends ? std::move(message) : std::string());
  }

  static std::string explain(const std::string& metric, const Verdict& verdict, const std::string& last_message) {
    std::string text =
        fmt::format("Metric \"{}\" assessed {} due to {}", metric, name_of(verdict.phase), verdict.reason);
    if (!last_message.empty()) text += fmt::format(": \"Error Message: {}\"", last_message);
    return text;
  }

  static void add_to(crds::RunSummary& summary, Phase phase) {
    switch (phase) {
      case Phase::failed:
        ++summary.failed;
        break;
      case Phase::inconclusive:
        ++summary.inconclusive;
        break;
      case Phase::error:
        ++summary.error;
        break;
      default:
        ++summary.successful;
    }
  }

  // The phase of one metric; tells of it when it has just been completed.
  Verdict settle(const MetricView& view, crds::MetricResult& result, bool terminating) {
    const Phase before = phase_of(result.phase);
    Verdict verdict = phase_of_metric(view, result, terminating);
    if (is_completed(before)) return verdict.phase == before ? verdict : Verdict{before, ""};
    result.phase = name_of(verdict.phase);
    if (!is_completed(verdict.phase)) return verdict;
    if (!result.measurements.empty()) result.message = result.measurements.back().message;
    if (view.dry_run && !verdict.reason.empty())
      result.message = fmt::format("Metric assessed {} due to {}", name_of(verdict.phase), verdict.reason);
    decision_.events.push_back(
        {"Metric" + std::string(name_of(verdict.phase)), is_warning(verdict.phase),
         fmt::format("Metric '{}' Completed. Result: {}", view.metric.name, name_of(verdict.phase))});
    return verdict;
  }

  static Verdict phase_of_metric(const MetricView& view, const crds::MetricResult& result, bool terminating) {
    if (result.measurements.empty()) return {terminating ? Phase::successful : Phase::pending, ""};
    if (is_unfinished(result)) return {Phase::running, ""};
    const Limits& limits = view.limits;
    // An error outranks an inconclusive metric, and that a failed one, when several limits are passed at once.
    if (result.consecutive_error > limits.consecutive_error)
      return {Phase::error, fmt::format("consecutiveErrors ({}) > consecutiveErrorLimit ({})", result.consecutive_error,
                                        limits.consecutive_error)};
    if (result.inconclusive > limits.inconclusive)
      return {Phase::inconclusive,
              fmt::format("inconclusive ({}) > inconclusiveLimit ({})", result.inconclusive, limits.inconclusive)};
    if (limits.failure >= 0 && result.failed > limits.failure)
      return {Phase::failed, fmt::format("failed ({}) > failureLimit ({})", result.failed, limits.failure)};
    const bool wants_successes = limits.consecutive_success > 0;
    if (wants_successes && result.consecutive_success >= limits.consecutive_success) return {Phase::successful, ""};
    if (limits.count && result.count >= *limits.count) {
      if (!wants_successes) return {Phase::successful, ""};
      return {limits.failure >= 0 ? Phase::inconclusive : Phase::failed,
              fmt::format("consecutiveSuccesses ({}) < consecutiveSuccessLimit ({})", result.consecutive_success,
                          limits.consecutive_success)};
    }
    return {terminating ? Phase::successful : Phase::running, ""};
  }

  // The message changes only together with the phase.
  void change_phase(Phase phase, std::string message) {
    if (phase_of(status().phase) == phase) return;
    status().phase = name_of(phase);
    shorten(message);
    status().message = std::move(message);
    if (!is_completed(phase)) return;
    status().completed_at = whole_seconds(now_);
    decision_.events.push_back({"AnalysisRun" + std::string(name_of(phase)), is_warning(phase),
                                fmt::format("Analysis Completed. Result: {}", name_of(phase))});
  }

  // ---- what comes next

  void plan() {
    const bool terminating = is_terminating();
    for (const MetricView& view : metrics_) {
      const crds::MetricResult* result = result_of(view.metric.name);
      if (result && is_completed(phase_of(result->phase))) continue;
      if (is_under_way(view.metric.name)) continue;
      if (result && is_unfinished(*result))
        continue_measurement(view, result->measurements.back(), terminating);
      else if (!terminating)
        start_when_due(view, result);
    }
  }

  void continue_measurement(const MetricView& view, const crds::Measurement& measurement, bool terminating) {
    if (terminating)
      decision_.terminate.push_back(view.index);
    else if (measurement.resume_at && *measurement.resume_at > now_)
      wake(*measurement.resume_at);
    else
      decision_.resume.push_back(view.index);
  }

  void start_when_due(const MetricView& view, const crds::MetricResult* result) {
    if (result && view.limits.count && result->count >= *view.limits.count) return;
    const Time due = due_time(view, result);
    if (due > now_) return wake(due);
    const std::int64_t number = result ? std::int64_t{result->count} + result->error + 1 : 1;
    decision_.start.push_back({view.index, number, due});
  }

  Time due_time(const MetricView& view, const crds::MetricResult* result) {
    if (!result || result->measurements.empty()) return *status().started_at + view.limits.initial_delay;
    const crds::Measurement& last = result->measurements.back();
    const auto known = seen_.beats.find(view.metric.name);
    const bool is_exact = known != seen_.beats.end() && is_of(known->second, last);
    return next_due(view.limits, last, is_exact ? &known->second : nullptr, now_);
  }

  void wake(Time time) {
    if (!decision_.wake_at || time < *decision_.wake_at) decision_.wake_at = time;
  }

  void trim() {
    for (crds::MetricResult& result : status().metric_results) {
      const std::size_t kept = kept_measurements(seen_.spec, result.name);
      if (result.measurements.size() <= kept) continue;
      const auto surplus = static_cast<std::ptrdiff_t>(result.measurements.size() - kept);
      result.measurements.erase(result.measurements.begin(), result.measurements.begin() + surplus);
    }
  }

  // A status that the server would refuse for its size could never be written again.
  void fit() {
    std::size_t size = 0;
    for (const crds::MetricResult& result : status().metric_results)
      for (const crds::Measurement& measurement : result.measurements) size += size_of(measurement);
    while (size > max_status) {
      crds::MetricResult& longest = *std::ranges::max_element(
          status().metric_results, {}, [](const crds::MetricResult& result) { return result.measurements.size(); });
      if (longest.measurements.size() < 2) return;
      size -= size_of(longest.measurements.front());
      longest.measurements.erase(longest.measurements.begin());
    }
  }
  static std::size_t size_of(const crds::Measurement& measurement) {
    std::size_t size = 160 + measurement.message.size() + measurement.value.size();  // with names and times
    for (const auto& [key, value] : measurement.metadata) size += key.size() + value.size();
    return size;
  }

  // ---- after the end

  void consider_removal() {
    const std::optional<crds::TtlStrategy>& ttl = seen_.spec.ttl_strategy;
    if (!ttl || !status().completed_at) return;
    const Phase phase = phase_of(status().phase);
    const std::optional<std::int32_t> seconds =
        phase == Phase::successful && ttl->seconds_after_success ? ttl->seconds_after_success
        : is_bad(phase) && ttl->seconds_after_failure            ? ttl->seconds_after_failure
                                                                 : ttl->seconds_after_completion;
    if (!seconds) return;
    const Time end = *status().completed_at + std::chrono::seconds{*seconds};
    if (end <= now_)
      decision_.remove = true;
    else
      wake(end);
  }

  const RunObservation& seen_;
  Time now_;
  std::vector<MetricView> metrics_;
  RunDecision decision_;
};

}  // namespace

RunDecision assess(const RunObservation& seen, Time now) { return Assessment(seen, now).run(); }

}  // namespace sluice::analysis
