// The pod-template-hash with a collision count; the one without is computed when the template is read.
#include "crds/pod_template_hash.h"

#include <boost/json.hpp>

#include "crds/pod_template_text.h"
#include "crds/safe_hash.h"

namespace sluice::crds {

std::string pod_template_hash(const PodTemplate& pod_template, std::optional<std::int32_t> collision_count) {
  if (!collision_count) return pod_template.hash;
  return safe_hash(canonical_pod_template(to_json(pod_template)), collision_count);
}

std::string older_pod_template_hash(const PodTemplate& pod_template, std::optional<std::int32_t> collision_count) {
  constexpr std::string_view start = R"({"metadata":{)";
  std::string text = canonical_pod_template(to_json(pod_template));
  if (!text.starts_with(start)) return "";
  text.insert(start.size(), text[start.size()] == '}' ? R"("creationTimestamp":null)" : R"("creationTimestamp":null,)");
  return safe_hash(text, collision_count);
}

}  // namespace sluice::crds
