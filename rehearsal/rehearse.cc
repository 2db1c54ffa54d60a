// From manifests to the courses of an update.
#include "rehearsal/rehearse.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/keys.h"
#include "controller/observation.h"
#include "crds/decode.h"
#include "kube/json.h"
#include "kube/resource.h"
#include "rehearsal/stage.h"

namespace sluice::rehearsal {
namespace {

namespace json = boost::json;

constexpr std::string_view version_annotation = "sluice.dev/rehearsal";

std::string_view kind_of(const json::value& object) { return kube::text_at(object, {"kind"}); }
std::string name_of(const json::value& object) { return std::string(kube::text_at(object, {"metadata", "name"})); }

json::object& member(json::object& parent, std::string_view name) {
  json::value& value = parent[name];
  if (!value.is_object()) value = json::object();
  return value.get_object();
}

// What a person would have written: no status, and nothing that a server adds.
json::value as_written(json::value object, const std::string& ns) {
  json::object& top = object.as_object();
  top.erase("status");
  json::object& metadata = member(top, "metadata");
  for (const char* added : {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields",
                            "ownerReferences", "deletionTimestamp", "finalizers"})
    metadata.erase(added);
  if (!metadata.contains("namespace")) metadata["namespace"] = ns;
  return object;
}

// The hash and the owner that a controller has put on a Service belong to the cluster where it ran.
void forget_controller(json::value& service) {
  json::object& top = service.as_object();
  if (json::value* selector =
          top.contains("spec") ? service.as_object()["spec"].as_object().if_contains("selector") : nullptr;
      selector && selector->is_object())
    selector->get_object().erase(controller::keys::hash_label);
  json::object& metadata = member(top, "metadata");
  member(metadata, "annotations").erase(controller::keys::managed_by);
  member(top, "spec").erase("clusterIP");
  member(top, "spec").erase("clusterIPs");
}

json::object* template_of(json::value& rollout) {
  json::value* spec = rollout.as_object().if_contains("spec");
  json::value* pods = spec && spec->is_object() ? spec->get_object().if_contains("template") : nullptr;
  return pods && pods->is_object() ? &pods->get_object() : nullptr;
}

void mark_version(json::value& rollout, const std::string& version) {
  if (json::object* pods = template_of(rollout))
    member(member(*pods, "metadata"), "annotations")[version_annotation] = version;
}

// Gives containers their images; answers how many were found.
int set_images(json::value& rollout, const std::string& container, const std::string& image) {
  json::object* pods = template_of(rollout);
  json::value* list = pods ? member(*pods, "spec").if_contains("containers") : nullptr;
  int found = 0;
  if (!list || !list->is_array()) return 0;
  for (json::value& each : list->get_array()) {
    if (!each.is_object() || (container != "*" && kube::text_at(each, {"name"}) != container)) continue;
    each.get_object()["image"] = image;
    ++found;
  }
  return found;
}

struct Cast {
  Script script;
  std::vector<std::string> warnings;
};

bool is_there(const std::vector<json::value>& objects, std::string_view kind, const std::string& name) {
  return std::ranges::any_of(
      objects, [&](const json::value& object) { return kind_of(object) == kind && name_of(object) == name; });
}

void add_missing_services(const crds::Rollout& rollout, Cast& cast) {
  for (const std::string& name : controller::services_named_by(rollout)) {
    if (is_there(cast.script.surroundings, "Service", name)) continue;
    json::object selector;
    if (rollout.spec->selector)
      for (const auto& [key, value] : rollout.spec->selector->match_labels) selector[key] = value;
    json::object service{{"apiVersion", "v1"},
                         {"kind", "Service"},
                         {"metadata", {{"name", name}, {"namespace", rollout.meta.ns}}},
                         {"spec", {{"selector", std::move(selector)}, {"ports", {{{"port", 80}}}}}}};
    cast.script.surroundings.emplace_back(std::move(service));
    cast.warnings.push_back(
        fmt::format("Service {} is not among the manifests; one that selects the pods is assumed", name));
  }
}

void add_missing_templates(const crds::Rollout& rollout, Cast& cast) {
  for (const crds::TemplateReference& reference : controller::templates_named_by(rollout)) {
    const std::string_view kind = reference.cluster_scope ? "ClusterAnalysisTemplate" : "AnalysisTemplate";
    if (is_there(cast.script.surroundings, kind, reference.template_name)) continue;
    json::object metadata{{"name", reference.template_name}};
    if (!reference.cluster_scope) metadata["namespace"] = rollout.meta.ns;
    json::object metric{
        {"name", "assumed"}, {"count", 1}, {"provider", {{"job", {{"spec", {{"template", json::object()}}}}}}}};
    cast.script.surroundings.emplace_back(json::object{{"apiVersion", "argoproj.io/v1alpha1"},
                                                       {"kind", kind},
                                                       {"metadata", std::move(metadata)},
                                                       {"spec", {{"metrics", json::array{std::move(metric)}}}}});
    cast.warnings.push_back(
        fmt::format("{} {} is not among the manifests; one measurement that takes no time is assumed", kind,
                    reference.template_name));
  }
}

kube::Result<Cast> cast_of(std::vector<json::value> manifests, const RehearsalOptions& options) {
  const auto at = std::ranges::find_if(manifests, [](const json::value& object) {
    return kind_of(object) == "Rollout" && kube::text_at(object, {"apiVersion"}).starts_with("argoproj.io/");
  });
  if (at == manifests.end() && !options.live)
    return kube::Error{kube::Fault::invalid, "there is no Rollout among the manifests"};
  json::value rollout = at == manifests.end() ? *options.live : std::move(*at);
  if (at != manifests.end()) manifests.erase(at);

  Cast cast;
  std::string ns(kube::text_at(rollout, {"metadata", "namespace"}));
  if (ns.empty() && options.live) ns = kube::text_at(*options.live, {"metadata", "namespace"});
  if (ns.empty()) ns = "default";
  cast.script.after = as_written(std::move(rollout), ns);
  cast.script.before = options.live ? as_written(*options.live, ns) : cast.script.after;
  for (const auto& [container, image] : options.images)
    if (set_images(cast.script.after, container, image) == 0)
      return kube::Error{kube::Fault::invalid, fmt::format("the Rollout has no container \"{}\"", container)};
  if (cast.script.before == cast.script.after) {
    mark_version(cast.script.before, "before");
    cast.warnings.push_back(
        "the pods of the old version are taken to differ from the manifest in nothing that matters here");
  }
  cast.script.promote_after = options.promote_after;
  cast.script.job_takes = options.job_takes;
  for (json::value& object : manifests) {
    if (!object.is_object() || name_of(object).empty() || kind_of(object) == "Rollout") continue;
    if (kind_of(object) == "CustomResourceDefinition") continue;  // the stage has what it needs of them
    json::value written = as_written(std::move(object), ns);
    if (kind_of(written) == "Service") forget_controller(written);
    cast.script.surroundings.push_back(std::move(written));
  }
  kube::Mistakes mistakes;
  const auto decoded = crds::decode_rollout(cast.script.after, mistakes);
  for (const kube::Mistake& mistake : mistakes)
    cast.warnings.push_back(fmt::format("{}: {}", mistake.path, mistake.message));
  add_missing_services(*decoded, cast);
  add_missing_templates(*decoded, cast);
  return cast;
}

// An autoscaler that counts the pods of both versions, while the replicas that it sets are those of one, works with a
// gain: when each pod uses the share u of its target whatever the number of pods, u times the largest number of pods
// for each replica above 1 makes it ask for ever more.
void warn_of_autoscaler(Rehearsal& rehearsal, const Script& script, int most_pods) {
  const std::int64_t replicas = std::max<std::int64_t>(1, kube::number_at(script.after, {"spec", "replicas"}, 1));
  if (!kube::find_at(script.after, {"spec", "strategy", "canary"}) || most_pods * 10 <= replicas * 11) return;
  for (const json::value& object : script.surroundings) {
    if (kind_of(object) != "HorizontalPodAutoscaler" ||
        kube::text_at(object, {"spec", "scaleTargetRef", "name"}) != name_of(script.after))
      continue;
    rehearsal.warnings.push_back(fmt::format(
        "HorizontalPodAutoscaler {} counts the pods of both versions: up to {} for {} replicas. Where a pod's usage "
        "does "
        "not fall as pods are added (memory), it asks for ever more pods once each uses more than {} % of its target",
        name_of(object), most_pods, replicas, replicas * 100 / most_pods));
  }
}

void play_into(Rehearsal& rehearsal, Script script, Fate fate, const std::string& title) {
  script.fate = fate;
  if (fate == Fate::pods_never_ready) set_images(script.after, "*", "rehearsal/does-not-exist");
  Staged staged = play(script);
  staged.course.title = title;
  if (fate == Fate::well) {
    warn_of_autoscaler(rehearsal, script, staged.course.most_pods);
    for (std::string& spot : staged.blind_spots) rehearsal.warnings.push_back(std::move(spot));
  }
  if (fate == Fate::failing_analysis && !staged.had_analysis) return;
  rehearsal.courses.push_back(std::move(staged.course));
}

}  // namespace

kube::Result<Rehearsal> rehearse(std::vector<json::value> manifests, const RehearsalOptions& options) {
  kube::Result<Cast> cast = cast_of(std::move(manifests), options);
  if (!cast) return cast.error();
  Rehearsal rehearsal;
  rehearsal.rollout =
      fmt::format("{}/{}", kube::text_at(cast->script.after, {"metadata", "namespace"}), name_of(cast->script.after));
  try {
    play_into(rehearsal, cast->script, Fate::well, "If all is well");
    play_into(rehearsal, cast->script, Fate::failing_analysis, "If the first analysis fails");
    play_into(rehearsal, cast->script, Fate::pods_never_ready, "If no pod of the new version becomes ready");
    play_into(rehearsal, cast->script, Fate::rescaled, "If an autoscaler doubles the replicas on the way");
  } catch (const std::runtime_error& error) {
    return kube::Error{kube::Fault::invalid, error.what()};
  }
  rehearsal.warnings.insert(rehearsal.warnings.end(), cast->warnings.begin(), cast->warnings.end());
  return rehearsal;
}

}  // namespace sluice::rehearsal
