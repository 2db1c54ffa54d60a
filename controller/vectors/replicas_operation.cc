// The question of `sluice vectors` about sizes: which ReplicaSets a Rollout has, and how large they should become.
#include <map>
#include <utility>
#include <variant>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/decide.h"
#include "controller/keys.h"
#include "controller/vectors/operations.h"
#include "crds/decode.h"
#include "crds/pod_template_hash.h"
#include "crds/validate_rollout.h"
#include "kube/json.h"

namespace sluice::controller::vectors {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;

constexpr kube::Time now = kube::Time{std::chrono::seconds{1767225600}};

// A set as the question writes it.
struct Set {
  std::string name;
  int replicas = 0;
  int available = 0;
};

kube::Result<std::optional<Set>> read_set(const json::value& in, const std::string& at) {
  if (in.is_null()) return std::optional<Set>();
  Set set{std::string(kube::text_at(in, {"name"})), static_cast<int>(kube::number_at(in, {"replicas"}, -1)),
          static_cast<int>(kube::number_at(in, {"available"}, 0))};
  if (set.name.empty()) return Error{Fault::invalid, at + ".name is missing"};
  if (set.replicas < 0) return Error{Fault::invalid, at + ".replicas must be a number of pods"};
  return std::optional<Set>(std::move(set));
}

// Everything that is asked about, as the stores would show it when nothing but sizes is left to do.
class Scene {
 public:
  explicit Scene(crds::Rollout rollout) : rollout_(std::move(rollout)) {
    if (rollout_.meta.name.empty()) rollout_.meta.name = "rollout";
    if (rollout_.meta.uid.empty()) rollout_.meta.uid = "uid-of-the-rollout";
  }

  void set_newest(const Set& set) {
    std::string& hash = rollout_.status.current_pod_hash;
    if (hash.empty()) hash = crds::pod_template_hash(*rollout_.spec->pod_template, rollout_.status.collision_count);
    newest_ = hash;
    add(set, hash, crds::with_label(*rollout_.spec->pod_template, keys::hash_label, hash), 1000);
  }
  void set_stable(const Set& set) {
    std::string& hash = rollout_.status.stable_rs;
    if (hash.empty()) hash = set.name;
    stable_ = hash;
    add_other(set, hash, 999);
  }
  void add_older(const Set& set, int number) { add_other(set, fmt::format("older{}", number), number); }

  RolloutObservation observation() {
    crds::RolloutStatus& status = rollout_.status;
    const crds::Strategy& strategy = rollout_.spec->strategy;
    if (strategy.canary && status.current_step_hash.empty()) status.current_step_hash = strategy.canary->steps.hash();
    if (!newest_.empty()) rollout_.meta.annotations.set(keys::revision, "1001");
    status.observed_generation = std::to_string(rollout_.meta.generation);
    RolloutObservation seen;
    seen.rollout = std::make_shared<const crds::Rollout>(rollout_);
    seen.mistakes = crds::validate_rollout(rollout_);
    seen.replica_sets = sets_;
    for (const std::string& name : services_named_by(rollout_)) seen.services.push_back(service(name));
    for (const crds::TemplateReference& reference : templates_named_by(rollout_)) add_template(seen, reference);
    for (const std::string& path : field_paths_named_by(rollout_)) seen.field_values[path] = "value";
    if (strategy.canary && strategy.canary->traffic_routing) seen.routes.push_back(route());
    return seen;
  }

 private:
  void add_other(const Set& set, const std::string& hash, int revision) {
    if (hash == newest_) return;
    add(set, hash,
        crds::make_pod_template(json::object{{"metadata", json::object{{"labels", json::object{{"set", hash}}}}}}),
        revision);
  }
  void add(const Set& set, const std::string& hash, crds::PodTemplatePointer pod_template, int revision) {
    auto made = std::make_shared<crds::ReplicaSet>();
    made->meta.name = set.name;
    made->meta.ns = rollout_.meta.ns;
    made->meta.uid = "uid-of-" + set.name;
    made->meta.creation_time = now - std::chrono::hours{2000 - revision};
    made->meta.labels.set(keys::hash_label, hash);
    made->meta.annotations = rollout_.meta.annotations;
    made->meta.annotations.set(keys::revision, std::to_string(revision + 1));
    made->meta.annotations.set(keys::desired_replicas, std::to_string(rollout_.spec->replicas.value_or(1)));
    made->meta.owners.push_back({"argoproj.io/v1alpha1", "Rollout", rollout_.meta.name, rollout_.meta.uid, true, true});
    made->spec.replicas = set.replicas;
    made->spec.min_ready_seconds = rollout_.spec->min_ready_seconds;
    made->spec.pod_template = std::move(pod_template);
    made->status.replicas = set.replicas;
    made->status.ready_replicas = made->status.available_replicas = set.available;
    sets_.push_back(std::move(made));
  }

  // Each Service selects the set that it is for.
  ObservedService service(const std::string& name) const {
    const crds::Strategy& strategy = rollout_.spec->strategy;
    const crds::BlueGreenStatus& selectors = rollout_.status.blue_green;
    std::string hash = stable_.empty() ? newest_ : stable_;
    if (strategy.canary && name == strategy.canary->canary_service && !newest_.empty()) hash = newest_;
    if (strategy.blue_green && name == strategy.blue_green->active_service && !selectors.active_selector.empty())
      hash = selectors.active_selector;
    if (strategy.blue_green && name == strategy.blue_green->preview_service)
      hash = !selectors.preview_selector.empty() ? selectors.preview_selector : newest_.empty() ? hash : newest_;
    auto made = std::make_shared<crds::Service>();
    made->meta.name = name;
    made->meta.ns = rollout_.meta.ns;
    made->meta.annotations.set(keys::managed_by, rollout_.meta.name);
    if (!hash.empty()) made->spec.selector.set(keys::hash_label, hash);
    return {name, std::move(made), std::nullopt};
  }

  // The router has taken the weight that the status records.
  traffic::ObservedRoute route() const {
    traffic::ObservedRoute route;
    route.kind = "HTTPRoute";
    route.key = {rollout_.meta.ns, "route"};
    route.resource_version = "1";
    const auto& weights = rollout_.status.canary.weights;
    route.largest_canary = route.smallest_canary = weights ? weights->canary.weight : 0;
    route.is_uniform = true;
    route.depth = traffic::Depth::reported;
    route.is_accepted = true;
    return route;
  }

  static void add_template(RolloutObservation& seen, const crds::TemplateReference& reference) {
    auto made = std::make_shared<crds::AnalysisTemplate>();
    made->meta.name = reference.template_name;
    crds::AnalysisTemplateSpec spec;
    crds::Metric metric;
    metric.name = reference.template_name;
    metric.provider.prometheus.obtain().address = "http://prometheus";
    metric.provider.prometheus->query = "1";
    spec.metrics.push_back(std::move(metric));
    made->spec = std::make_shared<const crds::AnalysisTemplateSpec>(std::move(spec));
    auto& templates = reference.cluster_scope ? seen.cluster_analysis_templates : seen.analysis_templates;
    templates[reference.template_name] = std::move(made);
  }

  crds::Rollout rollout_;
  std::string newest_;  // hashes; "" without such a set
  std::string stable_;
  std::vector<std::shared_ptr<const crds::ReplicaSet>> sets_;
};

}  // namespace

Answer replicas(const json::value& in) {
  const json::value* written = kube::find_at(in, {"rollout"});
  if (!written || !written->is_object()) return Error{Fault::invalid, "rollout must be a Rollout"};
  kube::Mistakes mistakes;
  const auto rollout = crds::decode_rollout(*written, mistakes);
  if (mistakes.empty() && !rollout->spec->pod_template) mistakes.push_back({"spec.template", "Required value"});
  if (!mistakes.empty()) return Error{Fault::invalid, kube::describe(mistakes)};

  const json::value none;
  const auto member = [&](const char* name) -> const json::value& {
    const json::value* found = kube::find_at(in, {name});
    return found ? *found : none;
  };
  const auto newest = read_set(member("new"), "new");
  if (!newest) return newest.error();
  const auto stable = read_set(member("stable"), "stable");
  if (!stable) return stable.error();
  std::vector<Set> older;
  if (const json::value& list = member("older"); list.is_array())
    for (const json::value& item : list.get_array()) {
      const auto set = read_set(item, "older[]");
      if (!set) return set.error();
      if (*set) older.push_back(**set);
    }

  Scene scene(*rollout);
  if (*newest) scene.set_newest(**newest);
  if (*stable) scene.set_stable(**stable);
  for (std::size_t i = 0; i < older.size(); ++i) scene.add_older(older[i], static_cast<int>(i) + 1);
  const RolloutObservation seen = scene.observation();
  if (!seen.mistakes.empty()) return Error{Fault::invalid, kube::describe(seen.mistakes)};

  std::map<std::string, int> sizes;
  std::optional<int> created;
  for (const Write& write : decide(seen, now).writes) {
    if (const auto* scaled = std::get_if<ScaleReplicaSet>(&write.effect)) sizes[scaled->name] = scaled->replicas;
    if (const auto* made = std::get_if<CreateReplicaSet>(&write.effect)) created = made->replicas;
  }
  const auto size_of = [&](const Set& set) {
    const auto found = sizes.find(set.name);
    return found == sizes.end() ? set.replicas : found->second;
  };
  json::array others;
  for (const Set& set : older) others.push_back(size_of(set));
  return json::object{{"new", *newest   ? json::value(size_of(**newest))
                              : created ? json::value(*created)
                                        : nullptr},
                      {"stable", *stable ? json::value(size_of(**stable)) : nullptr},
                      {"older", std::move(others)}};
}

}  // namespace sluice::controller::vectors
