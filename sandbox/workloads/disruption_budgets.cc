// PodDisruptionBudgets count their pods and say how many may be evicted.
#include "sandbox/workloads/disruption_budgets.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "sandbox/workloads/pod_amount.h"
#include "sandbox/workloads/pod_census.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

namespace resources = kube::resources;

class DisruptionBudgets final : public Behaviour {
 public:
  explicit DisruptionBudgets(World& world)
      : world_(world), requests_(world.api, world.log, "kube-controller-manager") {}

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

 private:
  std::int64_t expected_pods(const std::vector<Pod>& pods) const;

  World& world_;
  Requests requests_;
  SelectorIndex selectors_;
};

void DisruptionBudgets::noted(const Change& change) {
  const bool is_gone = change.type == kube::WatchType::deleted;
  if (change.group == disruption_budgets.group && change.plural == disruption_budgets.plural) {
    if (is_gone) return selectors_.erase(change.key);
    selectors_.set(change.key, object_at(*change.after, {"spec", "selector", "matchLabels"}));
    return world_.agenda.soon(*this, change.key);
  }
  if (!change.group.empty() || change.plural != "pods") return;
  const json::value& pod = change.after ? *change.after : *change.before;
  for (kube::ObjectKey& budget : selectors_.candidates(change.key.ns, labels_of(pod)))
    world_.agenda.soon(*this, std::move(budget));
}

bool DisruptionBudgets::reconcile(const kube::ObjectKey& key) {
  const std::shared_ptr<const json::value> budget = world_.api.find(disruption_budgets, key);
  const json::value* selector = budget ? kube::find_at(*budget, {"spec", "selector"}) : nullptr;
  if (!selector) return true;
  std::vector<Pod> pods;
  std::int64_t healthy = 0;
  for (const std::string& name : world_.index.pods().candidates(key.ns, object_at(*selector, {"matchLabels"}))) {
    std::shared_ptr<const json::value> pod = world_.api.find(resources::pods, {key.ns, name});
    if (!pod || is_finished(*pod) || !selects(*selector, labels_of(*pod))) continue;
    healthy += is_ready(*pod) && !is_terminating(*pod);
    pods.push_back({{key.ns, name}, std::move(pod)});
  }
  const std::int64_t expected = expected_pods(pods);
  const json::value* most = kube::find_at(*budget, {"spec", "maxUnavailable"});
  const std::int64_t desired =
      most ? std::max<std::int64_t>(expected - pod_amount(most, expected, 0, Rounding::up), 0)
           : pod_amount(kube::find_at(*budget, {"spec", "minAvailable"}), expected, 0, Rounding::up);
  json::object status{{"currentHealthy", healthy},
                      {"desiredHealthy", desired},
                      {"disruptionsAllowed", pods.empty() ? 0 : std::max<std::int64_t>(healthy - desired, 0)},
                      {"expectedPods", expected},
                      {"observedGeneration", kube::number_at(*budget, {"metadata", "generation"})}};
  const bool shown = std::ranges::all_of(status, [&](const auto& member) {
    const json::value* before = kube::find_at(*budget, {"status", member.key()});
    return before && *before == member.value();
  });
  return shown || requests_.patch_status(disruption_budgets, key, std::move(status));
}

// Pods that are missing count as expected, so that a budget is not widened by their absence.
std::int64_t DisruptionBudgets::expected_pods(const std::vector<Pod>& pods) const {
  std::int64_t expected = 0;
  std::set<std::string> counted;
  for (const Pod& pod : pods) {
    const ObjectRef* owner = world_.index.find(std::string(controller_uid_of(*pod.object)));
    const auto object = owner ? world_.api.find(world_.index.resource(owner->kind), owner->key) : nullptr;
    if (!object || !kube::find_at(*object, {"spec", "replicas"})) {
      ++expected;
    } else if (counted.emplace(uid_of(*object)).second) {
      expected += kube::number_at(*object, {"spec", "replicas"});
    }
  }
  return expected;
}

}  // namespace

std::unique_ptr<Behaviour> make_disruption_budgets(World& world) { return std::make_unique<DisruptionBudgets>(world); }

}  // namespace sluice::sandbox
