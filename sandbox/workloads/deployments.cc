// Deployments make ReplicaSets and move from one to the next.
#include "sandbox/workloads/deployments.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "crds/safe_hash.h"
#include "sandbox/workloads/deployment_status.h"
#include "sandbox/workloads/pod_amount.h"
#include "sandbox/workloads/pod_template.h"
#include "sandbox/workloads/reading.h"
#include "sandbox/workloads/rolling_update.h"

namespace sluice::sandbox {
namespace {

namespace resources = kube::resources;

constexpr std::string_view hash_label = "pod-template-hash";
constexpr std::string_view revision_annotation = "deployment.kubernetes.io/revision";

struct Set {
  kube::ObjectKey key;
  std::shared_ptr<const json::value> object;
  std::int64_t revision = 0;
};

std::int64_t revision_of(const json::value& object) {
  const std::string_view text = annotation_of(object, revision_annotation);
  std::int64_t revision = 0;
  std::from_chars(text.data(), text.data() + text.size(), revision);
  return revision;
}

DeploymentSize size_of(const json::value& deployment) {
  DeploymentSize size;
  size.replicas = kube::number_at(deployment, {"spec", "replicas"}, 1);
  size.recreate = kube::text_at(deployment, {"spec", "strategy", "type"}) == "Recreate";
  const auto given = [&](std::string_view member) {
    return kube::find_at(deployment, {"spec", "strategy", "rollingUpdate", member});
  };
  size.max_surge = pod_amount(given("maxSurge"), size.replicas, 25, Rounding::up);
  size.max_unavailable = pod_amount(given("maxUnavailable"), size.replicas, 25, Rounding::down);
  if (size.max_surge == 0 && size.max_unavailable == 0) size.max_unavailable = 1;
  return size;
}

SetSize size_of(const Set& set) {
  return {kube::number_at(*set.object, {"spec", "replicas"}, 1), kube::number_at(*set.object, {"status", "replicas"}),
          kube::number_at(*set.object, {"status", "availableReplicas"})};
}

// A cluster hashes the templates of Deployments in another way than Rollouts have it, so that a Deployment's set never
// has the name that the set of a Rollout with the same name and template gets.
std::string template_hash(const json::value& deployment) {
  const json::value* given = kube::find_at(deployment, {"spec", "template"});
  const std::string text = "Deployment " + (given ? kube::print_json(*given) : std::string());
  if (!kube::find_at(deployment, {"status", "collisionCount"})) return crds::safe_hash(text);
  return crds::safe_hash(text, static_cast<std::int32_t>(kube::number_at(deployment, {"status", "collisionCount"})));
}

class Deployments final : public Behaviour {
 public:
  explicit Deployments(World& world) : world_(world), requests_(world.api, world.log, "kube-controller-manager") {}

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

 private:
  std::vector<Set> sets_of(const json::value& deployment) const;
  bool create_set(const kube::ObjectKey& key, const json::value& deployment, const std::string& hash,
                  std::int64_t revision, std::int64_t replicas);
  bool keep_revision(const kube::ObjectKey& key, const json::value& deployment, const Set& newest,
                     std::int64_t last_revision);
  bool set_replicas(const Set& set, std::int64_t replicas);
  bool resize(const json::value& deployment, const Set& newest, const std::vector<Set>& old);
  bool forget_old(const json::value& deployment, const std::vector<Set>& old);
  bool report(const kube::ObjectKey& key, const json::value& deployment, const Set* newest,
              const std::vector<Set>& all);

  World& world_;
  Requests requests_;
};

void Deployments::noted(const Change& change) {
  if (change.group != "apps") return;
  if (change.plural == "deployments") return world_.agenda.soon(*this, change.key);
  if (change.plural != "replicasets") return;
  const json::object* owner = controller_of(change.after ? *change.after : *change.before);
  if (owner && text_of(*owner, "kind") == "Deployment")
    world_.agenda.soon(*this, {change.key.ns, std::string(text_of(*owner, "name"))});
}

bool Deployments::reconcile(const kube::ObjectKey& key) {
  const std::shared_ptr<const json::value> deployment = world_.api.find(resources::deployments, key);
  if (!deployment || is_terminating(*deployment)) return true;
  const std::string hash = template_hash(*deployment);
  const std::vector<Set> all = sets_of(*deployment);
  const auto newest =
      std::ranges::find_if(all, [&](const Set& set) { return text_of(labels_of(*set.object), hash_label) == hash; });
  std::vector<Set> old;
  std::int64_t last_revision = 0;
  for (const Set& set : all) {
    if (newest != all.end() && set.key == newest->key) continue;
    old.push_back(set);
    last_revision = std::max(last_revision, set.revision);
  }
  const bool paused = flag_at(*deployment, {"spec", "paused"});
  bool done = true;
  if (newest != all.end()) {
    done &= keep_revision(key, *deployment, *newest, last_revision);
    done &= paused && !old.empty() ? true : resize(*deployment, *newest, old);
  } else if (!paused) {
    std::vector<SetSize> sizes;
    for (const Set& set : old) sizes.push_back(size_of(set));
    const NextSizes next = next_sizes(size_of(*deployment), {}, sizes);
    done &= create_set(key, *deployment, hash, last_revision + 1, next.newest);
    // Old pods of a Recreate go first; the new set waits for that with no pods.
    for (std::size_t at = 0; at < old.size(); ++at) done &= set_replicas(old[at], next.old[at]);
  }
  if (const std::optional<kube::Time> deadline = progress_deadline(*deployment))
    world_.agenda.at(*deadline, *this, key);
  return report(key, *deployment, newest == all.end() ? nullptr : &*newest, all) && done;
}

// Oldest revision first.
std::vector<Set> Deployments::sets_of(const json::value& deployment) const {
  std::vector<Set> sets;
  const std::string uid(uid_of(deployment));
  for (const ObjectRef& dependent : world_.index.dependents(uid)) {
    if (world_.index.resource(dependent.kind).plural != "replicasets") continue;
    std::shared_ptr<const json::value> set = world_.api.find(resources::replica_sets, dependent.key);
    if (!set || controller_uid_of(*set) != uid || is_terminating(*set)) continue;
    const std::int64_t revision = revision_of(*set);
    sets.push_back({dependent.key, std::move(set), revision});
  }
  std::ranges::sort(
      sets, [](const Set& a, const Set& b) { return std::tie(a.revision, a.key) < std::tie(b.revision, b.key); });
  return sets;
}

bool Deployments::create_set(const kube::ObjectKey& key, const json::value& deployment, const std::string& hash,
                             std::int64_t revision, std::int64_t replicas) {
  const kube::ObjectKey name{key.ns, key.name + "-" + hash};
  if (world_.api.find(resources::replica_sets, name)) {
    json::object status{{"collisionCount", kube::number_at(deployment, {"status", "collisionCount"}) + 1}};
    return requests_.patch_status(resources::deployments, key, std::move(status));
  }
  json::object labels = object_at(deployment, {"spec", "template", "metadata", "labels"});
  labels[hash_label] = hash;
  json::object annotations = object_at(deployment, {"metadata", "annotations"});
  annotations.erase("kubectl.kubernetes.io/last-applied-configuration");
  annotations[revision_annotation] = std::to_string(revision);
  json::object metadata{{"name", name.name}, {"namespace", key.ns}};
  metadata["labels"] = labels;
  metadata["annotations"] = std::move(annotations);
  metadata["ownerReferences"] = json::array{controller_reference(resources::deployments, deployment)};
  json::object selector = object_at(deployment, {"spec", "selector"});
  object_in(selector, "matchLabels")[hash_label] = hash;
  json::object pod_template = object_at(deployment, {"spec", "template"});
  object_in(pod_template, "metadata")["labels"] = std::move(labels);
  json::object spec{{"replicas", replicas}};
  if (const json::value* min_ready = kube::find_at(deployment, {"spec", "minReadySeconds"}))
    spec["minReadySeconds"] = *min_ready;
  spec["selector"] = std::move(selector);
  spec["template"] = std::move(pod_template);
  json::object body{{"apiVersion", "apps/v1"}, {"kind", "ReplicaSet"}};
  body["metadata"] = std::move(metadata);
  body["spec"] = std::move(spec);
  return requests_.create(resources::replica_sets, key.ns, body);
}

// The newest set has the highest revision, also when an old template came back; the Deployment shows it.
bool Deployments::keep_revision(const kube::ObjectKey& key, const json::value& deployment, const Set& newest,
                                std::int64_t last_revision) {
  const std::int64_t revision = std::max(newest.revision, last_revision + 1);
  const auto annotate = [&](const kube::Resource& kind, const kube::ObjectKey& name) {
    json::object annotations{{revision_annotation, std::to_string(revision)}};
    json::object metadata;
    metadata["annotations"] = std::move(annotations);
    json::object body;
    body["metadata"] = std::move(metadata);
    return requests_.patch(kind, name, body);
  };
  bool done = true;
  if (newest.revision != revision) done &= annotate(resources::replica_sets, newest.key);
  if (revision_of(deployment) != revision) done &= annotate(resources::deployments, key);
  return done;
}

bool Deployments::set_replicas(const Set& set, std::int64_t replicas) {
  if (kube::number_at(*set.object, {"spec", "replicas"}, 1) == replicas) return true;
  json::object body;
  body["spec"] = json::object{{"replicas", replicas}};
  return requests_.patch(resources::replica_sets, set.key, body);
}

bool Deployments::resize(const json::value& deployment, const Set& newest, const std::vector<Set>& old) {
  std::vector<SetSize> sizes;
  for (const Set& set : old) sizes.push_back(size_of(set));
  const NextSizes next = next_sizes(size_of(deployment), size_of(newest), sizes);
  bool done = set_replicas(newest, next.newest);
  for (std::size_t at = 0; at < old.size(); ++at) done &= set_replicas(old[at], next.old[at]);
  return forget_old(deployment, old) && done;
}

bool Deployments::forget_old(const json::value& deployment, const std::vector<Set>& old) {
  const std::int64_t limit = kube::number_at(deployment, {"spec", "revisionHistoryLimit"}, 10);
  std::int64_t surplus = static_cast<std::int64_t>(old.size()) - limit;
  bool done = true;
  for (const Set& set : old) {
    const SetSize size = size_of(set);
    if (surplus <= 0) break;
    if (size.desired != 0 || size.replicas != 0) continue;
    done &= requests_.remove(resources::replica_sets, set.key, uid_of(*set.object), "Background");
    --surplus;
  }
  return done;
}

bool Deployments::report(const kube::ObjectKey& key, const json::value& deployment, const Set* newest,
                         const std::vector<Set>& all) {
  DeploymentCounts counts;
  const DeploymentSize size = size_of(deployment);
  counts.wanted = size.replicas;
  counts.max_unavailable = size.recreate ? 0 : size.max_unavailable;
  for (const Set& set : all) {
    counts.replicas += kube::number_at(*set.object, {"status", "replicas"});
    counts.ready += kube::number_at(*set.object, {"status", "readyReplicas"});
    counts.available += kube::number_at(*set.object, {"status", "availableReplicas"});
  }
  if (newest) {
    counts.updated = kube::number_at(*newest->object, {"status", "replicas"});
    counts.newest = newest->key.name;
  } else {
    counts.newest = key.name + "-" + template_hash(deployment);
  }
  json::object changes = status_changes(deployment, counts, world_.now());
  return changes.empty() || requests_.patch_status(resources::deployments, key, std::move(changes));
}

}  // namespace

std::unique_ptr<Behaviour> make_deployments(World& world) { return std::make_unique<Deployments>(world); }

}  // namespace sluice::sandbox
