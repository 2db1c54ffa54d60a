// Checking manifests, one by one and against each other.
#include "kubectl/findings.h"

#include <algorithm>
#include <map>
#include <memory>

#include <boost/json.hpp>

#include "analysis/validate.h"
#include "crds/analysis.h"
#include "crds/application.h"
#include "crds/decode.h"
#include "crds/experiment.h"
#include "crds/rollout.h"
#include "crds/unknown_fields.h"
#include "crds/validate_analysis.h"
#include "crds/validate_application.h"
#include "crds/validate_experiment.h"
#include "crds/validate_rollout.h"
#include "crds/workloads.h"
#include "kube/json.h"
#include "traffic/router.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;
using kube::Mistakes;

// The manifests by what Rollouts look for. Namespaces do not count: manifests are often written without.
struct Manifests {
  std::map<std::string, std::shared_ptr<const crds::Service>> services;
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> templates;
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> cluster_templates;
  std::map<std::string, const json::value*> routes;
};

std::string name_of(const json::value& object) { return std::string(kube::text_at(object, {"metadata", "name"})); }

Manifests sorted(const std::vector<json::value>& manifests) {
  Manifests known;
  Mistakes ignored;
  for (const json::value& object : manifests) {
    const std::string_view kind = kube::text_at(object, {"kind"});
    const std::string name = name_of(object);
    if (kind == "Service") known.services[name] = crds::decode_service(object, ignored);
    if (kind == "AnalysisTemplate") known.templates[name] = crds::decode_analysis_template(object, ignored);
    if (kind == "ClusterAnalysisTemplate")
      known.cluster_templates[name] = crds::decode_analysis_template(object, ignored);
    known.routes[std::string(kind) + "/" + name] = &object;
  }
  return known;
}

// A stand-in for a Service or template that is not among the manifests: it may be in the cluster already.
template <class T>
const T* found_or_unknown(const std::map<std::string, std::shared_ptr<const T>>& known, const std::string& name,
                          const T& unknown) {
  const auto at = known.find(name);
  return at == known.end() ? &unknown : at->second.get();
}

// Header and mirror steps that no router of the Rollout can follow, and weights that nobody can observe.
void check_capabilities(const crds::CanaryStrategy& canary, Mistakes& mistakes) {
  const auto has_step = [&](auto member) {
    return std::any_of(canary.steps.begin(), canary.steps.end(),
                       [&](const crds::CanaryStep& step) { return static_cast<bool>(step.*member); });
  };
  for (const traffic::Router& router : traffic::routers()) {
    if (!router.is_configured(*canary.traffic_routing)) continue;
    const std::string path = "spec.strategy.canary.trafficRouting." + std::string(router.field);
    if (!router.has_mirror_routes && has_step(&crds::CanaryStep::set_mirror_route))
      mistakes.push_back({path, std::string(router.name) + " cannot copy requests; take the setMirrorRoute steps out"});
    if (!router.has_header_routes && has_step(&crds::CanaryStep::set_header_route))
      mistakes.push_back(
          {path, std::string(router.name) + " cannot route by headers; take the setHeaderRoute steps out"});
  }
}

void check_routes(const crds::Rollout& rollout, const Manifests& known, Mistakes& mistakes) {
  const auto& canary = rollout.spec->strategy.canary;
  if (!canary || !canary->traffic_routing) return;
  check_capabilities(*canary, mistakes);
  const traffic::NamedRoutes named = traffic::routes_of(rollout, {});
  mistakes.insert(mistakes.end(), named.mistakes.begin(), named.mistakes.end());
  for (const traffic::RoutePointer& route : named.routes) {
    const auto object = known.routes.find(route->kind() + "/" + route->key().name);
    if (object == known.routes.end()) continue;
    const traffic::ObservedRoute seen = route->observe(object->second);
    if (!seen.error.empty()) mistakes.push_back({"spec.strategy.canary.trafficRouting", seen.error});
  }
}

Mistakes mistakes_of_rollout(const json::value& object, const Manifests& known) {
  Mistakes mistakes;
  const auto rollout = crds::decode_rollout(object, mistakes);
  const Mistakes invalid = crds::validate_rollout(*rollout);
  mistakes.insert(mistakes.end(), invalid.begin(), invalid.end());
  if (!mistakes.empty()) return mistakes;

  static const crds::Service unknown_service;
  static const crds::AnalysisTemplate unknown_template;
  crds::RolloutReferences references;
  references.service = [&](const std::string& name) { return found_or_unknown(known.services, name, unknown_service); };
  references.analysis_template = [&](const std::string& name, bool cluster_scope) {
    return found_or_unknown(cluster_scope ? known.cluster_templates : known.templates, name, unknown_template);
  };
  mistakes = crds::validate_references(*rollout, references);
  check_routes(*rollout, known, mistakes);
  return mistakes;
}

bool has_arguments(const crds::AnalysisTemplate& analysis_template) { return !analysis_template.spec->args.empty(); }

Mistakes mistakes_of_template(const json::value& object) {
  Mistakes mistakes;
  const auto analysis_template = crds::decode_analysis_template(object, mistakes);
  const Mistakes invalid = crds::validate_analysis_template(*analysis_template);
  mistakes.insert(mistakes.end(), invalid.begin(), invalid.end());
  // With arguments the conditions are complete only when a run is made.
  if (mistakes.empty() && !has_arguments(*analysis_template))
    for (const std::string& text : analysis::validate_metrics(analysis_template->spec->metrics))
      mistakes.push_back({"spec", text});
  return mistakes;
}

Mistakes mistakes_in(const json::value& object, const Manifests& known) {
  const std::string_view kind = kube::text_at(object, {"kind"});
  Mistakes mistakes = crds::find_unknown_fields(object);
  Mistakes more;
  if (kind == "Rollout") more = mistakes_of_rollout(object, known);
  if (kind == "AnalysisTemplate" || kind == "ClusterAnalysisTemplate") more = mistakes_of_template(object);
  if (kind == "AnalysisRun") {
    const auto run = crds::decode_analysis_run(object, more);
    const Mistakes invalid = crds::validate_analysis_run(*run);
    more.insert(more.end(), invalid.begin(), invalid.end());
  }
  if (kind == "Experiment") {
    const auto experiment = crds::decode_experiment(object, more);
    const Mistakes invalid = crds::validate_experiment(*experiment);
    more.insert(more.end(), invalid.begin(), invalid.end());
  }
  if (kind == "Application") {
    const auto application = crds::decode_application(object, more);
    const Mistakes invalid = crds::validate_application(*application);
    more.insert(more.end(), invalid.begin(), invalid.end());
  }
  mistakes.insert(mistakes.end(), more.begin(), more.end());
  return mistakes;
}

}  // namespace

std::vector<Finding> find_mistakes(const std::vector<json::value>& manifests) {
  const Manifests known = sorted(manifests);
  std::vector<Finding> findings;
  for (const json::value& object : manifests) {
    const std::string label = std::string(kube::text_at(object, {"kind"})) + " " + name_of(object);
    for (const kube::Mistake& mistake : mistakes_in(object, known))
      findings.push_back({label, mistake.path, mistake.message});
  }
  return findings;
}

}  // namespace sluice::kubectl
