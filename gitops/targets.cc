// Placing rendered manifests.
#include "gitops/targets.h"

#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/tracking.h"
#include "kube/json.h"

namespace sluice::gitops {
namespace {

// Kinds that a CustomResourceDefinition among the manifests will bring.
std::map<std::pair<std::string, std::string>, Scope> defined_kinds(const Rendered& rendered) {
  std::map<std::pair<std::string, std::string>, Scope> kinds;
  for (const Manifest& manifest : rendered.manifests) {
    const json::value& object = manifest.object;
    if (kube::text_at(object, {"kind"}) != "CustomResourceDefinition") continue;
    const bool cluster = kube::text_at(object, {"spec", "scope"}) == "Cluster";
    kinds[{std::string(kube::text_at(object, {"spec", "group"})),
           std::string(kube::text_at(object, {"spec", "names", "kind"}))}] =
        cluster ? Scope::cluster : Scope::namespaced;
  }
  return kinds;
}

json::object& object_at(json::object& of, std::string_view name) {
  json::value& member = of[name];
  if (!member.is_object()) member = json::object();
  return member.get_object();
}

// What the server would drop or set by itself has no place in a desired object.
void clean(json::object& object, json::object& metadata) {
  object.stable_erase("status");
  for (const std::string_view name :
       {"creationTimestamp", "managedFields", "resourceVersion", "uid", "generation", "selfLink"})
    metadata.stable_erase(name);
}

}  // namespace

Targets place(const Rendered& rendered, const Placement& placement, const ScopeOf& scope_of) {
  Targets targets;
  const auto defined = defined_kinds(rendered);
  std::map<ResourceId, std::size_t> seen;
  for (const Manifest& manifest : rendered.manifests) {
    json::value object = manifest.object;
    Target target{.id = id_of(object), .file = manifest.file};
    target.version = version_of(kube::text_at(object, {"apiVersion"}));
    Scope scope = scope_of(target.id.group, target.version, target.id.kind);
    if (scope == Scope::unknown)
      if (const auto at = defined.find({target.id.group, target.id.kind}); at != defined.end()) scope = at->second;
    target.kind_is_known = scope != Scope::unknown;

    json::object& metadata = object_at(object.get_object(), "metadata");
    clean(object.get_object(), metadata);
    if (scope == Scope::cluster) {
      metadata.stable_erase("namespace");
    } else if (target.id.ns.empty()) {
      if (placement.default_namespace.empty() && target.kind_is_known)
        targets.mistakes.push_back(fmt::format("{}: {} names no namespace, and spec.destination.namespace is empty",
                                               manifest.file, text_of(target.id)));
      if (!placement.default_namespace.empty()) metadata["namespace"] = placement.default_namespace;
    }
    target.id = id_of(object);
    if (target.id.kind != "CustomResourceDefinition") {
      mark(object, placement.instance);
      if (placement.marking == Marking::annotation_and_label)
        object_at(object_at(object.get_object(), "metadata"), "labels")[instance_label] =
            placement.instance.substr(0, 63);
    }
    target.object = std::make_shared<const json::value>(std::move(object));
    const auto [at, fresh] = seen.emplace(target.id, targets.objects.size());
    if (fresh) {
      targets.objects.push_back(std::move(target));
      continue;
    }
    targets.repeated.push_back(fmt::format("{} stands in Git more than once ({} and {}); the last one counts",
                                           text_of(target.id), targets.objects[at->second].file, target.file));
    targets.objects[at->second] = std::move(target);
  }
  return targets;
}

}  // namespace sluice::gitops
