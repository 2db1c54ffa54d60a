// The tables of fields that this version does not act on.
#include "crds/refused_fields.h"

#include <algorithm>

#include "crds/analysis.h"
#include "crds/application_spec.h"
#include "crds/field_error.h"
#include "crds/present_fields.h"
#include "crds/rollout.h"

namespace sluice::crds {
namespace {

// Fields that a row ("x{}") covers although the program acts on them.
constexpr std::string_view acted[] = {"spec.strategy.canary.trafficRouting.plugins.argoproj-labs/gatewayAPI"};

constexpr Refusal rollouts[] = {
    {"spec.strategy.canary.trafficRouting.nginx",
     "ingress-nginx is not driven by this version; use istio, alb or plugins: argoproj-labs/gatewayAPI"},
    {"spec.strategy.canary.trafficRouting.smi",
     "SMI is not driven by this version; use istio, alb or plugins: argoproj-labs/gatewayAPI"},
    {"spec.strategy.canary.trafficRouting.ambassador",
     "Ambassador is not driven by this version; use istio, alb or plugins: argoproj-labs/gatewayAPI"},
    {"spec.strategy.canary.trafficRouting.appMesh",
     "App Mesh is not driven by this version; use istio, alb or plugins: argoproj-labs/gatewayAPI"},
    {"spec.strategy.canary.trafficRouting.traefik",
     "Traefik is not driven by this version; use istio, alb or plugins: argoproj-labs/gatewayAPI"},
    {"spec.strategy.canary.trafficRouting.apisix",
     "APISIX is not driven by this version; use istio, alb or plugins: argoproj-labs/gatewayAPI"},
    {"spec.strategy.canary.trafficRouting.plugins{}", "this version drives argoproj-labs/gatewayAPI only"},
    {"spec.strategy.canary.steps[].plugin",
     "step plugins are not run by this version; use an analysis step with a Job"},
};

constexpr Refusal analyses[] = {
    {"spec.metrics[].provider.plugin{}", "metric plugins are not run by this version; use web or job"},
};

constexpr Refusal applications[] = {
    {"spec.sources", "this version reads one source; use spec.source"},
    {"spec.sourceHydrator", "this version does not commit rendered manifests; use spec.source"},
    {"spec.source.chart", "this version reads directories of YAML in Git; use spec.source.path"},
    {"spec.source.helm", "this version does not run Helm; use a directory of YAML"},
    {"spec.source.kustomize", "this version does not run Kustomize; use a directory of YAML"},
    {"spec.source.plugin", "this version runs no plugins; use a directory of YAML"},
    {"spec.source.ref", "this version reads one source; use spec.source.path"},
    {"spec.source.directory.jsonnet", "this version does not run Jsonnet; use YAML"},
    {"spec.source.directory.disableExtensionFilter", "this version reads .yaml, .yml and .json files only"},
    {"spec.syncPolicy.managedNamespaceMetadata", "this version does not set the metadata of namespaces"},
    {"spec.ignoreDifferences[].jqPathExpressions", "this version does not run jq; use jsonPointers"},
    {"spec.ignoreDifferences[].managedFieldsManagers", "this version does not compare by manager; use jsonPointers"},
};

template <class Spec>
kube::Mistakes find(const Spec& spec, std::span<const Refusal> refusals) {
  kube::Mistakes found;
  for_each_present(spec, "spec", [&](const std::string& kind, const std::string& path) {
    const auto row = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& r) { return r.field == kind; });
    if (row == refusals.end() || std::find(std::begin(acted), std::end(acted), path) != std::end(acted)) return;
    found.push_back(forbidden(path, row->detail));
  });
  return found;
}

}  // namespace

std::span<const Refusal> refusals_of_rollouts() { return rollouts; }
std::span<const Refusal> refusals_of_analyses() { return analyses; }
std::span<const Refusal> refusals_of_applications() { return applications; }

kube::Mistakes find_refused_fields(const RolloutSpec& spec) { return find(spec, rollouts); }
kube::Mistakes find_refused_fields(const AnalysisTemplateSpec& spec) { return find(spec, analyses); }
kube::Mistakes find_refused_fields(const AnalysisRunSpec& spec) { return find(spec, analyses); }
kube::Mistakes find_refused_fields(const ApplicationSpec& spec) { return find(spec, applications); }

}  // namespace sluice::crds
