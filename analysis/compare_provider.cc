// Looks of a comparison: asks what is due, adds it to the evidence, and says where it stands.
#include "analysis/compare_provider.h"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/compare/queries.h"
#include "analysis/compare/report.h"
#include "analysis/limits.h"
#include "analysis/phase.h"
#include "analysis/prometheus_answer.h"
#include "analysis/prometheus_series.h"
#include "analysis/verdict.h"

namespace sluice::analysis {
namespace {

using compare::Answer;
using compare::Query;
using compare::Settings;
using compare::State;
using compare::Taken;
using compare::Verdict;
using kube::Result;
using kube::Time;

constexpr std::string_view state_key = "state";

Result<State> state_of(const crds::Measurement& measurement, const Settings& settings) {
  const std::string* text = measurement.metadata.find(state_key);
  return text ? compare::parse_state(*text, settings) : Result<State>(compare::initial_state(settings));
}

// A look under way: the measurement as it will be, and what is known to it.
struct Look {
  Settings settings;
  State state;
  crds::Measurement measurement;
  std::optional<Taken> last;
};

void end(Look& look, Phase phase, std::string_view verdict, std::string message, Time now) {
  look.measurement.phase = name_of(phase);
  look.measurement.message = std::move(message);
  look.measurement.value = compare::ratio_text(look.state, look.settings);
  look.measurement.metadata = compare::metadata_of(look.state, look.settings, verdict);
  look.measurement.resume_at.reset();
  look.measurement.finished_at = now;
}

void go_on(Look& look, std::string message, Time next) {
  look.measurement.phase = name_of(Phase::running);
  look.measurement.message = std::move(message);
  look.measurement.value = compare::ratio_text(look.state, look.settings);
  look.measurement.metadata = compare::metadata_of(look.state, look.settings, look.state.passed ? "pass" : "undecided");
  look.measurement.metadata.set(state_key, compare::print_state(look.state, look.settings));
  look.measurement.resume_at = std::chrono::ceil<std::chrono::seconds>(next);
}

// A look that learnt nothing. Too many in a row end the measurement; the evidence is kept until then.
void lose(Look& look, const std::string& why, Time now) {
  ++look.state.errors;
  ++look.state.skipped;
  if (look.state.errors > look.settings.error_limit) return end(look, Phase::error, "error", why, now);
  go_on(look,
        fmt::format("look skipped, error {} in a row ({} are allowed): {}", look.state.errors,
                    look.settings.error_limit, why),
        now + error_retry);
}

void conclude_undecided(Look& look, Time now, Time next) {
  const Settings& settings = look.settings;
  const Time deadline = *look.measurement.started_at + settings.max_duration;
  const bool waits = settings.on_insufficient == compare::Insufficient::wait || look.state.passed;
  if (now >= deadline && !waits) {
    const Phase phase = settings.on_insufficient == compare::Insufficient::successful ? Phase::successful
                        : settings.on_insufficient == compare::Insufficient::failed   ? Phase::failed
                                                                                      : Phase::inconclusive;
    return end(look, phase, "insufficient", compare::insufficient_text(look.state, settings), now);
  }
  if (now < deadline) next = std::min(next, deadline);
  std::string message = look.state.passed ? compare::pass_text(look.state, settings) + "; watching on for a failure"
                                          : compare::undecided_text(look.state, settings, look.last);
  go_on(look, std::move(message), next);
}

// When the next look is: when a window is complete, more often when a guard is asked more often, less often when the
// author wants fewer looks.
Time next_look(const Settings& settings, bool has_guard, Time complete, Time now) {
  if (!settings.interval) return complete;
  const Time wanted = now + *settings.interval;
  return has_guard ? std::min(wanted, std::max(complete, now)) : std::max(wanted, complete);
}

void conclude(Look& look, bool has_guard, Time complete, Time now) {
  const Verdict verdict = compare::verdict_of(look.state, look.settings);
  if (verdict == Verdict::fail)
    return end(look, Phase::failed, "fail", compare::fail_text(look.state, look.settings), now);
  if (verdict == Verdict::pass && look.settings.stop_on_pass)
    return end(look, Phase::successful, "pass", compare::pass_text(look.state, look.settings), now);
  if (verdict == Verdict::pass) look.state.passed = true;
  conclude_undecided(look, now, next_look(look.settings, has_guard, complete, now));
}

Result<Answer> read_answer(const Result<kube::HttpResponse>& response, const Query& query) {
  if (!response) return response.error();
  const Result<std::vector<PrometheusSeries>> series =
      read_prometheus_series(response->status, response->headers.get("Content-Type"), response->body);
  if (!series)
    return kube::Error{series.error().fault, fmt::format("{} (query {})", series.error().message, query.text)};
  Answer answer;
  for (const PrometheusSeries& one : *series) answer.push_back({one.labels, one.value});
  return answer;
}

// Why the window cannot be taken although every answer could be read; "" when it can. A canary that has never been
// seen is waited for: its series begin with its traffic.
std::string missing_arm(const compare::Measured& measured, const State& state, const crds::Compare& compare,
                        const std::vector<Query>& queries, const std::vector<Answer>& answers) {
  const auto is_missing = [&](compare::Role role) {
    for (std::size_t i = 0; i < queries.size(); ++i)
      if (queries[i].role == role && !answers[i].empty()) return false;
    return true;
  };
  const auto text = [&](compare::Role role, std::string_view name, const kube::StringMap& selector) {
    for (const Query& query : queries)
      if (query.role == role)
        return fmt::format("no data for {} {{{}}}: query {} has no result", name, compare::selector_text(selector),
                           query.text);
    return std::string();
  };
  if (measured.baseline.total <= 0 && is_missing(compare::Role::baseline))
    return text(compare::Role::baseline, "baseline", compare.baseline);
  if (measured.canary.total <= 0 && state.canary_since && is_missing(compare::Role::canary))
    return text(compare::Role::canary, "canary", compare.canary);
  return {};
}

}  // namespace

CompareProvider::CompareProvider(AskPrometheus ask, kube::Clock& clock) : ask_(std::move(ask)), clock_(clock) {}

net::awaitable<crds::Measurement> CompareProvider::run(MeasurementTask task) {
  crds::Measurement begun;
  begun.phase = name_of(Phase::running);
  begun.started_at = clock_.now();
  co_return co_await look(std::move(task), std::move(begun));
}

net::awaitable<crds::Measurement> CompareProvider::resume(MeasurementTask task, crds::Measurement unfinished) {
  co_return co_await look(std::move(task), std::move(unfinished));
}

net::awaitable<crds::Measurement> CompareProvider::look(MeasurementTask task, crds::Measurement measurement) {
  Look look{compare::settings_of(task.metric, task.alpha), {}, std::move(measurement), std::nullopt};
  Result<State> state = state_of(look.measurement, look.settings);
  if (!state) {
    look.state = compare::initial_state(look.settings);
    end(look, Phase::error, "error", state.error().message, clock_.now());
    co_return look.measurement;
  }
  look.state = std::move(*state);
  const std::string guarded = co_await guard(task, look.measurement);
  if (!guarded.empty()) {
    lose(look, guarded, clock_.now());
    co_return look.measurement;
  }
  if (look.measurement.phase == name_of(Phase::failed)) {
    const std::string message = look.measurement.message;
    end(look, Phase::failed, "fail", message, clock_.now());
    co_return look.measurement;
  }
  const Time now = clock_.now();
  const compare::DueWindows due = compare::due_windows(look.settings, look.state, *look.measurement.started_at, now);
  look.state.skipped += due.passed_over;
  const compare::Pods pods{task.canary_pods, task.baseline_pods};
  for (const compare::Window& window : due.windows) {
    const Result<compare::Measured> measured = co_await measure(task, look.settings, look.state, window);
    if (!measured) {
      lose(look, measured.error().message, clock_.now());
      co_return look.measurement;
    }
    look.last = compare::take(look.state, look.settings, *measured, pods, *look.measurement.started_at);
    const Verdict verdict = compare::verdict_of(look.state, look.settings);
    if (verdict == Verdict::fail || (verdict == Verdict::pass && look.settings.stop_on_pass)) break;
    // Blocks became longer: the rest of the list has the old length.
    if (window.length != look.settings.block * look.state.stretch) break;
  }
  look.state.errors = 0;
  const bool has_guard = !task.metric.provider.prometheus->query.empty();
  const Time complete =
      compare::due_windows(look.settings, look.state, *look.measurement.started_at, clock_.now()).next;
  conclude(look, has_guard, complete, clock_.now());
  co_return look.measurement;
}

// Asks the hard guard, when there is one: a value that meets failureCondition fails the measurement at once. The answer
// is why it could not be asked, or "".
net::awaitable<std::string> CompareProvider::guard(MeasurementTask task, crds::Measurement& measurement) {
  const crds::Metric& metric = task.metric;
  if (metric.provider.prometheus->query.empty() || metric.failure_condition.empty()) co_return std::string();
  const Result<kube::HttpResponse> response = co_await ask_(task, clock_.now());
  if (!response) co_return response.error().message;
  const Result<PrometheusAnswer> answer =
      read_prometheus_answer(response->status, response->headers.get("Content-Type"), response->body);
  if (!answer) co_return answer.error().message;
  const Judgement judgement = judge("", metric.failure_condition, answer->value, clock_.now());
  if (judgement.phase == Phase::error) co_return judgement.message;
  if (judgement.phase == Phase::failed) {
    measurement.phase = name_of(Phase::failed);
    measurement.message =
        fmt::format("hard guard: failureCondition {} holds for {}", metric.failure_condition, answer->text);
  }
  co_return std::string();
}

net::awaitable<Result<compare::Measured>> CompareProvider::measure(MeasurementTask task, Settings settings, State state,
                                                                   compare::Window window) {
  const crds::Metric& metric = task.metric;
  const std::vector<Query> queries = compare::queries_of(*metric.compare, settings, window.length);
  std::vector<Answer> answers;
  for (const Query& query : queries) {
    MeasurementTask asked = task;
    asked.metric.provider.prometheus->query = query.text;
    const Result<kube::HttpResponse> response = co_await ask_(std::move(asked), window.end);
    Result<Answer> answer = read_answer(response, query);
    if (!answer) co_return answer.error();
    answers.push_back(std::move(*answer));
  }
  Result<compare::Measured> measured = compare::read_answers(queries, answers, settings, window);
  if (!measured) co_return measured;
  std::string missing = missing_arm(*measured, state, *metric.compare, queries, answers);
  if (!missing.empty()) co_return kube::Error{kube::Fault::not_found, std::move(missing)};
  co_return measured;
}

crds::Measurement CompareProvider::interrupt(const MeasurementTask& task, crds::Measurement unfinished,
                                             const std::string& why) const {
  Look look{compare::settings_of(task.metric, task.alpha), {}, std::move(unfinished), std::nullopt};
  Result<State> state = state_of(look.measurement, look.settings);
  look.state = state ? std::move(*state) : compare::initial_state(look.settings);
  lose(look, why, clock_.now());
  return look.measurement;
}

net::awaitable<crds::Measurement> CompareProvider::terminate(MeasurementTask task, crds::Measurement unfinished) {
  Look look{compare::settings_of(task.metric, task.alpha), {}, std::move(unfinished), std::nullopt};
  Result<State> state = state_of(look.measurement, look.settings);
  look.state = state ? std::move(*state) : compare::initial_state(look.settings);
  end(look, Phase::successful, look.state.passed ? "pass" : "undecided", "Metric Terminated", clock_.now());
  co_return look.measurement;
}

net::awaitable<void> CompareProvider::collect_garbage(MeasurementTask, std::vector<crds::Measurement>) { co_return; }

kube::StringMap CompareProvider::metadata(const crds::Metric& metric) const {
  kube::StringMap metadata;
  if (!metric.provider.prometheus->query.empty())
    metadata.set("ResolvedPrometheusQuery", metric.provider.prometheus->query);
  const Settings settings = compare::settings_of(metric, .01);
  std::string text;
  for (const Query& query : compare::queries_of(*metric.compare, settings, settings.block))
    text += (text.empty() ? "" : "\n") + query.text;
  metadata.set("ResolvedCompareQueries", text);
  return metadata;
}

}  // namespace sluice::analysis
