// Where a request to a Service ends at this moment.
#include "sandbox/traffic/topology.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

bool runs(const json::value& pod) {
  const json::array& containers = array_at(pod, {"status", "containerStatuses"});
  return phase_of(pod) == "Running" && std::ranges::all_of(containers, [](const json::value& container) {
           return kube::find_at(container, {"state", "running"}) != nullptr;
         });
}

Responder responder_of(const json::value& pod) {
  Responder responder;
  responder.uid = uid_of(pod);
  const json::object& labels = labels_of(pod);
  const std::string_view of_rollout = text_of(labels, "rollouts-pod-template-hash");
  responder.hash = of_rollout.empty() ? text_of(labels, "pod-template-hash") : of_rollout;
  const std::string_view rate = annotation_of(pod, "sluice.dev/error-rate");
  double share = 0;
  if (std::from_chars(rate.data(), rate.data() + rate.size(), share).ec == std::errc())
    responder.error_rate = std::clamp(share, 0.0, 1.0);
  const kube::Result<kube::Duration> latency = kube::parse_duration(annotation_of(pod, "sluice.dev/latency"));
  if (latency && *latency >= kube::Duration::zero()) responder.latency = *latency;
  responder.is_running = runs(pod);
  if (is_terminating(pod)) responder.ends = time_at(pod, {"metadata", "deletionTimestamp"});
  return responder;
}

}  // namespace

void Topology::note(const Change& change) {
  if (change.group.empty() && change.plural == "pods") return note_pod(change);
  if (change.plural == "endpointslices") note_slice(change);
}

void Topology::note_pod(const Change& change) {
  if (change.type == kube::WatchType::deleted)
    pods_.erase(change.key);
  else
    pods_[change.key] = responder_of(*change.after);
}

void Topology::note_slice(const Change& change) {
  const json::value& slice = change.after ? *change.after : *change.before;
  const std::string_view name = text_of(labels_of(slice), "kubernetes.io/service-name");
  if (name.empty()) return;
  const kube::ObjectKey service{change.key.ns, std::string(name)};
  std::map<std::string, SliceDestinations>& slices = slices_[service];
  slices.erase(change.key.name);
  if (change.type != kube::WatchType::deleted) {
    SliceDestinations& read = slices[change.key.name];
    for (const json::value& endpoint : array_at(slice, {"endpoints"})) {
      Destination target{std::string(kube::text_at(endpoint, {"targetRef", "name"})),
                         std::string(kube::text_at(endpoint, {"targetRef", "uid"}))};
      if (flag_at(endpoint, {"conditions", "ready"}))
        read.ready.push_back(std::move(target));
      else if (flag_at(endpoint, {"conditions", "serving"}) && flag_at(endpoint, {"conditions", "terminating"}))
        read.draining.push_back(std::move(target));
    }
  }
  std::vector<Destination> all;
  for (const auto& [slice_name, read] : slices) all.insert(all.end(), read.ready.begin(), read.ready.end());
  if (all.empty())
    for (const auto& [slice_name, read] : slices) all.insert(all.end(), read.draining.begin(), read.draining.end());
  if (slices.empty()) slices_.erase(service);
  if (all.empty())
    targets_.erase(service);
  else
    targets_[service] = std::move(all);
}

const std::vector<Destination>& Topology::targets(const kube::ObjectKey& service) const {
  static const std::vector<Destination> none;
  const auto found = targets_.find(service);
  return found == targets_.end() ? none : found->second;
}

std::vector<Destination> Topology::subset(const kube::ObjectKey& service, std::string_view hash) const {
  std::vector<Destination> chosen;
  for (const Destination& target : targets(service)) {
    const auto found = pods_.find({service.ns, target.pod});
    if (found != pods_.end() && found->second.hash == hash) chosen.push_back(target);
  }
  return chosen;
}

const Responder* Topology::reach(const std::string& ns, const Destination& target, kube::Time now) const {
  const auto found = pods_.find({ns, target.pod});
  if (found == pods_.end() || found->second.uid != target.uid || !found->second.is_running) return nullptr;
  return found->second.ends && *found->second.ends < now ? nullptr : &found->second;
}

}  // namespace sluice::sandbox
