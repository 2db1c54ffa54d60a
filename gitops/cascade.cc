// The deletion of what an application tracks, wave by wave backwards.
#include "gitops/cascade.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/apply.h"
#include "gitops/sync_plan.h"
#include "kube/json.h"

namespace sluice::gitops {
namespace {

constexpr std::string_view finalizer_name = "resources-finalizer.argocd.argoproj.io";

struct Doomed {
  ResourceId id;
  std::string version;  // of its kind
  std::int64_t wave = 0;
  bool is_going = false;
};

bool stays(const json::value& object) {
  if (kube::text_at(object, {"kind"}) == "CustomResourceDefinition") return true;
  if (annotation(object, "helm.sh/resource-policy") == "keep") return true;
  std::vector<std::string> ignored;
  return !options_of(object, {}, ignored).remove;
}

std::vector<Doomed> doomed_objects(const LiveObjects& objects, const std::string& instance) {
  std::vector<Doomed> doomed;
  for (const auto& [id, live] : objects) {
    if (live.owner != instance || stays(*live.object)) continue;
    Doomed one{.id = id};
    one.version = version_of(kube::text_at(*live.object, {"apiVersion"}));
    const std::string_view wave = annotation(*live.object, annotations::sync_wave);
    std::from_chars(wave.data(), wave.data() + wave.size(), one.wave);
    one.is_going = kube::find_at(*live.object, {"metadata", "deletionTimestamp"}) != nullptr;
    doomed.push_back(std::move(one));
  }
  std::ranges::sort(doomed, [](const Doomed& left, const Doomed& right) {
    if (left.wave != right.wave) return left.wave > right.wave;
    return rank_of(left.id.kind) > rank_of(right.id.kind);
  });
  return doomed;
}

PruneOrder propagation_of(const crds::Application& application) {
  const auto background = [](const std::string& one) {
    return is_resources_finalizer(one) && one.ends_with("/background");
  };
  return std::ranges::any_of(application.meta.finalizers, background) ? PruneOrder::background : PruneOrder::foreground;
}

}  // namespace

bool is_resources_finalizer(std::string_view finalizer) {
  return finalizer == finalizer_name || finalizer.starts_with(std::string(finalizer_name) + "/");
}

net::awaitable<CascadeProgress> delete_cascade(kube::Client& client, ServedKinds& kinds, LiveCluster& live,
                                               std::shared_ptr<const crds::Application> application,
                                               std::string instance) {
  CascadeProgress progress;
  for (const crds::ResourceStatus& resource : application->status.resources) {
    const std::string group = resource.group.text();
    const std::string version = resource.version.text();
    std::string api_version = group.empty() ? version : group + "/" + version;
    const kube::Result<> learned = co_await kinds.learn(std::move(api_version), kube::seconds{10});
    if (!learned) {
      progress.waits_for = learned.error().message;
      co_return progress;
    }
    const kube::Resource* kind = kinds.find(group, version, resource.kind.view());
    if (!kind) continue;
    live.watch(*kind);
    if (live.is_synced(*kind)) continue;
    progress.waits_for = fmt::format("waiting for the list of {}", kind->plural);
    co_return progress;
  }
  const std::vector<Doomed> doomed = doomed_objects(live.objects_of(instance), instance);
  progress.done = doomed.empty();
  for (const Doomed& one : doomed) {
    if (one.wave != doomed.front().wave) break;  // the next wave goes when this one has gone
    progress.waits_for = fmt::format("waiting for {} to be deleted", text_of(one.id));
    const kube::Resource* kind = kinds.find(one.id.group, one.version, one.id.kind);
    const LiveRecord* record = live.find(one.id);
    if (one.is_going || !kind || !record) continue;
    kube::ObjectKey key{one.id.ns, one.id.name};
    std::string uid = record->uid;
    std::string version = record->version;
    const PruneOrder order = propagation_of(*application);
    const kube::Result<> removed =
        co_await prune(client, *kind, std::move(key), std::move(uid), std::move(version), order);
    if (removed)
      live.note_own_write(instance, one.id, "");
    else if (removed.error().fault != kube::Fault::conflict)
      progress.waits_for = removed.error().message;
  }
  co_return progress;
}

}  // namespace sluice::gitops
