// Measures by running a Job: it succeeds or fails, and so does the measurement.
#pragma once

#include <string>

#include "analysis/job_object.h"
#include "analysis/provider.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/store.h"

namespace sluice::analysis {

class JobProvider final : public Provider {
 public:
  // `jobs` and `pods` hold the measuring Jobs and their pods. Jobs run in `job_namespace`, or beside their run when it
  // is "". All references outlive the provider.
  JobProvider(kube::Client& client, kube::Store<crds::Job>& jobs, const kube::Store<JobPod>& pods, kube::Clock& clock,
              const kube::Log& log, std::string job_namespace);

  // Creates the Job, or adopts the one that an earlier life of this program has created for the same measurement.
  net::awaitable<crds::Measurement> run(MeasurementTask task) override;
  // Complete once the Job has ended, has gone, or cannot pull its image.
  net::awaitable<crds::Measurement> resume(MeasurementTask task, crds::Measurement unfinished) override;
  // Deletes the Job. The measurement is over also when that fails: then the Job goes with its run.
  net::awaitable<crds::Measurement> terminate(MeasurementTask task, crds::Measurement unfinished) override;
  net::awaitable<void> collect_garbage(MeasurementTask task, std::vector<crds::Measurement> kept) override;
  kube::StringMap metadata(const crds::Metric&) const override { return {}; }

 private:
  crds::Measurement finished(crds::Measurement measurement, Phase phase, std::string message) const;
  net::awaitable<kube::Result<>> adopt(MeasurementTask task, kube::ObjectKey job, kube::Error refused);
  net::awaitable<std::shared_ptr<const crds::Job>> find(kube::ObjectKey job, kube::Time started, kube::Error& missing);
  std::shared_ptr<const JobPod> stuck_pod(const crds::Job& job) const;
  net::awaitable<void> remove(kube::ObjectKey job, std::string uid);

  kube::Client& client_;
  kube::Store<crds::Job>& jobs_;
  const kube::Store<JobPod>& pods_;
  kube::Clock& clock_;
  const kube::Log& log_;
  std::string job_namespace_;
};

}  // namespace sluice::analysis
