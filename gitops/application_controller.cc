// Scheduling applications and taking each through one round: assess, operate, save.
#include "gitops/application_controller.h"

#include <algorithm>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/decode.h"
#include "gitops/application_status.h"
#include "gitops/auto_sync.h"
#include "gitops/cascade.h"
#include "gitops/events.h"
#include "gitops/operation.h"
#include "kube/backoff.h"
#include "kube/json.h"
#include "kube/patch.h"
#include "kube/reflector.h"

namespace sluice::gitops {

using kube::Duration;
using kube::ObjectKey;
using kube::Result;
using kube::Time;

namespace {

constexpr Duration trouble_patience = kube::seconds{10};

// The condition that tells why the automation does nothing.
const std::vector<std::string_view> automation_types{"SyncError"};

}  // namespace

// One application that is looked after.
struct ApplicationController::Subject {
  Remembered memory;
  std::optional<Time> due;
  std::optional<Time> poll_at;  // when Git is asked again
  Time last_worked;
  bool working = false;
  bool seen = false;  // assessed at least once by this process
};

// What one round knows and has decided.
struct ApplicationController::Round {
  ObjectKey key;
  std::shared_ptr<Subject> subject;
  std::shared_ptr<const crds::Application> application;
  std::string instance;
  Assessment assessment;
  crds::ApplicationStatus status;
  std::vector<Notice> notices;
  bool clear_operation = false;
  std::optional<Time> look_again;

  void look_no_later_than(Time when) { look_again = look_again ? std::min(*look_again, when) : when; }
};

ApplicationController::ApplicationController(kube::Client& client, kube::Clock& clock, const kube::Log& log,
                                             Sources& sources, ApplicationControllerOptions options)
    : client_(client),
      clock_(clock),
      log_(log),
      sources_(sources),
      options_(std::move(options)),
      kinds_(client, clock),
      applications_([this](const json::value& object) {
        kube::Mistakes found;
        std::shared_ptr<const crds::Application> application = crds::decode_application(object, found);
        if (found.empty())
          mistakes_.erase(application->meta.key());
        else
          mistakes_[application->meta.key()] = std::move(found);
        return application;
      }),
      working_(options_.at_once) {}

ApplicationController::~ApplicationController() = default;

void ApplicationController::start(kube::Tasks& tasks) {
  live_ = std::make_unique<LiveCluster>(client_, clock_, log_, tasks, LiveCluster::Options{options_.ns},
                                        [this](const std::string& instance) { look_at_instance(instance); });
  assessor_ = std::make_unique<Assessor>(client_, clock_, sources_, kinds_, *live_, options_.assessor);
  executor_ = std::make_unique<SyncExecutor>(client_, kinds_, *live_);
  run_ = std::make_unique<OperationRun>(clock_, *live_, *executor_);
  applications_.listen([this](const ObjectKey& key, const crds::Application* before, const crds::Application* after) {
    note_change(key, before, after);
  });
  kube::Reflected what{.resource = kube::resources::applications, .ns = options_.ns, .optional = true};
  tasks.start("watch applications", kube::reflect(client_, what, applications_, clock_, log_));
  tasks.start("applications", dispatch(tasks));
}

bool ApplicationController::is_ready() const { return applications_.is_synced(); }

std::size_t ApplicationController::renders() const {
  std::size_t count = 0;
  for (const auto& [key, subject] : subjects_) count += subject->memory.renders;
  return count;
}

void ApplicationController::note_change(const ObjectKey& key, const crds::Application* before,
                                        const crds::Application* after) {
  const std::string instance = assessor_->instance_of(key);
  if (!after) {
    mistakes_.erase(key);
    subjects_.erase(key);
    keys_.erase(instance);
    live_->forget(instance);
    return;
  }
  keys_[instance] = key;
  if (before && before->meta.uid != after->meta.uid) subjects_.erase(key);
  look_at(key, clock_.now());
}

void ApplicationController::look_at(const ObjectKey& key, Time when) {
  std::shared_ptr<Subject>& subject = subjects_[key];
  if (!subject) subject = std::make_shared<Subject>();
  // Bursts of changes are taken together.
  if (subject->seen) when = std::max(when, subject->last_worked + options_.spacing);
  if (subject->due && *subject->due <= when) return;
  subject->due = when;
  if (wake_) wake_->cancel();
}

void ApplicationController::look_at_instance(const std::string& instance) {
  const Time now = clock_.now();
  if (!instance.empty()) {
    const auto at = keys_.find(instance);
    if (at != keys_.end()) look_at(at->second, now);
    return;
  }
  for (const auto& [name, key] : keys_) look_at(key, now);
}

Duration ApplicationController::poll_interval(const ObjectKey& key) const {
  // Spread over the last third, so that a thousand applications do not ask at one moment.
  const Duration third = options_.resync / 3;
  const std::uint64_t spread = kube::stable_hash(key.text());
  if (third.count() == 0) return options_.resync;
  return options_.resync - Duration{static_cast<std::int64_t>(spread % static_cast<std::uint64_t>(third.count()))};
}

net::awaitable<void> ApplicationController::dispatch(kube::Tasks& tasks) {
  using namespace boost::asio::experimental::awaitable_operators;
  wake_ = std::make_shared<net::steady_timer>(co_await net::this_coro::executor);
  for (;;) {
    const Time now = clock_.now();
    std::optional<Time> next;
    std::vector<ObjectKey> ready;
    for (const auto& [key, subject] : subjects_) {
      if (!subject->due || subject->working) continue;
      if (*subject->due <= now)
        ready.push_back(key);
      else
        next = next ? std::min(*next, *subject->due) : *subject->due;
    }
    for (const ObjectKey& key : ready) {
      const auto found = subjects_.find(key);
      if (found == subjects_.end()) continue;
      const std::shared_ptr<Subject> subject = found->second;
      subject->due.reset();
      subject->working = true;
      tasks.start("application " + key.text(), work_on(key, subject));
    }
    // A task may have run to its end already, and have asked for another look.
    if (!ready.empty()) continue;
    wake_->expires_at(net::steady_timer::time_point::max());
    boost::system::error_code woken;
    auto token = net::redirect_error(net::use_awaitable, woken);
    if (next)
      co_await (clock_.sleep_until(*next) || wake_->async_wait(token));
    else
      co_await wake_->async_wait(token);
    const auto cancelled = co_await net::this_coro::cancellation_state;
    if (cancelled.cancelled() != net::cancellation_type::none) co_return;
  }
}

net::awaitable<void> ApplicationController::work_on(ObjectKey key, std::shared_ptr<Subject> subject) {
  std::string fault;
  {
    const Turnstile::Pass pass = co_await working_.enter();
    try {
      co_await evaluate(key, subject);
    } catch (const boost::system::system_error& error) {
      if (error.code() == net::error::operation_aborted) throw;
      fault = error.what();
    } catch (const std::exception& error) {
      fault = error.what();
    }
  }
  subject->last_worked = clock_.now();
  subject->working = false;
  subject->seen = true;
  if (!fault.empty()) {
    log_.error("an application could not be worked on", {{"application", key.text()}, {"why", fault}});
    const auto at = subjects_.find(key);
    if (at != subjects_.end() && at->second == subject) look_at(key, clock_.now() + trouble_patience);
  }
  if (wake_) wake_->cancel();
}

net::awaitable<void> ApplicationController::evaluate(ObjectKey key, std::shared_ptr<Subject> subject) {
  Round round;
  round.key = key;
  round.subject = subject;
  round.application = applications_.find(key);
  if (!round.application) {
    subjects_.erase(key);
    co_return;
  }
  if (!applications_.is_current(key)) co_return;  // its event starts the next round
  if (round.application->meta.annotations.get(annotations::skip_reconcile) == "true") co_return;
  round.instance = assessor_->instance_of(key);
  if (!live_->is_current(round.instance)) {
    look_at(key, clock_.now() + trouble_patience);
    co_return;
  }
  round.status = round.application->status;
  if (round.application->meta.deletion_time) {
    co_await delete_objects(round);
    co_return;
  }
  co_await assess(round);
  co_await operate(round);
  co_await save(round);
  if (round.assessment.look_again) round.look_no_later_than(*round.assessment.look_again);
  if (subject->poll_at) round.look_no_later_than(*subject->poll_at);
  const auto at = subjects_.find(key);
  if (round.look_again && at != subjects_.end() && at->second == subject) look_at(key, *round.look_again);
}

net::awaitable<void> ApplicationController::delete_objects(Round& round) {
  const std::vector<std::string>& finalizers = round.application->meta.finalizers;
  if (std::ranges::none_of(finalizers, is_resources_finalizer)) co_return;
  const CascadeProgress progress = co_await delete_cascade(client_, kinds_, *live_, round.application, round.instance);
  if (!progress.done) {
    log_.debug(progress.waits_for, {{"application", round.key.text()}});
    look_at(round.key, clock_.now() + trouble_patience);
    co_return;
  }
  json::array rest;
  for (const std::string& finalizer : finalizers)
    if (!is_resources_finalizer(finalizer)) rest.emplace_back(finalizer);
  json::object metadata;
  metadata["finalizers"] = std::move(rest);
  metadata["resourceVersion"] = round.application->meta.resource_version;
  json::object body;
  body["metadata"] = std::move(metadata);
  kube::Patch patch;
  patch.body = kube::print_json(body);
  const Result<json::value> answer = co_await client_.patch(kube::resources::applications, round.key, std::move(patch));
  if (!answer && answer.error().fault != kube::Fault::not_found) {
    look_at(round.key, clock_.now() + trouble_patience);
    co_return;
  }
  Notice notice{"ResourceDeleted", "the objects of the application are deleted", false};
  co_await tell(client_, clock_, log_, round.application->meta, std::move(notice));
}

net::awaitable<void> ApplicationController::assess(Round& round) {
  const crds::Application& application = *round.application;
  const auto mistakes = mistakes_.find(round.key);
  if (mistakes != mistakes_.end()) {
    round.assessment.standing = Standing::invalid;
    round.assessment.findings = {{"InvalidSpecError", kube::describe(mistakes->second)}};
  } else {
    Subject& subject = *round.subject;
    const Time now = clock_.now();
    const std::string_view refresh = application.meta.annotations.get(annotations::refresh);
    if (refresh == "hard") subject.memory.rendered.reset();
    const bool poll_due = options_.resync.count() > 0 && (!subject.poll_at || *subject.poll_at <= now);
    std::optional<Duration> max_age;
    if (poll_due) max_age = options_.resync / 2;
    if (!subject.seen || (subject.memory.retry_at && *subject.memory.retry_at <= now)) max_age = options_.resync / 4;
    if (!refresh.empty()) max_age = Duration{0};
    if (poll_due || max_age) subject.poll_at = now + poll_interval(round.key);
    std::string revision;
    if (application.status.operation_state && is_running(*application.status.operation_state)) {
      if (max_age) {
        const bool superseded = co_await is_superseded(round, *max_age);
        if (superseded) co_return;
      }
      revision = revision_of(*application.status.operation_state);
      if (revision == subject.memory.commit) revision.clear();  // the commit of the spec's own revision
      max_age.reset();
    }
    round.assessment = co_await assessor_->assess(round.application, subject.memory, std::move(revision), max_age);
  }
  round.status = status_after(application, round.assessment, options_.assessor.controller_namespace, clock_.now());
}

// An automated sync that waits for the health of an old commit gives way to a newer one, which may be the cure.
net::awaitable<bool> ApplicationController::is_superseded(Round& round, Duration max_age) {
  const crds::OperationState& state = *round.application->status.operation_state;
  if (!state.operation.initiated_by.automated) co_return false;
  const CheckedApplication checked = check(*round.application->spec, options_.assessor.access);
  if (!checked.mistakes.empty()) co_return false;
  const Result<std::string> commit =
      co_await sources_.resolve(checked.url, checked.revision, checked.tag_prefix, max_age);
  const std::string running = revision_of(state);
  if (!commit || running.empty() || *commit == running) co_return false;
  crds::OperationState& ended = *round.status.operation_state;
  finish_attempt(ended, SyncOutcome::failed, fmt::format("superseded by commit {}", *commit), RetryPlan{},
                 clock_.now());
  ended.phase = "Failed";
  round.notices.push_back(
      {"OperationCompleted",
       fmt::format("Sync operation to {} was superseded by {}", running.substr(0, 7), commit->substr(0, 7)), false});
  round.assessment.standing = Standing::waiting;
  co_return true;
}

net::awaitable<void> ApplicationController::operate(Round& round) {
  const crds::Application& application = *round.application;
  const bool was_running = application.status.operation_state && is_running(*application.status.operation_state);
  const bool runs = round.status.operation_state && is_running(*round.status.operation_state);
  if (runs) {
    OperationProgress progress = co_await run_->advance(application, round.instance, round.assessment, round.status);
    if (progress.look_again) round.look_no_later_than(*progress.look_again);
    if (progress.notice) round.notices.push_back(*progress.notice);
  }
  if (was_running) {
    const bool ended = !is_running(*round.status.operation_state);
    round.clear_operation =
        ended && application.operation && *application.operation == round.status.operation_state->operation;
    co_return;
  }
  if (application.operation) {
    const std::string& user = application.operation->initiated_by.username;
    start_operation(round, *application.operation,
                    user.empty() ? std::string("Initiated sync") : fmt::format("{} initiated sync", user));
    co_return;
  }
  decide_automation(round);
}

void ApplicationController::start_operation(Round& round, const crds::Operation& operation, const std::string& words) {
  crds::OperationState state = begin_operation(
      operation, round.application->spec->source ? *round.application->spec->source : crds::ApplicationSource{},
      clock_.now());
  round.status.operation_state = std::move(state);
  const std::string& asked = operation.sync ? operation.sync->revision : std::string();
  const std::string to = asked.empty() ? round.assessment.commit : asked;
  round.notices.push_back({"OperationStarted", fmt::format("{} to '{}'", words, to), false});
}

void ApplicationController::decide_automation(Round& round) {
  const crds::ApplicationSpec& spec = *round.application->spec;
  const bool automated =
      spec.sync_policy && spec.sync_policy->automated && spec.sync_policy->automated->enabled.value_or(true);
  if (!automated) {
    set_conditions(round.status.conditions, automation_types, {}, clock_.now());
    return;
  }
  if (round.assessment.standing != Standing::compared) return;
  const crds::AutomatedSync& wanted = *spec.sync_policy->automated;
  AutoSyncObservation seen;
  seen.status = round.assessment.comparison.status;
  seen.revision = round.assessment.commit;
  seen.resources = &round.assessment.comparison.resources;
  seen.last = last_attempt(*round.application);
  const AutoSyncDecision decision =
      decide_auto_sync({wanted.prune, wanted.self_heal, wanted.allow_empty}, seen, clock_.now());
  std::vector<Finding> findings;
  if (decision.action == AutoSyncAction::refuse) {
    std::string why = decision.message;
    if (round.status.operation_state && round.status.operation_state->phase == "Failed")
      why += ": " + round.status.operation_state->message;
    findings.push_back({"SyncError", why});
  }
  set_conditions(round.status.conditions, automation_types, findings, clock_.now());
  if (decision.wake_at) round.look_no_later_than(*decision.wake_at);
  if (decision.action == AutoSyncAction::sync || decision.action == AutoSyncAction::heal)
    start_operation(
        round, automated_operation(decision, spec, seen.revision),
        decision.action == AutoSyncAction::heal ? "Initiated automated healing" : "Initiated automated sync");
}

net::awaitable<void> ApplicationController::save(Round& round) {
  const crds::ApplicationStatus& before = round.application->status;
  if (before.sync.status != round.status.sync.status)
    round.notices.push_back(
        {"ResourceUpdated",
         fmt::format("Updated sync status: {} -> {}", before.sync.status.view(), round.status.sync.status.view()),
         false});
  if (before.health.status != round.status.health.status)
    round.notices.push_back(
        {"ResourceUpdated",
         fmt::format("Updated health status: {} -> {}", before.health.status.view(), round.status.health.status.view()),
         false});
  if (!(before == round.status)) round.status.reconciled_at = std::chrono::floor<kube::seconds>(clock_.now());
  const std::optional<json::value> changed =
      kube::merge_difference(crds::encode_status(before), crds::encode_status(round.status));
  const bool refreshed = round.application->meta.annotations.contains(annotations::refresh) &&
                         round.assessment.standing != Standing::waiting;
  if (!changed && !refreshed && !round.clear_operation) co_return;

  json::object metadata;
  metadata["resourceVersion"] = round.application->meta.resource_version;
  if (refreshed) {
    json::object notes;
    notes[annotations::refresh] = nullptr;
    metadata["annotations"] = std::move(notes);
  }
  json::object body;
  body["metadata"] = std::move(metadata);
  if (changed) body["status"] = *changed;
  if (round.clear_operation) body["operation"] = nullptr;
  kube::Patch patch;
  patch.body = kube::print_json(body);
  const Result<json::value> answer = co_await client_.patch(kube::resources::applications, round.key, std::move(patch));
  if (!answer) {
    // Somebody changed the application meanwhile: its event starts the next round. Anything else is tried again.
    if (answer.error().fault != kube::Fault::conflict && answer.error().fault != kube::Fault::not_found)
      log_.warning("the status of an application could not be written",
                   {{"application", round.key.text()}, {"why", answer.error().message}});
    round.look_no_later_than(clock_.now() + trouble_patience);
    co_return;
  }
  applications_.note_own_write(round.key, std::string(kube::text_at(*answer, {"metadata", "resourceVersion"})));
  for (Notice& notice : round.notices) co_await tell(client_, clock_, log_, round.application->meta, std::move(notice));
}

}  // namespace sluice::gitops
