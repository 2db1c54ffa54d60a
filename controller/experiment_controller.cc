// Observe, decide, apply, for every Experiment that something happened to.
#include "controller/experiment_controller.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/experiment_metrics.h"
#include "controller/observe_experiment.h"
#include "controller/read_object.h"
#include "controller/requests.h"
#include "controller/rollout_metrics.h"
#include "crds/decode.h"
#include "kube/backoff.h"
#include "kube/json.h"

namespace sluice::controller {
namespace {

using kube::Fault;
using kube::ObjectKey;
using kube::Result;
using kube::Time;
namespace net = kube::net;
using Why = RefusedCreation::Why;

// Between two attempts to make what the server does not make now, such as for a quota.
constexpr kube::BackoffLimits creation_retries{std::chrono::seconds(1), std::chrono::seconds(60)};

kube::ObjectReference reference_to(const crds::Experiment& experiment) {
  return {"argoproj.io/v1alpha1", "Experiment", experiment.meta.ns, experiment.meta.name, experiment.meta.uid, ""};
}

std::string uid_of_controller(const kube::json::value& object) {
  const kube::json::value* owners = kube::find_at(object, {"metadata", "ownerReferences"});
  if (!owners || !owners->is_array()) return {};
  for (const kube::json::value& owner : owners->get_array()) {
    const kube::json::value* is_controller = kube::find_at(owner, {"controller"});
    if (is_controller && is_controller->is_bool() && is_controller->get_bool())
      return std::string(kube::text_at(owner, {"uid"}));
  }
  return {};
}

bool is_race(Fault fault) {
  return fault == Fault::conflict || fault == Fault::already_exists || fault == Fault::not_found;
}

}  // namespace

ExperimentController::ExperimentController(kube::Client& client, Stores& stores, kube::EventRecorder& events,
                                           kube::Clock& clock, const kube::Log& log,
                                           ExperimentControllerOptions options)
    : client_(client),
      stores_(stores),
      events_(events),
      clock_(clock),
      log_(log),
      options_(std::move(options)),
      queue_(clock),
      own_writes_("experiment", client, stores, clock, queue_, log) {
  watch_stores();
}

void ExperimentController::watch_stores() {
  stores_.experiments.listen([this](const ObjectKey& key, const crds::Experiment*, const crds::Experiment* after) {
    if (after)
      references_.set(key, names_of(stores_, *after));
    else
      references_.erase(key);
    queue_.add(key);
  });
  const auto follow = [this](auto& store, std::string_view kind) {
    store.listen([this, kind](const ObjectKey& key, const auto* before, const auto* after) {
      if (before) look_at_owner(before->meta);
      if (after) look_at_owner(after->meta);
      look_at_all(References::name(kind, key));
    });
  };
  follow(stores_.replica_sets, "ReplicaSet");
  follow(stores_.services, "Service");
  follow(stores_.analysis_runs, "AnalysisRun");
  const auto template_changed = [this](const ObjectKey& key, const crds::AnalysisTemplate*,
                                       const crds::AnalysisTemplate*) {
    const References::Name name = References::name("AnalysisTemplate", key);
    for (const ObjectKey& experiment : references_.of(name))
      if (const auto seen = stores_.experiments.find(experiment)) references_.set(experiment, names_of(stores_, *seen));
    look_at_all(name);
  };
  stores_.analysis_templates.listen(template_changed);
  stores_.cluster_analysis_templates.listen(template_changed);
  // Pods go when no route leads to them any more, and that is told by the Rollout's status.
  stores_.rollouts.listen([this](const ObjectKey&, const crds::Rollout* before, const crds::Rollout* after) {
    if (!before || (after && additional_services(*before) == additional_services(*after))) return;
    for (const auto& experiment : stores_.experiments.owned_by(before->meta.uid)) queue_.add(experiment->meta.key());
  });
}

void ExperimentController::look_at_all(References::Name name) {
  for (const ObjectKey& experiment : references_.of(name)) queue_.add(experiment);
}

void ExperimentController::look_at_owner(const kube::ObjectMeta& meta) {
  const kube::OwnerReference* owner = meta.controller();
  if (!owner || owner->kind != "Experiment" || !owner->api_version.starts_with("argoproj.io/")) return;
  queue_.add({meta.ns, owner->name});
}

void ExperimentController::start(kube::Tasks& tasks) {
  for (int worker = 0; worker < options_.workers; ++worker)
    tasks.start(fmt::format("experiment worker {}", worker), work());
}

net::awaitable<void> ExperimentController::work() {
  for (;;) {
    const ObjectKey key = co_await queue_.next();
    const Time began = clock_.now();
    co_await reconcile(key);
    queue_.done(key);
    if (const auto at = memory_.find(key); at != memory_.end()) at->second.record.count(clock_.now() - began);
  }
}

net::awaitable<void> ExperimentController::reconcile(ObjectKey key) {
  ExperimentPointer experiment = stores_.experiments.find(key);
  if (!experiment) {
    memory_.erase(key);
    own_writes_.forget(key);
    queue_.forget(key);
    co_return;
  }
  const bool is_up_to_date = co_await own_writes_.are_shown(key);
  experiment = stores_.experiments.find(key);
  if (!is_up_to_date || !experiment) co_return;
  std::string broken;
  Result<> outcome;
  try {
    outcome = co_await decide_and_apply(experiment);
  } catch (const boost::system::system_error&) {
    throw;  // the task is being stopped
  } catch (const std::exception& error) {
    broken = error.what();
  }
  if (!broken.empty()) {
    // A fault of the program stops this one Experiment and says so.
    log_.error("cannot decide about an experiment", {{"experiment", key.text()}, {"error", broken}});
    memory_[key].record.count_error();
    queue_.failed(key);
  } else if (outcome) {
    queue_.forget(key);
  } else {
    if (is_race(outcome.error().fault)) {
      log_.debug("somebody else changed an object first",
                 {{"experiment", key.text()}, {"error", outcome.error().message}});
    } else {
      log_.warning("a write failed and is tried again",
                   {{"experiment", key.text()}, {"error", outcome.error().message}});
      memory_[key].record.count_error();
    }
    queue_.failed(key);
  }
}

net::awaitable<Result<>> ExperimentController::decide_and_apply(ExperimentPointer experiment) {
  const ObjectKey key = experiment->meta.key();
  ExperimentObservation seen = observe_experiment(stores_, experiment, options_.instance_id);
  for (const Refusal& refusal : memory_[key].refused) seen.refused.push_back(refusal.what);
  const Result<> found = co_await find_missing_runs(seen);
  if (!found) co_return found.error();
  ExperimentDecision decision = decide_experiment(seen, clock_.now());
  if (decision.wake_at) queue_.add_at(key, *decision.wake_at);
  memory_[key].record.tell(log_, "experiment", key, decision.reasons);
  if (decision.writes.empty() && !decision.status) co_return Result<>();

  DecisionOwner owner{"experiment", reference_to(*experiment)};
  ApplyTools tools{client_, stores_, events_, log_};
  Applied applied = co_await send_writes(tools, std::move(owner), std::move(decision.writes));
  bool is_understood = false;
  if (applied.failure) {
    is_understood = co_await note_refusal(experiment, applied);
  } else if (decision.status) {
    const Result<> sent = co_await write_status(experiment, *decision.status, applied);
    if (sent)
      tell(experiment, decision);
    else
      applied.failure = sent.error();
  }
  Memory& memory = memory_[key];
  for (const WriteTarget& made : applied.created)
    std::erase_if(memory.refused, [&](const Refusal& refusal) { return refusal.what.name == made.name; });
  own_writes_.add(key, applied.written);
  // The stores may have caught up while the last answer was on its way, and a refusal leads to another decision.
  if (!applied.written.empty() || is_understood) queue_.add(key);
  if (applied.failure && !is_understood) co_return *applied.failure;
  co_return Result<>();
}

// A run that is recorded but not in the store is asked for: a view that is behind does not make it gone.
net::awaitable<Result<>> ExperimentController::find_missing_runs(ExperimentObservation& seen) {
  for (const crds::ExperimentAnalysisStatus& status : seen.experiment->status.analysis_runs) {
    const ObjectKey key{seen.experiment->meta.ns, status.analysis_run};
    const bool has_ended = status.phase == "Successful" || status.phase == "Failed" || status.phase == "Error" ||
                           status.phase == "Inconclusive";
    if (key.name.empty() || has_ended || stores_.analysis_runs.find(key)) continue;
    const auto found = co_await read_object(client_, kube::resources::analysis_runs, key);
    if (!found) co_return found.error();
    kube::Mistakes ignored;
    if (*found) seen.analysis_runs.push_back(crds::decode_analysis_run(**found, ignored));
  }
  co_return Result<>();
}

// The object itself carries the status, so that its version has to be the one that was decided on: a person who takes
// the status away meanwhile starts the Experiment anew.
net::awaitable<Result<>> ExperimentController::write_status(ExperimentPointer experiment, crds::ExperimentStatus status,
                                                            Applied& applied) {
  kube::Patch patch;
  patch.body = status_patch(experiment->status, status, {experiment->meta.uid, experiment->meta.resource_version});
  if (patch.body.empty()) co_return Result<>();
  const Result<kube::json::value> answer =
      co_await client_.patch(kube::resources::experiments, experiment->meta.key(), std::move(patch));
  if (!answer) co_return answer.error();
  applied.written.push_back({WrittenObject::Kind::experiment, experiment->meta.key(), kube::resources::experiments});
  stores_.experiments.note_own_write(experiment->meta.key(),
                                     std::string(kube::text_at(*answer, {"metadata", "resourceVersion"})));
  co_return Result<>();
}

// Remembers why an object was not made, for the decisions to come. Answers whether there was anything to understand:
// what is left is a fault of the moment.
net::awaitable<bool> ExperimentController::note_refusal(ExperimentPointer experiment, const Applied& applied) {
  if (!applied.failed || !applied.failed->is_creation) co_return false;
  const WriteTarget target = *applied.failed;
  const Fault fault = applied.failure->fault;
  const ObjectKey key = experiment->meta.key();
  RefusedCreation refused{std::string(target.resource.kind), target.name, Why::world, applied.failure->message, {}};
  if (fault == Fault::invalid) {
    refused.why = Why::invalid;
  } else if (fault == Fault::already_exists) {
    const auto found = co_await read_object(client_, target.resource, {key.ns, target.name});
    // Our own, which the store will show, or gone again: another look is enough.
    if (!found || !*found || uid_of_controller(**found) == experiment->meta.uid) co_return false;
    refused.why = Why::taken;
  } else if (fault != Fault::forbidden) {
    co_return false;
  }
  std::vector<Refusal>& known = memory_[key].refused;
  auto at = std::find_if(known.begin(), known.end(), [&](const Refusal& refusal) {
    return refusal.what.kind == refused.kind && refusal.what.name == refused.name;
  });
  if (at == known.end()) at = known.insert(known.end(), Refusal{});
  refused.retry_at = clock_.now() + kube::backoff_after(++at->attempts, creation_retries);
  log_.warning("an object was not made", {{"experiment", key.text()}, {"error", refused.message}});
  at->what = std::move(refused);
  co_return true;
}

void ExperimentController::tell(const ExperimentPointer& experiment, const ExperimentDecision& decision) {
  const auto text_of = [](const Event& event) {
    return kube::EventText{event.is_warning, event.reason, event.message};
  };
  for (const Event& event : decision.events) events_.record(reference_to(*experiment), text_of(event));
  const kube::OwnerReference* owner = experiment->meta.controller();
  if (!owner || owner->kind != "Rollout") return;
  const kube::ObjectReference rollout{owner->api_version, owner->kind, experiment->meta.ns,
                                      owner->name,        owner->uid,  ""};
  for (const Event& event : decision.rollout_events) events_.record(rollout, text_of(event));
}

std::vector<Reason> ExperimentController::reasons_of(const ObjectKey& experiment) const {
  const auto at = memory_.find(experiment);
  return at == memory_.end() ? std::vector<Reason>{} : at->second.record.reasons();
}

void ExperimentController::add_metrics(MetricFamilies& families) const {
  add_experiment_metrics(families, stores_);
  for (const auto& [key, memory] : memory_) memory.record.add_metrics(families, "experiment", key);
}

}  // namespace sluice::controller
