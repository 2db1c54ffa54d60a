// Measures by running a Job: it succeeds or fails, and so does the measurement.
#include "analysis/job_provider.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/decode.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::ObjectKey;
using kube::Result;

// How long the store may lag behind a Job that this program has created before the server is asked.
constexpr kube::Duration store_lag = std::chrono::seconds{30};

ObjectKey job_key(const crds::Measurement& measurement) {
  return {std::string(measurement.metadata.get("job-namespace")), std::string(measurement.metadata.get("job-name"))};
}

std::shared_ptr<const crds::Job> decode(const json::value& object) {
  kube::Mistakes ignored;  // what cannot be read stays at its default
  return crds::decode_job(object, ignored);
}

}  // namespace

JobProvider::JobProvider(kube::Client& client, kube::Store<crds::Job>& jobs, const kube::Store<JobPod>& pods,
                         kube::Clock& clock, const kube::Log& log, std::string job_namespace)
    : client_(client), jobs_(jobs), pods_(pods), clock_(clock), log_(log), job_namespace_(std::move(job_namespace)) {}

crds::Measurement JobProvider::finished(crds::Measurement measurement, Phase phase, std::string message) const {
  measurement.phase = name_of(phase);
  measurement.message = std::move(message);
  measurement.finished_at = clock_.now();
  return measurement;
}

net::awaitable<crds::Measurement> JobProvider::run(MeasurementTask task) {
  crds::Measurement measurement;
  measurement.started_at = clock_.now();
  const ObjectKey job{job_namespace_.empty() ? task.run.ns : job_namespace_,
                      job_name(task.run_uid, task.metric.name, task.number)};
  Result<std::string> body = job_object(task, job.ns);
  if (!body) co_return finished(std::move(measurement), Phase::error, body.error().message);
  const Result<json::value> created = co_await client_.create(kube::resources::jobs, job.ns, std::move(*body));
  if (created) {
    jobs_.note_own_write(job, std::string(kube::text_at(*created, {"metadata", "resourceVersion"})));
  } else {
    Error refused = created.error();
    const bool exists = refused.fault == Fault::already_exists;
    Result<> adopted = refused;
    if (exists) adopted = co_await adopt(task, job, std::move(refused));
    if (!adopted) co_return finished(std::move(measurement), Phase::error, adopted.error().message);
  }
  measurement.phase = name_of(Phase::running);
  measurement.metadata = {{"job-name", job.name}, {"job-namespace", job.ns}};
  measurement.resume_at = measurement.started_at;
  co_return measurement;
}

net::awaitable<Result<>> JobProvider::adopt(MeasurementTask task, ObjectKey job, Error refused) {
  std::shared_ptr<const crds::Job> existing = jobs_.find(job);
  if (!existing) {
    const Result<json::value> read = co_await client_.get(kube::resources::jobs, job);
    if (read) existing = decode(*read);
  }
  if (existing && is_own_job(*existing, task)) co_return Result<>();
  co_return refused;
}

// The Job as the store or, when that may not know it yet, the server has it. Null with an error when it is gone; null
// without one when it is too early to tell.
net::awaitable<std::shared_ptr<const crds::Job>> JobProvider::find(ObjectKey job, kube::Time started, Error& missing) {
  std::shared_ptr<const crds::Job> known = jobs_.find(job);
  const bool may_lag = !jobs_.is_synced() || !jobs_.is_current(job);
  if (known || (may_lag && clock_.now() < started + store_lag)) co_return known;
  const Result<json::value> read = co_await client_.get(kube::resources::jobs, job);
  if (read)
    known = decode(*read);
  else if (read.error().fault == Fault::not_found)
    missing = read.error();
  co_return known;
}

net::awaitable<crds::Measurement> JobProvider::resume(MeasurementTask, crds::Measurement unfinished) {
  const ObjectKey key = job_key(unfinished);
  if (key.name.empty()) co_return finished(std::move(unfinished), Phase::error, "job metadata reference missing");
  Error missing;
  const auto job = co_await find(key, unfinished.started_at.value_or(kube::Time{}), missing);
  if (!missing.message.empty()) co_return finished(std::move(unfinished), Phase::error, missing.message);
  if (!job) co_return unfinished;
  if (const std::optional<Phase> verdict = job_verdict(*job))
    co_return finished(std::move(unfinished), *verdict, *verdict == Phase::inconclusive ? describe_idle(*job) : "");
  const auto pod = stuck_pod(*job);
  if (!pod) co_return unfinished;
  // It would try to pull the image for ever.
  std::string uid = job->meta.uid;
  co_await remove(key, std::move(uid));
  co_return finished(std::move(unfinished), Phase::inconclusive, describe_stuck(*pod));
}

std::shared_ptr<const JobPod> JobProvider::stuck_pod(const crds::Job& job) const {
  for (const auto& pod : pods_.owned_by(job.meta.uid))
    if (!pod->reason.empty()) return pod;
  return nullptr;
}

net::awaitable<crds::Measurement> JobProvider::terminate(MeasurementTask, crds::Measurement unfinished) {
  ObjectKey job = job_key(unfinished);
  // A Job that the watch has not shown yet is deleted by its name alone, which carries the uid of the run.
  const auto known = jobs_.find(job);
  std::string uid = known ? known->meta.uid : std::string();
  if (!job.name.empty()) co_await remove(std::move(job), std::move(uid));
  co_return finished(std::move(unfinished), Phase::inconclusive, "Metric Terminated");
}

net::awaitable<void> JobProvider::remove(ObjectKey job, std::string uid) {
  kube::DeleteOptions options;
  options.uid = std::move(uid);
  options.propagation = kube::Propagation::foreground;
  const std::string name = job.text();
  const Result<> removed = co_await client_.remove(kube::resources::jobs, std::move(job), std::move(options));
  if (!removed && removed.error().fault != Fault::not_found && removed.error().fault != Fault::conflict)
    log_.warning("a measuring Job could not be deleted", {{"job", name}, {"error", removed.error().message}});
}

net::awaitable<void> JobProvider::collect_garbage(MeasurementTask task, std::vector<crds::Measurement> kept) {
  if (kept.empty()) co_return;
  std::int64_t oldest = task.number;
  for (const crds::Measurement& measurement : kept) {
    const std::int64_t number = job_number(measurement.metadata.get("job-name"));
    if (number > 0) oldest = std::min(oldest, number);
  }
  std::vector<std::shared_ptr<const crds::Job>> garbage;
  for (const auto& job : jobs_.owned_by(task.run_uid)) {
    const std::int64_t number = job_number(job->meta.name);
    if (is_own_job(*job, task) && number > 0 && number < oldest && !job->meta.deletion_time) garbage.push_back(job);
  }
  for (const auto& job : garbage) co_await remove(job->meta.key(), job->meta.uid);
}

}  // namespace sluice::analysis
