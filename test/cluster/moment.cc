// Reading objects into words.
#include "test/cluster/moment.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::number_at;
using kube::text_at;

std::string version_in(const json::value& set) {
  const json::value* containers = find_at(set, {"spec", "template", "spec", "containers"});
  const std::string image =
      containers && containers->is_array() ? std::string(text_at(containers->get_array().at(0), {"image"})) : "";
  return image.substr(image.rfind(':') + 1);
}

// The weight of the destination for which `is_canary` answers yes, in the rule that both destinations are in.
template <class IsCanary>
std::int64_t weight_in(const json::value& object, const char* rules, const char* destinations, IsCanary is_canary) {
  const json::value* all = find_at(object, {"spec", rules});
  if (!all || !all->is_array()) return -1;
  for (const json::value& rule : all->get_array()) {
    const json::value* places = find_at(rule, {destinations});
    if (!places || !places->is_array() || places->get_array().size() < 2) continue;
    for (const json::value& place : places->get_array())
      if (is_canary(place)) return number_at(place, {"weight"});
  }
  return -1;
}

bool is_accepted(const json::value& route) {
  const json::value* parents = find_at(route, {"status", "parents"});
  if (!parents || parents->as_array().empty()) return false;
  const json::value* conditions = find_at(parents->as_array()[0], {"conditions"});
  return conditions && number_at(conditions->as_array().at(0), {"observedGeneration"}) ==
                           number_at(route, {"metadata", "generation"});
}

}  // namespace

void Moment::take(const Page& page) {
  if (page.kind == "Rollout" && page.name == rollout_) rollout_now_ = page.object;
  if (page.kind == "ReplicaSet" && page.name.starts_with(rollout_ + "-") &&
      find_at(page.object, {"metadata", "labels", "rollouts-pod-template-hash"}) != nullptr)
    hashes_[version_in(page.object)] =
        std::string(text_at(page.object, {"metadata", "labels", "rollouts-pod-template-hash"}));
  if (page.kind == "HTTPRoute") {
    const std::string canary = rollout_ + "-canary";
    const std::int64_t weight = weight_in(page.object, "rules", "backendRefs",
                                          [&](const json::value& place) { return text_at(place, {"name"}) == canary; });
    if (weight >= 0) {
      weight_ = weight;
      if (is_accepted(page.object)) reported_weight_ = weight;
    }
  }
  if (page.kind == "VirtualService")
    weight_ = weight_in(page.object, "http", "route", [&](const json::value& place) {
      return text_at(place, {"destination", "subset"}) == "canary" ||
             text_at(place, {"destination", "host"}) == rollout_ + "-canary";
    });
  if (page.kind == "AnalysisRun" && std::find(runs_.begin(), runs_.end(), page.name) == runs_.end())
    runs_.push_back(page.name);
  objects_[page.kind][page.name] = page.object;
}

const json::value& Moment::object(const std::string& kind, const std::string& name) const {
  static const json::value none;
  const auto of_kind = objects_.find(kind);
  if (of_kind == objects_.end()) return none;
  const auto found = of_kind->second.find(name);
  return found == of_kind->second.end() ? none : found->second;
}

const json::value* Moment::set(const std::string& version) const {
  const json::value& found = object("ReplicaSet", rollout_ + "-" + hash(version));
  return found.is_null() ? nullptr : &found;
}

std::string Moment::hash(const std::string& version) const {
  const auto found = hashes_.find(version);
  return found == hashes_.end() ? "" : found->second;
}

std::string Moment::version_of(const std::string& hash) const {
  for (const auto& [version, of] : hashes_)
    if (of == hash) return version;
  return hash;
}

std::int64_t Moment::size(const std::string& version) const {
  const json::value* found = set(version);
  return found ? number_at(*found, {"spec", "replicas"}) : -1;
}

std::int64_t Moment::ready(const std::string& version) const {
  const json::value* found = set(version);
  return found ? number_at(*found, {"status", "readyReplicas"}) : 0;
}

std::int64_t Moment::ready() const {
  std::int64_t all = 0;
  for (const auto& [version, hash] : hashes_) all += ready(version);
  return all;
}

std::int64_t Moment::available(const std::string& version) const {
  const json::value* found = set(version);
  return found ? number_at(*found, {"status", "availableReplicas"}) : 0;
}

std::int64_t Moment::revision(const std::string& version) const {
  const json::value* found = set(version);
  const std::string_view text =
      found ? text_at(*found, {"metadata", "annotations", "rollout.argoproj.io/revision"}) : std::string_view();
  return text.empty() ? -1 : std::stoll(std::string(text));
}

std::string Moment::deadline(const std::string& version) const {
  const json::value* found = set(version);
  return found ? std::string(text_at(*found, {"metadata", "annotations", "scale-down-deadline"})) : "";
}

std::vector<std::string> Moment::versions() const {
  std::vector<std::string> found;
  for (const auto& [version, hash] : hashes_)
    if (size(version) > 0) found.push_back(version);
  return found;
}

std::string Moment::selected(const std::string& service) const {
  return version_of(
      std::string(text_at(object("Service", service), {"spec", "selector", "rollouts-pod-template-hash"})));
}

std::string Moment::subset(const std::string& name) const {
  const json::value* subsets = find_at(object("DestinationRule", rollout_), {"spec", "subsets"});
  if (!subsets) return "";
  for (const json::value& one : subsets->as_array())
    if (text_at(one, {"name"}) == name)
      return version_of(std::string(text_at(one, {"labels", "rollouts-pod-template-hash"})));
  return "";
}

bool Moment::is(const std::string& wanted) const {
  return phase() == wanted && text_at(rollout_now_, {"status", "observedGeneration"}) ==
                                  std::to_string(number_at(rollout_now_, {"metadata", "generation"}));
}

bool Moment::is_aborted() const {
  const json::value* abort = find_at(rollout_now_, {"status", "abort"});
  return abort && abort->is_bool() && abort->get_bool();
}

std::vector<std::string> Moment::runs() const {
  std::vector<std::string> phases;
  for (const std::string& name : runs_) phases.emplace_back(text_at(object("AnalysisRun", name), {"status", "phase"}));
  return phases;
}

bool Moment::says(const std::string& kind, const std::string& name, const std::string& text) const {
  return json::serialize(object(kind, name)).find(text) != std::string::npos;
}

std::string Moment::summary() const {
  std::string text =
      fmt::format("{} \"{}\" at step {}, stable {}, current {}", phase(), message(), step(), stable(), current());
  if (is_aborted()) text += ", aborted";
  for (const auto& [version, hash] : hashes_)
    text += fmt::format("; {}: {} ready of {}", version, ready(version), size(version));
  if (weight_ >= 0) text += fmt::format("; weight {} ({} reported)", weight_, reported_weight_);
  if (const auto services = objects_.find("Service"); services != objects_.end())
    for (const auto& [name, service] : services->second) text += fmt::format("; {} -> {}", name, selected(name));
  for (const std::string& run : runs()) text += "; run " + run;
  return text;
}

}  // namespace sluice::cluster_test
