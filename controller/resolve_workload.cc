// The pod template of a Rollout that refers to another workload for it.
#include "controller/resolve_workload.h"

#include <utility>

#include <fmt/format.h>

#include "crds/field_error.h"
#include "crds/validate_pod_template.h"

namespace sluice::controller {
namespace {

// The Rollout with the template of the workload, and with its selector where it has none of its own.
std::shared_ptr<const crds::Rollout> with_template_of(const crds::Workload& workload, const crds::Rollout& rollout) {
  auto spec = std::make_shared<crds::RolloutSpec>(*rollout.spec);
  spec->pod_template = workload.pod_template;
  if (!spec->selector && workload.selector) spec->selector = *workload.selector;
  auto resolved = std::make_shared<crds::Rollout>(rollout);
  resolved->spec = std::move(spec);
  return resolved;
}

// What is in spec.template beside the reference does not count, whatever it is.
std::shared_ptr<const crds::Rollout> without_template(const crds::Rollout& rollout) {
  crds::Workload nothing;
  return with_template_of(nothing, rollout);
}

void check_resolved(const crds::RolloutSpec& spec, kube::Mistakes& mistakes) {
  if (!spec.selector) mistakes.push_back(crds::required("spec.selector", "Rollout has missing field '.spec.selector'"));
  const kube::LabelSelector selector = spec.selector.value_or(kube::LabelSelector{});
  for (kube::Mistake& mistake : crds::validate_pod_template(spec.pod_template, selector, "spec.template"))
    mistakes.push_back(std::move(mistake));
}

}  // namespace

void resolve_workload(const Stores& stores, std::shared_ptr<const crds::Rollout> rollout, RolloutObservation& seen) {
  if (!rollout->spec->workload_ref) {
    seen.rollout = std::move(rollout);
    return;
  }
  const crds::WorkloadReference& reference = *rollout->spec->workload_ref;
  seen.rollout = without_template(*rollout);
  const std::optional<crds::WorkloadKind> kind = crds::workload_kind(reference.api_version, reference.kind);
  if (!kind) return;  // told by crds::validate_rollout
  ObservedWorkload observed{*kind, nullptr, stores.workloads(*kind).is_synced()};
  observed.workload = stores.workloads(*kind).find({rollout->meta.ns, reference.name});
  if (observed.workload) {
    seen.rollout = with_template_of(*observed.workload, *rollout);
    check_resolved(*seen.rollout->spec, seen.mistakes);
  } else if (observed.is_known) {
    seen.mistakes.push_back(
        crds::invalid("spec.workloadRef.name", reference.name,
                      fmt::format("{} \"{}\" not found", crds::resource_name_of(*kind), reference.name)));
  }
  seen.workload = std::move(observed);
}

}  // namespace sluice::controller
