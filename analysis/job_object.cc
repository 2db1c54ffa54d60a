// The Job that measures: how it is named, what it carries, and what its end means.
#include "analysis/job_object.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/backoff.h"
#include "kube/fields.h"
#include "kube/packing_fields.h"
#include "kube/resource.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::size_t max_name = 63;

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

// The object at a member of an object, made when it is missing; nullptr when something else stands there.
json::object* object_at(json::object& parent, std::string_view name) {
  json::value& member = parent[name];
  if (member.is_null()) member.emplace_object();
  return member.if_object();
}

json::object object_of(const kube::StringMap& entries) {
  json::object made;
  for (const auto& [key, value] : entries) made[key] = value;
  return made;
}

}  // namespace

std::string job_name(const std::string& run_uid, const std::string& metric, std::int64_t number) {
  const std::string tail = fmt::format(".{}", number);
  const std::size_t used = run_uid.size() + 1 + tail.size();
  const std::size_t room = max_name > used ? max_name - used : 0;
  const bool is_plain = std::ranges::all_of(metric, is_name_character) && !metric.starts_with('-') &&
                        !metric.ends_with('-') && !metric.empty() && metric.size() <= room;
  if (is_plain) return run_uid + "." + metric + tail;
  const std::string hash = fmt::format("{:08x}", static_cast<std::uint32_t>(kube::stable_hash(metric)));
  std::string cut;
  for (char c : metric.substr(0, room > hash.size() + 1 ? room - hash.size() - 1 : 0)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (is_name_character(c) && !(cut.empty() && c == '-')) cut += c;
  }
  return run_uid + "." + (cut.empty() ? hash : cut + "-" + hash) + tail;
}

std::int64_t job_number(std::string_view name) {
  const std::string_view digits = name.substr(name.rfind('.') + 1);
  std::int64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return read.ec == std::errc() && read.ptr == digits.data() + digits.size() ? number : 0;
}

Result<std::string> job_object(const MeasurementTask& task, const std::string& ns) {
  const crds::JobMetric& metric = *task.metric.provider.job;
  Result<json::value> spec = kube::parse_json(metric.spec.text);
  if (!spec || !spec->is_object()) return Error{Fault::invalid, "job.spec: must be a JobSpec"};
  json::object* pod_template = object_at(spec->get_object(), "template");
  json::object* pod_metadata = pod_template ? object_at(*pod_template, "metadata") : nullptr;
  json::object* pod_labels = pod_metadata ? object_at(*pod_metadata, "labels") : nullptr;
  if (!pod_labels) return Error{Fault::invalid, "job.spec.template.metadata.labels: must be an object"};
  (*pod_labels)[job_uid_label] = task.run_uid;

  json::object labels = object_of(metric.metadata.labels);
  labels[job_uid_label] = task.run_uid;
  json::object annotations = object_of(metric.metadata.annotations);
  annotations[job_name_annotation] = task.run.name;
  annotations[job_namespace_annotation] = task.run.ns;
  annotations[job_metric_annotation] = task.metric.name;
  json::object metadata{{"name", job_name(task.run_uid, task.metric.name, task.number)},
                        {"namespace", ns},
                        {"labels", std::move(labels)},
                        {"annotations", std::move(annotations)}};
  // An owner in another namespace would make the garbage collector delete the Job at once.
  if (ns == task.run.ns) {
    json::object owner{{"apiVersion", kube::resources::analysis_runs.api_version()},
                       {"kind", kube::resources::analysis_runs.kind},
                       {"name", task.run.name},
                       {"uid", task.run_uid},
                       {"controller", true},
                       {"blockOwnerDeletion", true}};
    json::array owners;
    owners.push_back(std::move(owner));
    metadata["ownerReferences"] = std::move(owners);
  }
  const json::object job{{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", metadata}, {"spec", *spec}};
  return kube::print_json(job);
}

std::optional<Phase> job_verdict(const crds::Job& job) {
  std::optional<Phase> verdict;
  for (const crds::WorkloadCondition& condition : job.status.conditions) {
    if (condition.status != "True") continue;
    if (condition.type == "Failed") return Phase::failed;
    // Complete is also a Job that asks for no completions; only a pod that ran and succeeded has measured anything.
    if (condition.type == "Complete") verdict = job.status.succeeded > 0 ? Phase::successful : Phase::inconclusive;
  }
  return verdict;
}

bool is_own_job(const crds::Job& job, const MeasurementTask& task) {
  const kube::OwnerReference* owner = job.meta.controller();
  const bool same_run = owner ? owner->uid == task.run_uid : job.meta.labels.get(job_uid_label) == task.run_uid;
  return same_run && job.meta.annotations.get(job_metric_annotation) == task.metric.name;
}

std::shared_ptr<const JobPod> decode_job_pod(const json::value& object) {
  auto pod = std::make_shared<JobPod>();
  kube::Mistakes ignored;
  if (const json::value* meta = kube::find_at(object, {"metadata"}))
    pod->meta = kube::decode<kube::ObjectMeta>(*meta, ignored);
  for (const std::string_view list : {"initContainerStatuses", "containerStatuses"}) {
    const json::value* statuses = kube::find_at(object, {"status", list});
    if (!statuses || !statuses->is_array()) continue;
    for (const json::value& status : statuses->get_array()) {
      const std::string_view reason = kube::text_at(status, {"state", "waiting", "reason"});
      if (reason != "ErrImagePull" && reason != "ImagePullBackOff" && reason != "InvalidImageName") continue;
      pod->container = kube::text_at(status, {"name"});
      pod->reason = reason;
      pod->message = kube::text_at(status, {"state", "waiting", "message"});
      return pod;
    }
  }
  return pod;
}

std::string describe_idle(const crds::Job& job) {
  return fmt::format("Job {} is complete although none of its pods has succeeded", job.meta.name);
}

std::string describe_stuck(const JobPod& pod) {
  return fmt::format("Pod {}, container {} has terminal error ({}): {}\n", pod.meta.name, pod.container, pod.reason,
                     pod.message);
}

}  // namespace sluice::analysis

namespace sluice::kube {

template std::string packed(const analysis::JobPod&);
template void unpack(std::string_view, analysis::JobPod&);

}  // namespace sluice::kube
