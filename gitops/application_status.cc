// Filling in the status of Applications.
#include "gitops/application_status.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::gitops {
namespace {

// The types that every finished assessment evaluates.
const std::vector<std::string_view> assessed_types{"InvalidSpecError",      "ComparisonError",
                                                   "SharedResourceWarning", "RepeatedResourceWarning",
                                                   "SourceWarning",         "UnknownFieldWarning"};

kube::Time whole_seconds(kube::Time time) { return std::chrono::floor<kube::seconds>(time); }

void set_health(crds::HealthStatus& to, const Health& health, kube::Time now) {
  if (to.status != std::string_view(name_of(health.status))) {
    to.status = name_of(health.status);
    to.last_transition_time = whole_seconds(now);
  }
  to.message = health.message;
}

std::int64_t wave_of(const json::value& object) {
  const std::string_view text = annotation(object, annotations::sync_wave);
  std::int64_t wave = 0;
  std::from_chars(text.data(), text.data() + text.size(), wave);
  return wave;
}

crds::ResourceStatus status_of(const ComparedResource& resource, const ResourceHealth& health) {
  crds::ResourceStatus status;
  status.group = resource.id.group;
  status.version = resource.version;
  status.kind = resource.id.kind;
  status.ns = resource.id.ns;
  status.name = resource.id.name;
  status.hook = resource.hook;
  if (!resource.hook) status.status = name_of(resource.status);
  status.requires_pruning = resource.requires_pruning;
  status.sync_wave = wave_of(resource.desired ? *resource.desired : *resource.live);
  if (health.health) {
    crds::HealthStatus& shown = status.health.obtain();
    shown.status = name_of(health.health->status);
    shown.message = health.health->message;
  }
  return status;
}

void collect_images(const json::value& pod_spec, std::set<std::string>& to) {
  for (const std::string_view list : {"initContainers", "containers"}) {
    const json::value* containers = kube::find_at(pod_spec, {list});
    if (!containers || !containers->is_array()) continue;
    for (const json::value& container : containers->get_array())
      if (const std::string_view image = kube::text_at(container, {"image"}); !image.empty()) to.emplace(image);
  }
}

}  // namespace

void set_conditions(std::vector<crds::ApplicationCondition>& conditions, const std::vector<std::string_view>& types,
                    const std::vector<Finding>& findings, kube::Time now) {
  std::vector<crds::ApplicationCondition> result;
  for (const crds::ApplicationCondition& condition : conditions)
    if (std::ranges::find(types, condition.type.view()) == types.end() &&
        std::ranges::find(findings, condition.type.view(), &Finding::type) == findings.end())
      result.push_back(condition);
  for (const Finding& finding : findings) {
    const auto same = std::ranges::find_if(conditions, [&](const crds::ApplicationCondition& known) {
      return known.type == finding.type && known.message == finding.message;
    });
    crds::ApplicationCondition condition;
    condition.type = finding.type;
    condition.message = finding.message;
    condition.last_transition_time = same != conditions.end() ? same->last_transition_time : whole_seconds(now);
    result.push_back(std::move(condition));
  }
  conditions = std::move(result);
}

std::vector<std::string> images_of(const Comparison& comparison) {
  std::set<std::string> images;
  for (const ComparedResource& resource : comparison.resources) {
    if (!resource.desired) continue;
    if (const json::value* spec = kube::find_at(*resource.desired, {"spec", "template", "spec"}))
      collect_images(*spec, images);
    if (const json::value* spec = kube::find_at(*resource.desired, {"spec", "jobTemplate", "spec", "template", "spec"}))
      collect_images(*spec, images);
    if (resource.id.kind == "Pod" && resource.id.group.empty())
      if (const json::value* spec = kube::find_at(*resource.desired, {"spec"})) collect_images(*spec, images);
  }
  return {images.begin(), images.end()};
}

crds::ApplicationStatus status_after(const crds::Application& application, const Assessment& assessment,
                                     std::string_view controller_namespace, kube::Time now) {
  crds::ApplicationStatus status = application.status;
  if (assessment.standing == Standing::waiting) return status;
  set_conditions(status.conditions, assessed_types, assessment.findings, now);
  status.controller_namespace = controller_namespace;

  const crds::ApplicationSpec& spec = *application.spec;
  crds::ComparedTo compared;
  compared.source = spec.source;
  compared.destination = spec.destination;
  compared.sources = spec.sources;
  compared.ignore_differences = spec.ignore_differences;
  status.sync.compared_to = std::move(compared);
  if (!assessment.commit.empty()) status.sync.revision = assessment.commit;

  if (assessment.standing != Standing::compared) {
    status.sync.status = "Unknown";
    if (assessment.standing == Standing::invalid || status.health.status.view().empty())
      set_health(status.health, {HealthStatus::unknown, ""}, now);
    return status;
  }
  status.sync.status = name_of(assessment.comparison.status);
  set_health(status.health, assessment.health, now);
  status.source_type = "Directory";
  status.resources.clear();
  for (std::size_t at = 0; at < assessment.comparison.resources.size(); ++at) {
    const ComparedResource& resource = assessment.comparison.resources[at];
    if (resource.hook && !resource.live) continue;
    status.resources.push_back(status_of(resource, assessment.healths[at]));
  }
  status.summary.images = images_of(assessment.comparison);
  return status;
}

}  // namespace sluice::gitops
