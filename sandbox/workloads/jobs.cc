// Jobs run pods until enough of them have succeeded or too many have failed.
#include "sandbox/workloads/jobs.h"

#include <boost/json.hpp>

#include "sandbox/workloads/dice.h"
#include "sandbox/workloads/job_plan.h"
#include "sandbox/workloads/pod_census.h"
#include "sandbox/workloads/pod_template.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

namespace resources = kube::resources;

std::optional<std::int64_t> optional_number(const json::value& object, std::initializer_list<std::string_view> path) {
  return kube::find_at(object, path) ? std::optional(kube::number_at(object, path)) : std::nullopt;
}

JobSpec spec_of(const json::value& job) {
  JobSpec spec;
  spec.parallelism = kube::number_at(job, {"spec", "parallelism"}, 1);
  spec.completions = optional_number(job, {"spec", "completions"});
  // Neither given means one pod that has to succeed.
  if (!spec.completions && !kube::find_at(job, {"spec", "parallelism"})) spec.completions = 1;
  spec.backoff_limit = kube::number_at(job, {"spec", "backoffLimit"}, 6);
  if (const auto deadline = optional_number(job, {"spec", "activeDeadlineSeconds"}))
    spec.deadline = std::chrono::seconds(*deadline);
  return spec;
}

kube::Time finished_at(const json::value& pod) {
  kube::Time last{};
  for (const json::value& container : array_at(pod, {"status", "containerStatuses"}))
    last = std::max(last, time_at(container, {"state", "terminated", "finishedAt"}).value_or(kube::Time{}));
  return last;
}

json::object condition(std::string_view type, std::string_view status, std::string_view reason,
                       std::string_view message, kube::Time now) {
  const std::string time = kube::format_time(now);
  return {{"type", type},     {"status", status},  {"lastProbeTime", time}, {"lastTransitionTime", time},
          {"reason", reason}, {"message", message}};
}

// The pods of one Job, counted.
struct Workers {
  JobPods counts;
  std::int64_t ready = 0;
  std::vector<Pod> active;
};

class Jobs final : public Behaviour {
 public:
  explicit Jobs(World& world) : world_(world), requests_(world.api, world.log, "kube-controller-manager") {}

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

 private:
  Workers workers_of(const json::value& job) const;
  bool create_pod(const kube::ObjectKey& key, const json::value& job);
  bool clean_up(const kube::ObjectKey& key, const json::value& job, kube::Time finished);
  bool report(const kube::ObjectKey& key, const json::value& job, const Workers& workers, kube::Time started,
              json::array conditions, bool completed);
  json::array conditions_after(const json::value& job, const std::optional<JobVerdict>& verdict, bool is_over,
                               bool suspended) const;

  World& world_;
  Requests requests_;
  std::uint64_t created_ = 0;
};

void Jobs::noted(const Change& change) {
  if (change.group == "batch" && change.plural == "jobs") return world_.agenda.soon(*this, change.key);
  if (!change.group.empty() || change.plural != "pods") return;
  const json::object* owner = controller_of(change.after ? *change.after : *change.before);
  if (owner && text_of(*owner, "kind") == "Job")
    world_.agenda.soon(*this, {change.key.ns, std::string(text_of(*owner, "name"))});
}

bool Jobs::reconcile(const kube::ObjectKey& key) {
  const std::shared_ptr<const json::value> found = world_.api.find(resources::jobs, key);
  if (!found || is_terminating(*found)) return true;
  const json::value& job = *found;
  for (const char* type : {"Complete", "Failed"})
    if (const json::object* over = condition_of(job, type); is_true(over)) {
      const kube::Result<kube::Time> since = kube::parse_time(text_of(*over, "lastTransitionTime"));
      return !since || clean_up(key, job, *since);
    }

  const kube::Time now = world_.now();
  const bool suspended = flag_at(job, {"spec", "suspend"});
  const kube::Time started = time_at(job, {"status", "startTime"}).value_or(now);
  Workers workers = workers_of(job);
  JobPlan next;
  if (suspended)
    next.remove = workers.counts.active;
  else
    next = plan(spec_of(job), workers.counts, started, now);
  if (next.wake_at) world_.agenda.at(*next.wake_at, *this, key);

  bool done = true;
  sort_by_worth(workers.active);
  for (const Pod& pod : workers.active) {
    if (next.remove-- <= 0) break;
    done &= requests_.remove(resources::pods, pod.key, uid_of(*pod.object));
    --workers.counts.active;
    // A pod that has stopped at once is not terminating any more.
    workers.counts.terminating += world_.api.find(resources::pods, pod.key) != nullptr;
  }
  for (; next.create > 0 && done; --next.create) {
    done = create_pod(key, job);
    workers.counts.active += done;
  }
  const bool is_over = next.verdict &&
                       condition_of(job, next.verdict->success ? "SuccessCriteriaMet" : "FailureTarget") &&
                       workers.counts.active == 0 && workers.counts.terminating == 0;
  const bool completed = is_over && next.verdict->success;
  return report(key, job, workers, started, conditions_after(job, next.verdict, is_over, suspended), completed) && done;
}

Workers Jobs::workers_of(const json::value& job) const {
  Workers workers;
  JobPods& counts = workers.counts;
  kube::Time last_success{};
  std::vector<kube::Time> failures;
  for (kube::ObjectKey& name : world_.index.pods_of(std::string(uid_of(job)))) {
    std::shared_ptr<const json::value> pod = world_.api.find(resources::pods, name);
    if (!pod) continue;
    if (phase_of(*pod) == "Succeeded") {
      ++counts.succeeded;
      last_success = std::max(last_success, finished_at(*pod));
    } else if (phase_of(*pod) == "Failed") {
      ++counts.failed;
      failures.push_back(finished_at(*pod));
    } else if (is_terminating(*pod)) {
      ++counts.terminating;
    } else {
      ++counts.active;
      workers.ready += is_ready(*pod);
      workers.active.push_back({std::move(name), std::move(pod)});
    }
  }
  for (const kube::Time failure : failures) {
    if (failure < last_success) continue;
    ++counts.failures_in_row;
    counts.last_failure = std::max(counts.last_failure, failure);
  }
  counts.succeeded = std::max(counts.succeeded, kube::number_at(job, {"status", "succeeded"}));
  counts.failed = std::max(counts.failed, kube::number_at(job, {"status", "failed"}));
  return workers;
}

bool Jobs::create_pod(const kube::ObjectKey& key, const json::value& job) {
  const std::uint64_t seed = roll(world_.options.seed, key.text());
  std::string name = key.name + "-" + name_suffix(mix(seed + ++created_));
  while (world_.api.find(resources::pods, {key.ns, name})) name = key.name + "-" + name_suffix(mix(seed + ++created_));
  json::object pod = pod_from_template(resources::jobs, job, name);
  json::value& labels = pod["metadata"].as_object()["labels"];
  if (!labels.is_object()) labels = json::object();
  for (const char* label : {"batch.kubernetes.io/controller-uid", "controller-uid"})
    labels.get_object()[label] = uid_of(job);
  for (const char* label : {"batch.kubernetes.io/job-name", "job-name"}) labels.get_object()[label] = key.name;
  return requests_.create(resources::pods, key.ns, pod);
}

bool Jobs::clean_up(const kube::ObjectKey& key, const json::value& job, kube::Time finished) {
  const auto wait = optional_number(job, {"spec", "ttlSecondsAfterFinished"});
  if (!wait) return true;
  const kube::Time due = finished + std::chrono::seconds(*wait);
  if (due <= world_.now()) return requests_.remove(resources::jobs, key, uid_of(job), "Foreground");
  world_.agenda.at(due, *this, key);
  return true;
}

// First the criterion that was met, then, when no pod is left, the end itself.
json::array Jobs::conditions_after(const json::value& job, const std::optional<JobVerdict>& verdict, bool is_over,
                                   bool suspended) const {
  const kube::Time now = world_.now();
  json::array conditions;
  for (const json::value& kept : array_at(job, {"status", "conditions"}))
    if (kube::text_at(kept, {"type"}) != "Suspended") conditions.push_back(kept);
  const json::object* was_suspended = condition_of(job, "Suspended");
  if (was_suspended && is_true(was_suspended) == suspended)
    conditions.push_back(*was_suspended);
  else if (suspended)
    conditions.push_back(condition("Suspended", "True", "JobSuspended", "Job suspended", now));
  else if (was_suspended)
    conditions.push_back(condition("Suspended", "False", "JobResumed", "Job resumed", now));
  if (!verdict) return conditions;
  const char* const criterion = verdict->success ? "SuccessCriteriaMet" : "FailureTarget";
  if (!condition_of(job, criterion))
    conditions.push_back(condition(criterion, "True", verdict->reason, verdict->message, now));
  if (is_over)
    conditions.push_back(
        condition(verdict->success ? "Complete" : "Failed", "True", verdict->reason, verdict->message, now));
  return conditions;
}

bool Jobs::report(const kube::ObjectKey& key, const json::value& job, const Workers& workers, kube::Time started,
                  json::array conditions, bool completed) {
  const json::object& shown = object_at(job, {"status"});
  json::object status;
  const auto tell = [&](std::string_view name, json::value value) {
    const json::value* before = shown.if_contains(name);
    if (before ? *before != value : !value.is_null()) status[name] = std::move(value);
  };
  const auto count = [](std::int64_t number) { return number == 0 ? json::value(nullptr) : json::value(number); };
  tell("startTime", flag_at(job, {"spec", "suspend"}) ? json::value(nullptr) : json::value(kube::format_time(started)));
  tell("active", count(workers.counts.active));
  tell("ready", workers.ready);
  tell("terminating", workers.counts.terminating);
  tell("succeeded", count(workers.counts.succeeded));
  tell("failed", count(workers.counts.failed));
  tell("uncountedTerminatedPods", json::object());
  if (completed) tell("completionTime", json::value(kube::format_time(world_.now())));
  if (!conditions.empty()) tell("conditions", std::move(conditions));
  return status.empty() || requests_.patch_status(resources::jobs, key, std::move(status));
}

}  // namespace

std::unique_ptr<Behaviour> make_jobs(World& world) { return std::make_unique<Jobs>(world); }

}  // namespace sluice::sandbox
