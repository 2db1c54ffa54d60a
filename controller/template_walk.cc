// Following references between analysis templates.
#include "controller/template_walk.h"

namespace sluice::controller {

void TemplateWalk::follow(const std::vector<crds::TemplateReference>& references) {
  for (const crds::TemplateReference& reference : references) {
    const kube::ObjectKey key{reference.cluster_scope ? "" : ns_, reference.template_name};
    if (!visited_.insert(key).second) continue;
    const auto found =
        reference.cluster_scope ? stores_.cluster_analysis_templates.find(key) : stores_.analysis_templates.find(key);
    if (!found) continue;
    (reference.cluster_scope ? cluster_templates : templates)[key.name] = found;
    follow(found->spec->templates);
  }
}

}  // namespace sluice::controller
