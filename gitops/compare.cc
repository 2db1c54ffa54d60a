// Comparing targets with live objects.
#include "gitops/compare.h"

#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/three_way.h"
#include "kube/json.h"

namespace sluice::gitops {
namespace {

constexpr std::size_t most_paths = 5;  // named for one object

ComparedResource compare_target(const Target& target, const LiveObject* live, const Ownership& ownership,
                                const std::vector<IgnoreRule>& ignored) {
  ComparedResource resource{.id = target.id, .version = target.version, .desired = target.object};
  resource.kind_is_known = target.kind_is_known;
  resource.hook = is_hook(*target.object);
  if (live) resource.live = live->object;
  if (resource.hook) {
    resource.status = SyncStatus::synced;
  } else if (!live) {
    resource.status = SyncStatus::out_of_sync;
  } else {
    const Difference found = difference(*target.object, *live->object, ownership, ignored);
    resource.status = found.patch.empty() ? SyncStatus::synced : SyncStatus::out_of_sync;
    resource.changed = changed_paths(found.patch, most_paths);
  }
  return resource;
}

}  // namespace

const char* name_of(SyncStatus status) {
  switch (status) {
    case SyncStatus::unknown:
      return "Unknown";
    case SyncStatus::synced:
      return "Synced";
    case SyncStatus::out_of_sync:
      return "OutOfSync";
  }
  return "Unknown";
}

Difference difference(const json::value& desired, const json::value& live, const Ownership& ownership,
                      const std::vector<IgnoreRule>& ignored) {
  json::value wanted = desired;
  json::value there = live;
  json::value applied = last_applied(live);
  if (applied.is_null()) applied = desired;  // nothing is known to be removed
  Difference found;
  found.lent = ownership.lend(wanted, live);
  if (found.lent) ownership.lend(applied, live);
  const ResourceId id = id_of(live);
  for (json::value* object : {&wanted, &there, &applied}) {
    normalize(*object);
    for (const IgnoreRule& rule : ignored)
      if (applies_to(rule, id))
        for (const std::string& pointer : rule.pointers) remove_at(*object, pointer);
  }
  found.patch = three_way_patch(applied.get_object(), wanted.get_object(), there.get_object(), id.group, id.kind);
  return found;
}

Comparison compare(const Targets& targets, const LiveObjects& live, const std::string& instance,
                   const Ownership& ownership, const std::vector<IgnoreRule>& ignored) {
  Comparison comparison;
  std::set<ResourceId> wanted;
  for (const Target& target : targets.objects) {
    wanted.insert(target.id);
    const auto at = live.find(target.id);
    const LiveObject* found = at == live.end() ? nullptr : &at->second;
    if (found && !found->owner.empty() && found->owner != instance)
      comparison.shared.push_back(
          fmt::format("{} is part of the applications {} and {}", text_of(target.id), instance, found->owner));
    comparison.resources.push_back(compare_target(target, found, ownership, ignored));
    if (comparison.resources.back().status == SyncStatus::out_of_sync) comparison.status = SyncStatus::out_of_sync;
  }
  for (const auto& [id, object] : live) {
    if (object.owner != instance || wanted.contains(id) || is_hook(*object.object)) continue;
    ComparedResource resource{.id = id, .live = object.object, .status = SyncStatus::out_of_sync};
    resource.version = version_of(kube::text_at(*object.object, {"apiVersion"}));
    resource.requires_pruning = true;
    comparison.resources.push_back(std::move(resource));
    if (annotation(*object.object, annotations::compare_options).find("IgnoreExtraneous") == std::string_view::npos)
      comparison.status = SyncStatus::out_of_sync;
  }
  return comparison;
}

bool is_hook(const json::value& object) { return !annotation(object, annotations::hook).empty(); }

}  // namespace sluice::gitops
