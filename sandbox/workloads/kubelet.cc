// The nodes: pods are given a place, start, become ready, end, and stop when they are deleted.
#include "sandbox/workloads/kubelet.h"

#include <map>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/workloads/dice.h"
#include "sandbox/workloads/nodes.h"
#include "sandbox/workloads/pod_status.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

namespace resources = kube::resources;

// What is remembered of a pod while it exists. API times have whole seconds only, so the exact ones stand here.
struct Life {
  std::string uid;
  kube::Time born;
  PodPlan plan;
  std::string node;
  PodPlace place;
  std::optional<kube::Time> stopping_since;
};

class Kubelet final : public Behaviour {
 public:
  explicit Kubelet(World& world)
      : world_(world), scheduler_(world.api, world.log, "kube-scheduler"), kubelet_(world.api, world.log, "kubelet") {}

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

 private:
  Life& life_of(const kube::ObjectKey& key, const json::value& pod);
  // Nodes that a person has cordoned (spec.unschedulable) take no pods; false when there is no other.
  bool find_node(Life& life) const;
  bool wait(const kube::ObjectKey& key, const json::value& pod);
  bool run(const kube::ObjectKey& key, const json::value& pod, Life& life);
  bool show(const kube::ObjectKey& key, const json::value& pod, json::object status);
  bool stop(const kube::ObjectKey& key, const json::value& pod, Life& life);

  World& world_;
  Requests scheduler_;
  Requests kubelet_;
  std::map<kube::ObjectKey, Life> lives_;
  std::set<kube::ObjectKey> waiting_;  // pods that no node takes
  std::uint32_t addresses_ = 0;        // given out so far
};

void Kubelet::noted(const Change& change) {
  if (change.group.empty() && change.plural == "nodes")
    for (const kube::ObjectKey& pod : waiting_) world_.agenda.soon(*this, pod);
  if (!change.group.empty() || change.plural != "pods") return;
  if (change.type == kube::WatchType::deleted) {
    lives_.erase(change.key);
    waiting_.erase(change.key);
    return;
  }
  Life& life = life_of(change.key, *change.after);
  if (is_terminating(*change.after) && !life.stopping_since) life.stopping_since = world_.now();
  world_.agenda.soon(*this, change.key);
}

Life& Kubelet::life_of(const kube::ObjectKey& key, const json::value& pod) {
  Life& life = lives_[key];
  const std::string_view uid = uid_of(pod);
  if (life.uid == uid) return life;
  const kube::Time now = world_.now();
  const kube::Time created = time_at(pod, {"metadata", "creationTimestamp"}).value_or(now);
  const WorkloadOptions& options = world_.options;
  const std::uint64_t luck = roll(options.seed, key.text());
  const int node = static_cast<int>(luck % static_cast<std::uint64_t>(std::max(options.nodes, 1))) + 1;
  const std::uint32_t address = ++addresses_;
  life.uid = uid;
  life.born = created == std::chrono::floor<std::chrono::seconds>(now) ? now : created;
  life.plan = plan_of(pod, options.seed, options.shortest_start, options.longest_start);
  life.node = node_name(node);
  life.place.host_ip = node_address(node);
  life.place.pod_ip = fmt::format("10.{}.{}.{}", 64 + (address >> 16) % 192, (address >> 8) % 256, address % 256);
  // What an earlier run of the cluster gave it stays.
  if (const std::string_view shown = kube::text_at(pod, {"status", "podIP"}); !shown.empty()) life.place.pod_ip = shown;
  if (const std::string_view shown = kube::text_at(pod, {"status", "hostIP"}); !shown.empty())
    life.place.host_ip = shown;
  life.stopping_since.reset();
  return life;
}

bool Kubelet::reconcile(const kube::ObjectKey& key) {
  const std::shared_ptr<const json::value> pod = world_.api.find(resources::pods, key);
  if (!pod) return true;
  Life& life = life_of(key, *pod);
  return is_terminating(*pod) ? stop(key, *pod, life) : run(key, *pod, life);
}

bool Kubelet::find_node(Life& life) const {
  const auto is_open = [&](const std::string& name) {
    const std::shared_ptr<const json::value> node = world_.api.find(nodes, {"", name});
    return !node || !flag_at(*node, {"spec", "unschedulable"});
  };
  if (is_open(life.node)) return true;
  for (int number = 1; number <= world_.options.nodes; ++number) {
    if (!is_open(node_name(number))) continue;
    life.node = node_name(number);
    life.place.host_ip = node_address(number);
    return true;
  }
  return false;
}

bool Kubelet::wait(const kube::ObjectKey& key, const json::value& pod) {
  waiting_.insert(key);
  return show(key, pod, status_of_unscheduled(pod, world_.now()));
}

bool Kubelet::run(const kube::ObjectKey& key, const json::value& pod, Life& life) {
  if (is_finished(pod)) return true;
  if (kube::text_at(pod, {"spec", "nodeName"}).empty()) {
    if (!find_node(life)) return wait(key, pod);
    if (waiting_.erase(key) > 0) life.born = world_.now();
    json::object body;
    body["spec"] = json::object{{"nodeName", life.node}};
    if (!scheduler_.patch(resources::pods, key, body)) return false;
  }
  const kube::Time now = world_.now();
  PodPlan plan = life.plan;
  if (annotation_of(pod, "sluice.test/broken") == "true") plan.fate = PodFate::breaks;
  if (const std::optional<kube::Time> next = next_change(plan, life.born, now)) world_.agenda.at(*next, *this, key);
  return show(key, pod, status_of(pod, plan, life.place, life.born, now));
}

bool Kubelet::show(const kube::ObjectKey& key, const json::value& pod, json::object status) {
  const json::object& shown = object_at(pod, {"status"});
  json::object changes;
  for (auto& [name, value] : status) {
    const json::value* before = shown.if_contains(name);
    if (!before || *before != value) changes[name] = std::move(value);
  }
  return changes.empty() || kubelet_.patch_status(resources::pods, key, std::move(changes));
}

// A pod whose containers do not run has nothing to wait for.
bool Kubelet::stop(const kube::ObjectKey& key, const json::value& pod, Life& life) {
  const std::int64_t grace = kube::number_at(pod, {"metadata", "deletionGracePeriodSeconds"});
  // A finalizer alone holds it now.
  if (grace == 0 && !array_at(pod, {"metadata", "finalizers"}).empty()) return true;
  const kube::Time now = world_.now();
  const kube::Time since = life.stopping_since.value_or(now);
  const bool has_run = phase_of(pod) == "Running" && life.plan.fate != PodFate::crashes;
  const kube::Duration wait =
      has_run ? std::min<kube::Duration>(life.plan.stops, std::chrono::seconds(grace)) : kube::Duration::zero();
  if (since + wait > now) {
    world_.agenda.at(since + wait, *this, key);
    return true;
  }
  return kubelet_.remove(resources::pods, key, std::string(life.uid), "", 0);
}

}  // namespace

std::unique_ptr<Behaviour> make_kubelet(World& world) { return std::make_unique<Kubelet>(world); }

}  // namespace sluice::sandbox
