// Measures by asking a backend over HTTP, whatever kind of backend it is.
#include "analysis/providers/query_provider.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "analysis/arguments.h"
#include "analysis/phase.h"
#include "analysis/secrets.h"
#include "analysis/verdict.h"

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;
using kube::Result;

// A conversation that goes on longer than this is a fault of the backend.
constexpr std::size_t most_questions = 50;

// Entries of a provider's Secret that say where to go and may be shown.
bool is_public(std::string_view key) {
  constexpr std::array<std::string_view, 6> exact{"address",   "org", "region", "base-url-rest", "base-url-nerdgraph",
                                                  "account-id"};
  return std::ranges::find(exact, key) != exact.end();
}

crds::Measurement finished(crds::Measurement measurement, Phase phase, std::string message, kube::Time now) {
  measurement.phase = name_of(phase);
  measurement.message = std::move(message);
  measurement.finished_at = now;
  measurement.resume_at.reset();
  return measurement;
}

void add_metadata(crds::Measurement& measurement, const kube::StringMap& entries) {
  for (const auto& [key, value] : entries) measurement.metadata.set(key, value);
}

// What the measurement becomes by the last turn of its conversation.
crds::Measurement concluded(crds::Measurement measurement, const crds::Metric& metric, const Turn& turn,
                            kube::Time now) {
  if (const auto* reading = std::get_if<Reading>(&turn.next)) {
    const Judgement judgement = judge(metric.success_condition, metric.failure_condition, reading->value, now);
    if (judgement.phase != Phase::error || reading->shown_on_error) measurement.value = reading->text;
    if (judgement.phase != Phase::error) add_metadata(measurement, reading->metadata);
    return finished(std::move(measurement), judgement.phase, judgement.message, now);
  }
  if (const auto* judged = std::get_if<Judged>(&turn.next)) {
    measurement.value = judged->text;
    return finished(std::move(measurement), judged->phase, "", now);
  }
  const auto& unfinished = std::get<Unfinished>(turn.next);
  add_metadata(measurement, unfinished.metadata);
  measurement.phase = name_of(Phase::running);
  measurement.resume_at = now + unfinished.again_after;
  return measurement;
}

}  // namespace

net::awaitable<Result<kube::StringMap>> QueryProvider::credentials(MeasurementTask task) {
  const std::optional<SecretNeed> need = kind_.secret ? kind_.secret(task.metric) : std::nullopt;
  if (!need) co_return kube::StringMap{};
  kube::StringMap entries;
  bool all_set = !need->environment.empty();
  for (const auto& [variable, key] : need->environment) {
    const std::string value = services_.environment(variable).value_or("");
    all_set = all_set && !value.empty();
    entries.set(key, value);
  }
  if (all_set) co_return entries;
  const kube::ObjectKey key{need->in_run_namespace ? task.run.ns : services_.controller_namespace, need->name};
  Result<kube::StringMap> read = co_await read_secret(services_.client, key);
  if (read || read.error().fault != Fault::not_found || need->missing.empty()) co_return read;
  co_return Error{Fault::not_found, fmt::format("{} (no Secret {})", need->missing, key.text())};
}

// One question with its credentials. A token that the server has forgotten is fetched anew once.
net::awaitable<Result<kube::HttpResponse>> QueryProvider::ask(Question question, std::string ns, Talk& talk) {
  for (bool again = false;; again = true) {
    Question copy = question;
    Result<Authorized> authorized = co_await services_.authorizer.authorize(std::move(copy), ns);
    if (!authorized) co_return authorized.error();
    talk.secrets.insert(talk.secrets.end(), authorized->secrets.begin(), authorized->secrets.end());
    FetchOrder order;
    order.request = std::move(authorized->request);
    order.verify = question.verify;
    order.ns = ns;
    order.repeatable = question.repeatable;
    if (!talk.asked_at) order.sent_at = &talk.asked_at;
    Result<kube::HttpResponse> answer = co_await services_.fetcher.fetch(std::move(order));
    const bool forgotten = answer && answer->status == 401 && authorized->with_old_token && !again;
    if (!forgotten) co_return answer;
    services_.authorizer.forget_token(question, ns);
  }
}

// The secrets that stand in the metric itself.
std::vector<std::string> QueryProvider::secrets_in(const crds::Metric& metric) {
  const crds::Authentication* authentication = nullptr;
  if (metric.provider.prometheus) authentication = &metric.provider.prometheus->authentication;
  if (metric.provider.web) authentication = &metric.provider.web->authentication;
  if (!authentication) return {};
  return {authentication->oauth2.client_secret, authentication->basic_auth.password};
}

net::awaitable<Result<>> QueryProvider::talk(MeasurementTask task, Talk& talk) {
  Result<kube::StringMap> secret = co_await credentials(task);
  if (!secret) co_return secret.error();
  for (const auto& [key, value] : *secret)
    if (!is_public(key)) talk.secrets.push_back(value);
  talk.inquiry.secret = std::move(*secret);
  while (talk.inquiry.answers.size() < most_questions) {
    Result<Turn> turn = kind_.converse(talk.inquiry);
    if (!turn) co_return turn.error();
    const auto* asked = std::get_if<Question>(&turn->next);
    if (!asked) {
      talk.end = std::move(*turn);
      co_return Result<>{};
    }
    Question question = *asked;
    if (question.pause > kube::Duration::zero()) co_await services_.clock.sleep_for(question.pause);
    Result<kube::HttpResponse> answer = co_await ask(std::move(question), task.run.ns, talk);
    talk.is_unanswered = !answer;
    if (!answer) co_return answer.error();
    talk.inquiry.answers.push_back(std::move(*answer));
  }
  co_return Error{Fault::internal, fmt::format("the backend answers without end ({} answers)", most_questions)};
}

QueryProvider::Talk QueryProvider::talk_about(const MeasurementTask& task, kube::Time now) const {
  return {{task.metric,
           {},
           now,
           task.run_started.value_or(now),
           services_.prometheus_address,
           aws_region_of(services_.environment),
           {},
           {}},
          secrets_in(task.metric),
          std::nullopt,
          false,
          std::nullopt};
}

net::awaitable<crds::Measurement> QueryProvider::measure(MeasurementTask task, crds::Measurement measurement) {
  const bool begins = measurement.phase.empty();
  Talk all = talk_about(task, services_.clock.now());
  all.inquiry.unfinished = measurement.metadata;
  const Result<> talked = co_await talk(task, all);
  const kube::Time now = services_.clock.now();
  // A question may have waited for its turn; an answer that was given to somebody else just before counts from now on.
  if (begins && all.asked_at && measurement.started_at)
    measurement.started_at = std::max(*measurement.started_at, *all.asked_at);
  if (talked)
    measurement = concluded(std::move(measurement), task.metric, *all.end, now);
  else
    measurement = finished(std::move(measurement), Phase::error, talked.error().message, now);
  measurement.message = redact(std::move(measurement.message), all.secrets);
  measurement.value = redact(std::move(measurement.value), all.secrets);
  co_return measurement;
}

net::awaitable<Result<kube::HttpResponse>> QueryProvider::last_answer(MeasurementTask task, kube::Time at) {
  Talk all = talk_about(task, at);
  const Result<> talked = co_await talk(task, all);
  if (all.is_unanswered || all.inquiry.answers.empty()) {
    Error error = talked ? Error{Fault::internal, "nothing was asked"} : talked.error();
    error.message = redact(std::move(error.message), all.secrets);
    co_return error;
  }
  kube::HttpResponse last = std::move(all.inquiry.answers.back());
  last.body = redact(std::move(last.body), all.secrets);
  co_return last;
}

crds::Measurement QueryProvider::interrupt(const MeasurementTask&, crds::Measurement unfinished,
                                           const std::string& why) const {
  return finished(std::move(unfinished), Phase::error, why, services_.clock.now());
}

net::awaitable<crds::Measurement> QueryProvider::run(MeasurementTask task) {
  crds::Measurement measurement;
  measurement.started_at = services_.clock.now();
  co_return co_await measure(std::move(task), std::move(measurement));
}

net::awaitable<crds::Measurement> QueryProvider::resume(MeasurementTask task, crds::Measurement unfinished) {
  co_return co_await measure(std::move(task), std::move(unfinished));
}

net::awaitable<crds::Measurement> QueryProvider::terminate(MeasurementTask, crds::Measurement unfinished) {
  co_return finished(std::move(unfinished), Phase::inconclusive, "Metric Terminated", services_.clock.now());
}

net::awaitable<void> QueryProvider::collect_garbage(MeasurementTask, std::vector<crds::Measurement>) { co_return; }

kube::StringMap QueryProvider::metadata(const crds::Metric& metric) const {
  return kind_.metadata ? kind_.metadata(metric) : kube::StringMap{};
}

}  // namespace sluice::analysis
