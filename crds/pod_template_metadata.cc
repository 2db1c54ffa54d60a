// Setting metadata within the JSON of a pod template.
#include "crds/pod_template_metadata.h"

#include <boost/json.hpp>

namespace sluice::crds {

PodTemplatePointer with_metadata(const PodTemplate& pod_template, const kube::StringMap& labels,
                                 const kube::StringMap& annotations) {
  json::value changed = to_json(pod_template);
  if (!changed.is_object()) return nullptr;
  json::value& metadata = changed.get_object()["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  const auto set_all = [&](std::string_view member, const kube::StringMap& values) {
    if (values.empty()) return;
    json::value& map = metadata.get_object()[member];
    if (!map.is_object()) map.emplace_object();
    for (const auto& [key, value] : values) map.get_object()[key] = value;
  };
  set_all("labels", labels);
  set_all("annotations", annotations);
  return make_pod_template(changed);
}

}  // namespace sluice::crds
