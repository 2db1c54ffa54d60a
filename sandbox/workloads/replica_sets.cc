// ReplicaSets keep as many pods as they ask for.
#include "sandbox/workloads/replica_sets.h"

#include <algorithm>

#include <boost/json.hpp>

#include "sandbox/workloads/dice.h"
#include "sandbox/workloads/pod_census.h"
#include "sandbox/workloads/pod_template.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

namespace resources = kube::resources;

// A failed creation is answered at once in status and tried again later, so that one pass makes no flood of refusals.
constexpr int names_to_try = 10;
// Pods made or deleted in one pass; their changes bring the set back to the agenda.
constexpr std::int64_t burst = 500;

class ReplicaSets final : public Behaviour {
 public:
  explicit ReplicaSets(World& world) : world_(world), requests_(world.api, world.log, "kube-controller-manager") {}

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

 private:
  std::vector<Pod> claim(const kube::ObjectKey& key, const json::value& set);
  bool scale(const kube::ObjectKey& key, const json::value& set, std::vector<Pod> pods);
  bool create_pod(const kube::ObjectKey& key, const json::value& set);
  bool report(const kube::ObjectKey& key, const json::value& set, const PodCensus& census, bool was_refused);
  void noted_pod(const Change& change);

  World& world_;
  Requests requests_;
  SelectorIndex selectors_;  // of the sets, for pods without an owner
  std::uint64_t created_ = 0;
};

std::string_view owning_set(const json::value& pod) {
  const json::object* owner = controller_of(pod);
  return owner && text_of(*owner, "kind") == "ReplicaSet" ? text_of(*owner, "name") : std::string_view();
}

void ReplicaSets::noted(const Change& change) {
  if (change.group.empty() && change.plural == "pods") return noted_pod(change);
  if (change.plural != "replicasets" || change.group != "apps") return;
  if (change.type == kube::WatchType::deleted) return selectors_.erase(change.key);
  if (change.type == kube::WatchType::added)
    selectors_.set(change.key, object_at(*change.after, {"spec", "selector", "matchLabels"}));
  world_.agenda.soon(*this, change.key);
}

void ReplicaSets::noted_pod(const Change& change) {
  for (const auto& pod : {change.before, change.after}) {
    if (!pod) continue;
    const std::string_view name = owning_set(*pod);
    if (!name.empty()) world_.agenda.soon(*this, {change.key.ns, std::string(name)});
  }
  const bool is_orphan =
      change.type != kube::WatchType::deleted && !controller_of(*change.after) && !is_terminating(*change.after);
  if (!is_orphan) return;
  for (kube::ObjectKey& set : selectors_.candidates(change.key.ns, labels_of(*change.after)))
    world_.agenda.soon(*this, std::move(set));
}

bool ReplicaSets::reconcile(const kube::ObjectKey& key) {
  const std::shared_ptr<const json::value> set = world_.api.find(resources::replica_sets, key);
  if (!set) return true;
  const std::vector<Pod> pods = claim(key, *set);
  const kube::Duration min_ready = std::chrono::seconds(kube::number_at(*set, {"spec", "minReadySeconds"}));
  const PodCensus census =
      count(pods, object_at(*set, {"spec", "template", "metadata", "labels"}), min_ready, world_.now());
  const bool scaled = is_terminating(*set) || scale(key, *set, pods);
  if (census.next_available) world_.agenda.at(*census.next_available, *this, key);
  return report(key, *set, census, !scaled) && scaled;
}

// The set's pods that count: owned and selected. Orphans that are selected are adopted, owned pods that are not
// selected any more are released.
std::vector<Pod> ReplicaSets::claim(const kube::ObjectKey& key, const json::value& set) {
  static const json::value none = json::object();
  const json::value* given = kube::find_at(set, {"spec", "selector"});
  const json::value& selector = given ? *given : none;
  const std::string uid(uid_of(set));
  std::vector<Pod> pods;
  for (kube::ObjectKey& name : world_.index.pods_of(uid)) {
    std::shared_ptr<const json::value> pod = world_.api.find(resources::pods, name);
    if (!pod || controller_uid_of(*pod) != uid || is_finished(*pod) || is_terminating(*pod)) continue;
    if (selects(selector, labels_of(*pod))) {
      pods.push_back({std::move(name), std::move(pod)});
      continue;
    }
    json::object body;
    body["metadata"] = json::object{{"ownerReferences", nullptr}};
    requests_.patch(resources::pods, name, body);
  }
  if (is_terminating(set)) return pods;
  std::vector<kube::ObjectKey> orphans;
  for (const std::string& name : world_.index.pods().candidates(key.ns, object_at(selector, {"matchLabels"}))) {
    const std::shared_ptr<const json::value> pod = world_.api.find(resources::pods, {key.ns, name});
    const bool is_ours = pod && !controller_of(*pod) && !is_finished(*pod) && !is_terminating(*pod) &&
                         selects(selector, labels_of(*pod));
    if (is_ours) orphans.push_back({key.ns, name});
  }
  for (const kube::ObjectKey& name : orphans) {
    json::object metadata;
    metadata["ownerReferences"] = json::array{controller_reference(resources::replica_sets, set)};
    json::object body;
    body["metadata"] = std::move(metadata);
    if (requests_.patch(resources::pods, name, body)) pods.push_back({name, world_.api.find(resources::pods, name)});
  }
  return pods;
}

bool ReplicaSets::scale(const kube::ObjectKey& key, const json::value& set, std::vector<Pod> pods) {
  const std::int64_t wanted = kube::number_at(set, {"spec", "replicas"}, 1);
  const auto present = static_cast<std::int64_t>(pods.size());
  for (std::int64_t missing = std::min(wanted - present, burst); missing > 0; --missing)
    if (!create_pod(key, set)) return false;
  if (wanted >= present) return true;
  sort_by_worth(pods);
  bool all_gone = true;
  for (std::int64_t at = 0; at < std::min(present - wanted, burst); ++at) {
    const Pod& pod = pods[static_cast<std::size_t>(at)];
    all_gone &= requests_.remove(resources::pods, pod.key, uid_of(*pod.object));
  }
  return all_gone;
}

bool ReplicaSets::create_pod(const kube::ObjectKey& key, const json::value& set) {
  const std::uint64_t seed = roll(world_.options.seed, key.text());
  for (int trial = 0; trial < names_to_try; ++trial) {
    const std::string name = key.name + "-" + name_suffix(mix(seed + ++created_));
    if (world_.api.find(resources::pods, {key.ns, name})) continue;
    return requests_.create(resources::pods, key.ns, pod_from_template(resources::replica_sets, set, name));
  }
  return false;
}

bool ReplicaSets::report(const kube::ObjectKey& key, const json::value& set, const PodCensus& census,
                         bool was_refused) {
  json::object status;
  const auto tell = [&](std::string_view name, std::int64_t number) {
    const json::value* shown = kube::find_at(set, {"status", name});
    if (shown ? kube::number_at(set, {"status", name}) == number : number == 0 && name != "replicas") return;
    status[name] = number == 0 && name != "replicas" ? json::value(nullptr) : json::value(number);
  };
  tell("replicas", census.replicas);
  tell("fullyLabeledReplicas", census.fully_labelled);
  tell("readyReplicas", census.ready);
  tell("availableReplicas", census.available);
  tell("observedGeneration", kube::number_at(set, {"metadata", "generation"}));
  const bool shows_refusal = condition_of(set, "ReplicaFailure");
  if (was_refused && !shows_refusal)
    status["conditions"] = json::array{json::object{{"type", "ReplicaFailure"},
                                                    {"status", "True"},
                                                    {"reason", "FailedCreate"},
                                                    {"message", requests_.refusal()},
                                                    {"lastTransitionTime", kube::format_time(world_.now())}}};
  if (!was_refused && shows_refusal) status["conditions"] = nullptr;
  return status.empty() || requests_.patch_status(resources::replica_sets, key, std::move(status));
}

}  // namespace

std::unique_ptr<Behaviour> make_replica_sets(World& world) { return std::make_unique<ReplicaSets>(world); }

}  // namespace sluice::sandbox
