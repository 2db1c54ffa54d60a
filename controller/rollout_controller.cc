// Observe, decide, apply, for every Rollout that something happened to.
#include "controller/rollout_controller.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/observe.h"
#include "controller/read_object.h"
#include "controller/read_pods.h"
#include "controller/read_set_templates.h"
#include "controller/rollout_metrics.h"
#include "crds/decode.h"
#include "kube/backoff.h"
#include "kube/selector.h"

namespace sluice::controller {
namespace {

using kube::Error;
using kube::Fault;
using kube::ObjectKey;
using kube::Result;
using kube::Time;
namespace net = kube::net;

// What somebody else has changed is shown by a watch, and that leads to another decision at once. Only in case it never
// is shown, it is tried again after so long.
constexpr kube::BackoffLimits conflict_retries{std::chrono::seconds(1), std::chrono::seconds(10)};
// A disruption budget that forbids an eviction is asked again after this.
constexpr kube::Duration eviction_pause = std::chrono::seconds(5);

// The first list of a kind that was not watched before usually is there by then; nothing is asked of the server.
constexpr kube::Duration list_patience = std::chrono::milliseconds(200);

// The Rollout that controls an object, nullopt when it is none.
std::optional<ObjectKey> controlling_rollout(const kube::ObjectMeta& meta) {
  const kube::OwnerReference* owner = meta.controller();
  if (!owner || owner->kind != "Rollout" || !owner->api_version.starts_with("argoproj.io/")) return std::nullopt;
  return ObjectKey{meta.ns, owner->name};
}

// A ReplicaSet is named "<rollout>-<hash>": an orphan concerns the Rollout of that name.
std::optional<ObjectKey> adopting_rollout(const kube::ObjectMeta& meta) {
  const std::size_t dash = meta.name.rfind('-');
  if (meta.controller() || dash == std::string::npos) return std::nullopt;
  return ObjectKey{meta.ns, meta.name.substr(0, dash)};
}

// Nothing is wrong with the spec: every mistake holds the decision back by this guard.
bool is_followed(const Decision& decision) {
  return std::none_of(decision.reasons.begin(), decision.reasons.end(),
                      [](const Reason& reason) { return reason.guard == "spec"; });
}

// Its pods are being evicted.
bool restarts(const RolloutObservation& seen) {
  return seen.pods && seen.rollout->spec->restart_at != seen.rollout->status.restarted_at;
}

}  // namespace

RolloutController::RolloutController(kube::Client& client, Stores& stores, kube::EventRecorder& events,
                                     kube::Clock& clock, const kube::Log& log, RolloutControllerOptions options)
    : client_(client),
      stores_(stores),
      events_(events),
      clock_(clock),
      log_(log),
      options_(std::move(options)),
      queue_(clock),
      own_writes_("rollout", client, stores, clock, queue_, log),
      services_(client, stores, clock, log),
      routes_(client, stores, events, clock, log) {
  watch_stores();
}

void RolloutController::watch_stores() {
  stores_.rollouts.listen([this](const ObjectKey& key, const crds::Rollout* before, const crds::Rollout* after) {
    if (before && after && before->meta.generation != after->meta.generation) remember_spec(key, *before);
    if (before && after && is_started_) durations_.note(before->status, after->status);
    if (before && !after) tell_of_empty_workload(*before);
    if (before && !after && is_started_) deleted_[key] = before->meta.uid;
    if (after) {
      for (const std::string& kind : route_kinds_of(stores_, *after)) stores_.routes.need(kind);
      references_.set(key, names_of(stores_, *after));
    } else {
      references_.erase(key);
    }
    queue_.add(key);
  });
  const auto to_owner = [this](const kube::ObjectMeta& meta) {
    if (const auto owner = controlling_rollout(meta)) queue_.add(*owner);
  };
  stores_.replica_sets.listen(
      [=, this](const ObjectKey&, const crds::ReplicaSet* before, const crds::ReplicaSet* after) {
        if (before) to_owner(before->meta);
        if (after) to_owner(after->meta);
        if (const auto adopter = adopting_rollout((after ? after : before)->meta)) queue_.add(*adopter);
      });
  stores_.analysis_runs.listen([=](const ObjectKey&, const crds::AnalysisRun* before, const crds::AnalysisRun* after) {
    to_owner((after ? after : before)->meta);
  });
  // What its Experiments say tells which of their Services it looks at.
  stores_.experiments.listen(
      [=, this](const ObjectKey&, const crds::Experiment* before, const crds::Experiment* after) {
        const kube::ObjectMeta& meta = (after ? after : before)->meta;
        const auto owner = controlling_rollout(meta);
        if (!owner) return;
        if (const auto rollout = stores_.rollouts.find(*owner)) references_.set(*owner, names_of(stores_, *rollout));
        queue_.add(*owner);
      });
  stores_.services.listen([this](const ObjectKey& key, const crds::Service*, const crds::Service*) {
    look_at_all(References::name("Service", key));
  });
  stores_.endpoint_slices.listen(
      [this](const ObjectKey& key, const PublishedEndpoints* before, const PublishedEndpoints* after) {
        if (before && after && before->service == after->service && before->ready == after->ready) return;
        look_at_all(References::name("Service", {key.ns, (after ? after : before)->service}));
      });
  // A route may bring others along: the Service that subsets divide, or one more that a selector finds.
  stores_.routes.listen([this](std::string_view kind, const ObjectKey& key) {
    std::vector<References::Name> names{References::name(kind, key)};
    if (!key.name.empty()) names.push_back(References::name(kind, {key.ns, "*"}));
    for (const References::Name name : names) {
      for (const ObjectKey& rollout : references_.of(name))
        if (const auto seen = stores_.rollouts.find(rollout)) references_.set(rollout, names_of(stores_, *seen));
      look_at_all(name);
    }
  });
  for (const crds::WorkloadKind kind :
       {crds::WorkloadKind::deployment, crds::WorkloadKind::replica_set, crds::WorkloadKind::pod_template})
    stores_.workloads(kind).listen([this, kind](const ObjectKey& key, const crds::Workload*, const crds::Workload*) {
      look_at_all(References::name(crds::name_of(kind), key));
    });
  // A template may name others, so what a Rollout looks at changes with it.
  const auto template_changed = [this](const ObjectKey& key, const crds::AnalysisTemplate*,
                                       const crds::AnalysisTemplate*) {
    const References::Name name = References::name("AnalysisTemplate", key);
    for (const ObjectKey& rollout : references_.of(name))
      if (const auto seen = stores_.rollouts.find(rollout)) references_.set(rollout, names_of(stores_, *seen));
    look_at_all(name);
  };
  stores_.analysis_templates.listen(template_changed);
  stores_.cluster_analysis_templates.listen(template_changed);
}

// A workload that was scaled to 0 for a Rollout serves nobody when that Rollout goes.
void RolloutController::tell_of_empty_workload(const crds::Rollout& gone) {
  const auto& reference = gone.spec->workload_ref;
  if (!reference || reference->scale_down.empty() || reference->scale_down == "never") return;
  const auto kind = crds::workload_kind(reference->api_version, reference->kind);
  const auto workload = kind ? stores_.workloads(*kind).find({gone.meta.ns, reference->name}) : nullptr;
  if (!workload || workload->replicas.value_or(1) > 0) return;
  events_.record({"argoproj.io/v1alpha1", "Rollout", gone.meta.ns, gone.meta.name, gone.meta.uid, ""},
                 {true, "WorkloadAtZero",
                  fmt::format("The Rollout is gone and {} {} has no replicas: scale it up", crds::name_of(*kind),
                              reference->name)});
}

void RolloutController::remember_spec(const ObjectKey& key, const crds::Rollout& before) {
  const auto at = memory_.find(key);
  if (at != memory_.end() && at->second.is_followed && !at->second.last_valid) at->second.last_valid = before.spec;
}

// What is seen of the last spec that was valid: its Services, routes and templates are those that the update in the
// cluster uses. People still pause it and change its size.
RolloutObservation RolloutController::observe_last_valid(const crds::Rollout& rollout, kube::Mistakes mistakes) {
  const ObjectKey key = rollout.meta.key();
  auto spec = std::make_shared<crds::RolloutSpec>(*memory_[key].last_valid);
  if (rollout.spec->replicas.value_or(0) >= 0) spec->replicas = rollout.spec->replicas;
  spec->paused = rollout.spec->paused;
  auto in_force = std::make_shared<crds::Rollout>(rollout);
  in_force->spec = std::move(spec);
  std::vector<References::Name> names = names_of(stores_, rollout);
  for (const References::Name name : names_of(stores_, *in_force)) names.push_back(name);
  references_.set(key, std::move(names));
  RolloutObservation seen = observe(stores_, std::move(in_force), options_.decide);
  seen.mistakes = std::move(mistakes);
  seen.is_last_valid = true;
  return seen;
}

net::awaitable<void> RolloutController::tell_failed_creation(std::shared_ptr<const crds::Rollout> rollout,
                                                             RolloutObservation seen, std::string set,
                                                             std::string error) {
  Decision decision = decide_after_failed_creation(seen, clock_.now(), set, error);
  memory_[rollout->meta.key()].record.tell(log_, "rollout", rollout->meta.key(), decision.reasons);
  if (!decision.status) co_return;
  ApplyTools tools{client_, stores_, events_, log_};
  Applied applied = co_await apply(tools, rollout, std::move(decision), true);
  own_writes_.add(rollout->meta.key(), applied.written);
}

// A set without the labels of ours is not watched, so that it is only found when its name is in the way.
net::awaitable<void> RolloutController::count_collision(std::shared_ptr<const crds::Rollout> rollout,
                                                        RolloutObservation seen, std::string set) {
  ObjectKey key{rollout->meta.ns, std::move(set)};
  const Result<std::optional<boost::json::value>> found =
      co_await read_object(client_, kube::resources::replica_sets, std::move(key));
  if (!found || !*found) co_return;
  kube::Mistakes ignored;
  const auto there = crds::decode_replica_set(**found, ignored);
  const kube::OwnerReference* owner = there->meta.controller();
  if (owner && owner->uid == rollout->meta.uid) co_return;  // the watch is about to show it
  seen.replica_sets.push_back(there);
  Decision decision = decide(seen, clock_.now());
  decision.writes.clear();
  memory_[rollout->meta.key()].record.tell(log_, "rollout", rollout->meta.key(), decision.reasons);
  if (!decision.status) co_return;
  ApplyTools tools{client_, stores_, events_, log_};
  Applied applied = co_await apply(tools, rollout, std::move(decision), true);
  own_writes_.add(rollout->meta.key(), applied.written);
}

void RolloutController::look_at_all(References::Name name) {
  for (const ObjectKey& rollout : references_.of(name)) queue_.add(rollout);
}

void RolloutController::start(kube::Tasks& tasks) {
  is_started_ = true;
  for (int worker = 0; worker < options_.workers; ++worker)
    tasks.start(fmt::format("rollout worker {}", worker), work());
  services_.start(tasks);
  routes_.start(tasks);
}

net::awaitable<void> RolloutController::work() {
  for (;;) {
    const ObjectKey key = co_await queue_.next();
    const Time began = clock_.now();
    co_await reconcile(key);
    queue_.done(key);
    if (const auto at = memory_.find(key); at != memory_.end()) at->second.record.count(clock_.now() - began);
  }
}

net::awaitable<void> RolloutController::reconcile(ObjectKey key) {
  tell_of_deletion(key);
  if (!stores_.rollouts.find(key)) {
    memory_.erase(key);
    own_writes_.forget(key);
    queue_.forget(key);
    co_return;
  }
  const bool is_up_to_date = co_await own_writes_.are_shown(key);
  const auto rollout = stores_.rollouts.find(key);
  if (!is_up_to_date || !rollout) co_return;
  std::string broken;
  Result<> outcome;
  try {
    outcome = co_await decide_and_apply(rollout);
  } catch (const boost::system::system_error&) {
    throw;  // the task is being stopped
  } catch (const std::exception& error) {
    broken = error.what();
  }
  if (!broken.empty()) {
    // A fault of the program stops this one Rollout, says so, and leaves its traffic where it is.
    log_.error("cannot decide about a rollout", {{"rollout", key.text()}, {"error", broken}});
    memory_[key].record.count_error();
    queue_.failed(key);
  } else if (outcome) {
    queue_.forget(key);
    memory_[key].conflicts = 0;
  } else if (outcome.error().fault == Fault::throttled) {
    queue_.add_at(key, clock_.now() + eviction_pause);
  } else {
    const Fault fault = outcome.error().fault;
    const bool raced = fault == Fault::conflict || fault == Fault::already_exists || fault == Fault::not_found;
    if (raced) {
      log_.debug("somebody else changed an object first",
                 {{"rollout", key.text()}, {"error", outcome.error().message}});
    } else {
      log_.warning("a write failed and is tried again", {{"rollout", key.text()}, {"error", outcome.error().message}});
      memory_[key].record.count_error();
    }
    if (raced)
      queue_.add_at(key, clock_.now() + kube::backoff_after(++memory_[key].conflicts, conflict_retries));
    else
      queue_.failed(key);
  }
}

void RolloutController::tell_of_deletion(const ObjectKey& key) {
  const auto deleted = deleted_.extract(key);
  if (deleted.empty()) return;
  const kube::ObjectReference about{"argoproj.io/v1alpha1", "Rollout", key.ns, key.name, deleted.mapped(), ""};
  events_.record(about, {false, "RolloutDeleted", "Rollout " + key.name + "/" + key.ns + " is deleted."});
}

net::awaitable<Result<>> RolloutController::decide_and_apply(std::shared_ptr<const crds::Rollout> rollout) {
  const ObjectKey key = rollout->meta.key();
  RolloutObservation seen = observe(stores_, rollout, options_.decide);
  if (seen.workload && !seen.workload->is_known && !seen.workload->workload) {
    queue_.add_at(key, clock_.now() + list_patience);
    co_return Result<>();
  }
  if (needs_pods(seen, clock_.now())) {
    const Result<> read = co_await read_pods(client_, seen);
    if (!read) co_return read.error();
  }
  Decision decision = decide(seen, clock_.now());
  memory_[key].is_followed = is_followed(decision);
  if (is_followed(decision)) {
    memory_[key].last_valid.reset();
  } else if (memory_[key].last_valid) {
    seen = observe_last_valid(*rollout, mistakes_in(seen, clock_.now()));
    decision = decide(seen, clock_.now());
  }
  if (!decision.wants_templates_of.empty()) {
    const Result<> read = co_await read_set_templates(client_, seen, decision.wants_templates_of);
    if (!read) co_return read.error();
    decision = decide(seen, clock_.now());
  }
  if (decision.wake_at) queue_.add_at(key, *decision.wake_at);
  memory_[key].record.tell(log_, "rollout", key, decision.reasons);
  const bool write_status = status_is_due(key, decision);
  if (decision.writes.empty() && decision.events.empty() && !write_status) co_return Result<>();

  Applied applied = co_await apply({client_, stores_, events_, log_}, rollout, std::move(decision), write_status);
  own_writes_.add(key, applied.written);
  // The stores may have caught up while the last answer was on its way.
  if (!applied.written.empty()) queue_.add(key);
  if (applied.failure && applied.failure->fault == Fault::throttled && restarts(seen))
    memory_[key].record.tell(
        log_, "rollout", key,
        {{"restart", "a disruption budget forbids the eviction of a pod: " + applied.failure->message,
          seen.rollout->spec->restart_at, "the budget allows it"}});
  const bool is_name_taken = applied.failure && applied.failure->fault == Fault::already_exists && applied.failed &&
                             applied.failed->resource.plural == kube::resources::replica_sets.plural;
  if (is_name_taken) {
    co_await count_collision(rollout, std::move(seen), applied.failed->name);
    co_return *applied.failure;
  }
  if (!applied.unmade_set.empty())
    co_await tell_failed_creation(rollout, std::move(seen), applied.unmade_set, applied.failure->message);
  if (applied.failure) co_return *applied.failure;
  co_return Result<>();
}

bool RolloutController::status_is_due(const ObjectKey& key, const Decision& decision) {
  Memory& memory = memory_[key];
  if (!decision.status) {
    memory.status_since.reset();
    return false;
  }
  const Time now = clock_.now();
  const Time since = memory.status_since.value_or(now);
  // Also beside writes: what they lead to is soon a reason for a status of its own, in which the counters ride.
  if (now < since + decision.status_may_wait) {
    memory.status_since = since;
    queue_.add_at(key, since + decision.status_may_wait);
    return false;
  }
  memory.status_since.reset();
  return true;
}

std::vector<Reason> RolloutController::reasons_of(const ObjectKey& rollout) const {
  const auto at = memory_.find(rollout);
  return at == memory_.end() ? std::vector<Reason>{} : at->second.record.reasons();
}

void RolloutController::add_metrics(MetricFamilies& families) const {
  add_rollout_metrics(families, stores_);
  durations_.add_metrics(families);
  for (const auto& [key, memory] : memory_) memory.record.add_metrics(families, "rollout", key);
}

}  // namespace sluice::controller
