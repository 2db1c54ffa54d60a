// A pod made from the template of its owner.
#include "sandbox/workloads/pod_template.h"

#include <boost/json.hpp>

#include "kube/json.h"
#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {

json::object controller_reference(const kube::Resource& kind, const json::value& owner) {
  return {{"apiVersion", kind.api_version()},
          {"kind", kind.kind},
          {"name", kube::text_at(owner, {"metadata", "name"})},
          {"uid", uid_of(owner)},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

json::object pod_from_template(const kube::Resource& kind, const json::value& owner, std::string_view name) {
  json::object metadata{{"name", name},
                        {"generateName", std::string(kube::text_at(owner, {"metadata", "name"})) + "-"},
                        {"namespace", kube::text_at(owner, {"metadata", "namespace"})}};
  for (const char* member : {"labels", "annotations", "finalizers"})
    if (const json::value* given = kube::find_at(owner, {"spec", "template", "metadata", member}))
      metadata[member] = *given;
  json::array owners;
  owners.push_back(controller_reference(kind, owner));
  metadata["ownerReferences"] = std::move(owners);
  json::object pod{{"apiVersion", "v1"}, {"kind", "Pod"}};
  pod["metadata"] = std::move(metadata);
  pod["spec"] = object_at(owner, {"spec", "template", "spec"});
  return pod;
}

}  // namespace sluice::sandbox
