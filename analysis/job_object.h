// The Job that measures: how it is named, what it carries, and what its end means.
#pragma once

#include <optional>
#include <string>

#include "analysis/phase.h"
#include "analysis/provider.h"
#include "crds/workloads.h"
#include "kube/json.h"
#include "kube/result.h"

namespace sluice::analysis {

inline constexpr std::string_view job_uid_label = "analysisrun.argoproj.io/uid";
inline constexpr std::string_view job_name_annotation = "analysisrun.argoproj.io/name";
inline constexpr std::string_view job_namespace_annotation = "analysisrun.argoproj.io/namespace";
inline constexpr std::string_view job_metric_annotation = "analysisrun.argoproj.io/metric-name";

// "<run uid>.<metric>.<number>", at most 63 bytes. A metric whose name is too long, or is no part of an object's name,
// is cut and made distinct by a hash, so that two metrics never share a Job.
std::string job_name(const std::string& run_uid, const std::string& metric, std::int64_t number);
// The number at the end of such a name; 0 when there is none.
std::int64_t job_number(std::string_view name);

// The Job as JSON text. `ns` is where it runs; in another namespace than the run's it has no owner.
kube::Result<std::string> job_object(const MeasurementTask& task, const std::string& ns);

// Once the Job has ended: Failed when it says so, Successful when it is complete and one of its pods has succeeded,
// Inconclusive when it is complete without one.
std::optional<Phase> job_verdict(const crds::Job& job);
// True when the Job belongs to this measurement and may be adopted.
bool is_own_job(const crds::Job& job, const MeasurementTask& task);

// A pod of a measuring Job, as far as it says that a container will never start.
struct JobPod {
  kube::ObjectMeta meta;
  std::string container;  // the stuck one; "" when none is
  std::string reason;     // ErrImagePull, ImagePullBackOff or InvalidImageName
  std::string message;
  static void fields(auto& self, auto& visit) {
    visit("metadata", self.meta);
    visit("container", self.container);
    visit("reason", self.reason);
    visit("message", self.message);
  }
};
std::shared_ptr<const JobPod> decode_job_pod(const kube::json::value& object);
// Of a Job that is complete and has no pod that succeeded.
std::string describe_idle(const crds::Job& job);
// "Pod p, container c has terminal error (ErrImagePull): ..." and a line feed.
std::string describe_stuck(const JobPod& pod);

}  // namespace sluice::analysis
