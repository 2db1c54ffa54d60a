// Loading a moment and going on from there.
#include "takeover.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/object_store.h"
#include "sandbox/workloads/pod_plan.h"
#include "sandbox/workloads/pod_status.h"
#include "sandbox/workloads/pod_template.h"
#include "test/recordings/acts.h"
#include "test/recordings/times.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using recordings::Goal;
using recordings::Moment;
using recordings::Recording;
using recordings::Version;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Until EndpointSlices and routes of the loaded objects are in force; the reference's cluster had them.
constexpr auto settling = milliseconds(300);
constexpr auto patience = seconds(60);
constexpr auto pod_start = milliseconds(1900);

std::string collection_of(const kube::Resource& resource) {
  return std::string(resource.group) + "/" + std::string(resource.plural);
}

// Every name of the recording's namespace becomes ours: measurements name the namespace of their Jobs.
void rename(json::value& value, const std::string& from) {
  if (value.is_object())
    for (auto& [name, member] : value.get_object()) rename(member, from);
  else if (value.is_array())
    for (json::value& member : value.get_array()) rename(member, from);
  else if (value.is_string() && std::string_view(value.get_string()) == from)
    value = "default";
}

bool is_same_place(const recordings::Row& left, const recordings::Row& right) {
  return left.phase == right.phase && left.step == right.step && left.stable == right.stable &&
         left.active == right.active;
}

}  // namespace

Takeover::Takeover(const Recording& recording, const Moment& moment)
    : recording_(recording), moment_(moment), retelling_(recording, Retelling::Start::later) {
  World& world = retelling_.world;
  world.acting().by_person = true;
  for (const json::value& manifest : recording.manifests) {
    const std::string_view kind = kube::text_at(manifest, {"kind"});
    if (kind != "AnalysisTemplate") continue;
    world.apply(kube::print_json(manifest));
  }
  for (std::size_t act = 0; act < moment.next_act; ++act)
    if (const auto answer = recordings::new_answer(recording.acts[act]); answer && recording.acts[act].at <= moment.at)
      retelling_.answer_metrics(*answer);
  // The oracle has not seen who ended pauses and which gates were passed before.
  world.oracle().be_quiet();  // violation() tells
  world.oracle().excuse("I5");
  world.oracle().excuse("I6");
  // A run may have a Job that is gone already; it is deleted by its name, which carries the uid of the run.
  world.oracle().excuse("I10");
  world.acting().by_person = true;
  for (const Version* version : moment.objects) load(*version);
  world.acting().by_person = false;
  world.clock().run_for(settling);
}

void Takeover::load(const Version& version) {
  json::value object = version.object;
  recordings::shift_times(object, retelling_.world.clock().now() - (recording_.start + moment_.at));
  rename(object, recording_.name);
  const kube::Resource resource = recordings::resource_of_kind(version.kind);
  sandbox::Api::Store& store = retelling_.world.api().store();
  store.put(collection_of(resource), {"default", version.name}, object);
  if (version.kind == "ReplicaSet") load_pods(object);
}

void Takeover::load_pods(const json::value& set) {
  const std::string name(kube::text_at(set, {"metadata", "name"}));
  const std::int64_t ready = kube::number_at(set, {"status", "readyReplicas"});
  const std::int64_t available = kube::number_at(set, {"status", "availableReplicas"});
  const kube::Time now = retelling_.world.clock().now();
  for (std::int64_t at = 0; at < kube::number_at(set, {"status", "replicas"}); ++at) {
    const std::string pod_name = fmt::format("{}-{:05}", name, at);  // as long as real ones
    json::object pod = sandbox::pod_from_template(resources::replica_sets, set, pod_name);
    const sandbox::PodPlan plan = sandbox::plan_of(pod, 1, pod_start, pod_start);
    const kube::Time born = at < available ? now - seconds(30) : at < ready ? now - plan.ready : now;
    json::object& metadata = pod["metadata"].as_object();
    metadata["uid"] = "uid-of-" + pod_name;
    metadata["creationTimestamp"] = kube::format_time(born);
    pod["spec"].as_object()["nodeName"] = "node-1";
    const kube::Time seen = at < ready ? born + plan.ready : now;
    const std::string address = fmt::format("10.200.{}.{}", pods_.size(), at + 1);
    pod["status"] = sandbox::status_of(pod, plan, {"10.0.0.1", address}, born, seen);
    retelling_.world.api().store().put("/pods", {"default", pod_name}, std::move(pod));
    pods_[name].push_back(pod_name);
  }
}

std::string Takeover::reach(const Goal& goal) {
  World& world = retelling_.world;
  world.start();
  const kube::Duration left = goal.end > moment_.at ? goal.end - moment_.at : kube::Duration::zero();
  world.pass(left);
  std::string wrong;
  const auto is_there = [&] { return (wrong = fault(goal)).empty(); };
  if (!is_there()) world.until(is_there, patience);
  return wrong.empty() ? pods_lost(goal) : wrong + "; " + last_words();
}

std::string Takeover::violation() const {
  const std::vector<std::string>& failures = retelling_.world.oracle().failures();
  return failures.empty() ? "" : failures.front();
}

// The newest write that was refused, or else the newest line of the log.
std::string Takeover::last_words() const {
  const std::vector<std::string>& lines = retelling_.world.log_lines();
  if (!retelling_.refusals.empty()) return retelling_.refusals.back();
  return lines.empty() ? "nothing was logged" : lines.back();
}

std::string Takeover::fault(const Goal& goal) const {
  const World& world = retelling_.world;
  const json::value rollout = world.get(resources::rollouts, recording_.rollout);
  if (goal.is_over) return rollout.is_null() ? "" : "the Rollout is still there";
  const recordings::Row row = recordings::row_of(rollout);
  if (!is_same_place(row, goal.row))
    return fmt::format("it is at \"{}\", not at \"{}\"", text_of(row), text_of(goal.row));
  std::map<std::string, std::int64_t> sizes;
  for (const json::value& set : world.list(resources::replica_sets)) {
    const std::string name(kube::text_at(set, {"metadata", "name"}));
    if (kube::text_at(set, {"metadata", "labels", "rollouts-pod-template-hash"}).empty()) continue;
    if (std::find(goal.sets.begin(), goal.sets.end(), name) == goal.sets.end()) return name + " is a new ReplicaSet";
    sizes[name] = kube::number_at(set, {"spec", "replicas"});
  }
  for (const auto& [name, size] : goal.sizes)
    if (sizes[name] != size) return fmt::format("{} has {} replicas, not {}", name, sizes[name], size);
  return "";
}

std::string Takeover::pods_lost(const Goal& goal) const {
  if (goal.restarts) return "";
  for (const auto& [set, pods] : pods_) {
    const auto smallest = goal.smallest.find(set);
    if (smallest == goal.smallest.end()) continue;
    const auto kept = std::min<std::int64_t>(static_cast<std::int64_t>(pods.size()), smallest->second);
    const std::int64_t there = std::count_if(pods.begin(), pods.end(), [&](const std::string& pod) {
      return !retelling_.world.get(resources::pods, pod).is_null();
    });
    if (there < kept) return fmt::format("of the pods of {} {} are left, the reference kept {}", set, there, kept);
  }
  return "";
}

std::string Takeover::tell_the_rest() {
  World& world = retelling_.world;
  world.start();
  retelling_.tell(moment_.next_act, world.clock().now() - moment_.at);
  const Goal goal = recordings::last_goal(recording_);
  if (!retelling_.failure.empty()) return retelling_.failure;
  return fault(goal);
}

}  // namespace sluice::simulation
