// Keeping the view.
#include "cluster_view.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/decode.h"
#include "kube/json.h"
#include "kube/mistake.h"

namespace sluice::simulation {
namespace {

namespace json = boost::json;
using sandbox::Change;

constexpr std::string_view hash_label = "rollouts-pod-template-hash";

std::string text(const json::value& object, std::initializer_list<std::string_view> path) {
  return std::string(kube::text_at(object, path));
}

const json::array& list_at(const json::value& object, std::initializer_list<std::string_view> path) {
  static const json::array none;
  const json::value* found = kube::find_at(object, path);
  return found && found->is_array() ? found->get_array() : none;
}

std::string controller_uid(const json::value& object) {
  for (const json::value& owner : list_at(object, {"metadata", "ownerReferences"}))
    if (const json::value* controls = kube::find_at(owner, {"controller"}); controls && *controls == true)
      return text(owner, {"uid"});
  return "";
}

kube::Time creation(const json::value& object) {
  const kube::Result<kube::Time> time = kube::parse_time(kube::text_at(object, {"metadata", "creationTimestamp"}));
  return time ? *time : kube::Time{};
}

bool is_ready_pod(const json::value& pod) {
  if (kube::find_at(pod, {"metadata", "deletionTimestamp"})) return false;
  for (const json::value& condition : list_at(pod, {"status", "conditions"}))
    if (kube::text_at(condition, {"type"}) == "Ready") return kube::text_at(condition, {"status"}) == "True";
  return false;
}

int ready_endpoints(const json::value& slice) {
  int ready = 0;
  for (const json::value& endpoint : list_at(slice, {"endpoints"})) {
    const json::value* condition = kube::find_at(endpoint, {"conditions", "ready"});
    ready += !condition || *condition == true;
  }
  return ready;
}

// Only who sends a certain header reaches the rule: it gives no share of all requests.
bool needs_headers(const json::value& rule) {
  const auto& matches = list_at(rule, {"matches"});
  return !matches.empty() && std::all_of(matches.begin(), matches.end(),
                                         [](const json::value& match) { return !list_at(match, {"headers"}).empty(); });
}

RouteView read_route(const json::value& route) {
  RouteView view;
  for (const json::value& rule : list_at(route, {"spec", "rules"})) {
    if (needs_headers(rule)) continue;
    std::map<std::string, int> weights;
    for (const json::value& backend : list_at(rule, {"backendRefs"}))
      weights[text(backend, {"name"})] += static_cast<int>(kube::number_at(backend, {"weight"}, 1));
    view.rules.push_back(std::move(weights));
  }
  const std::int64_t generation = kube::number_at(route, {"metadata", "generation"});
  view.is_reported = !list_at(route, {"status", "parents"}).empty();
  for (const json::value& parent : list_at(route, {"status", "parents"}))
    for (const json::value& condition : list_at(parent, {"conditions"}))
      if (kube::text_at(condition, {"type"}) == "Accepted" && kube::text_at(condition, {"status"}) == "True" &&
          kube::number_at(condition, {"observedGeneration"}) == generation)
        view.is_accepted = true;
  return view;
}

std::string weights_text(const json::value& route) {
  std::string all;
  for (const auto& rule : read_route(route).rules)
    for (const auto& [service, weight] : rule) all += fmt::format(" {}={}", service, weight);
  return all;
}

}  // namespace

int RouteView::share(const std::string& service) const {
  int largest = -1;
  for (const auto& weights : rules) {
    const auto at = weights.find(service);
    if (at == weights.end()) continue;
    int sum = 0;
    for (const auto& [name, weight] : weights) sum += weight;
    largest = std::max(largest, sum == 0 ? 0 : at->second * 100 / sum);
  }
  return largest;
}

void ClusterView::note(const Change& change) {
  const bool is_gone = change.type == kube::WatchType::deleted;
  const json::value& object = *change.after;
  if (change.plural == "pods" && change.group.empty()) return note_pod(change);
  if (change.plural == "endpointslices") return note_slice(change);
  if (change.plural == "rollouts") {
    if (is_gone) {
      rollouts_.erase(change.key);
      owners_.erase(text(object, {"metadata", "uid"}));
      return;
    }
    kube::Mistakes ignored;
    rollouts_[change.key] = crds::decode_rollout(object, ignored);
    owners_[text(object, {"metadata", "uid"})] = change.key.name;
  } else if (change.plural == "experiments") {
    const std::string uid = text(object, {"metadata", "uid"});
    if (is_gone)
      owners_.erase(uid);
    else
      owners_[uid] = change.key.name;
  } else if (change.plural == "replicasets") {
    if (is_gone) {
      sets_.erase(change.key);
      return;
    }
    SetView& set = sets_[change.key];
    set.name = change.key.name;
    set.hash = kube::text_at(object, {"metadata", "labels", hash_label});
    set.uid = text(object, {"metadata", "uid"});
    set.owner = controller_uid(object);
    set.desired = static_cast<int>(kube::number_at(object, {"spec", "replicas"}, 1));
    set.created = creation(object);
    set.has_deadline = kube::find_at(object, {"metadata", "annotations", "scale-down-deadline"}) != nullptr;
  } else if (change.plural == "services" && change.group.empty()) {
    if (is_gone) {
      services_.erase(change.key);
      return;
    }
    services_[change.key].hash = kube::text_at(object, {"spec", "selector", hash_label});
  } else if (change.plural == "httproutes") {
    if (is_gone)
      routes_.erase(change.key);
    else
      routes_[change.key] = read_route(object);
  } else if (change.plural == "analysisruns") {
    if (is_gone) {
      runs_.erase(change.key);
      owners_.erase(text(object, {"metadata", "uid"}));
      return;
    }
    RunView& run = runs_[change.key];
    run.name = change.key.name;
    run.owner = controller_uid(object);
    run.hash = kube::text_at(object, {"metadata", "labels", hash_label});
    run.type = kube::text_at(object, {"metadata", "labels", "rollout-type"});
    const std::string step = text(object, {"metadata", "labels", "step-index"});
    run.step = step.empty() ? -1 : std::stoi(step);
    run.phase = kube::text_at(object, {"status", "phase"});
    run.created = creation(object);
    owners_[text(object, {"metadata", "uid"})] = change.key.name;
  }
}

void ClusterView::note_pod(const Change& change) {
  PodView& pod = pods_[change.key];
  if (pod.is_ready) --ready_[pod.set];
  if (change.type == kube::WatchType::deleted) {
    pods_.erase(change.key);
    return;
  }
  pod.set = controller_uid(*change.after);
  pod.is_ready = is_ready_pod(*change.after);
  if (pod.is_ready) ++ready_[pod.set];
}

void ClusterView::note_slice(const Change& change) {
  SliceView& slice = slices_[change.key];
  if (!slice.service.name.empty()) services_[slice.service].endpoints -= slice.ready;
  if (change.type == kube::WatchType::deleted) {
    slices_.erase(change.key);
    return;
  }
  slice.service = {change.key.ns, text(*change.after, {"metadata", "labels", "kubernetes.io/service-name"})};
  slice.ready = ready_endpoints(*change.after);
  services_[slice.service].endpoints += slice.ready;
}

std::vector<const SetView*> ClusterView::sets_of(const crds::Rollout& rollout) const {
  std::vector<const SetView*> found;
  for (const auto& [key, set] : sets_)
    if (set.owner == rollout.meta.uid) found.push_back(&set);
  return found;
}

const SetView* ClusterView::set_with(const crds::Rollout& rollout, const std::string& hash) const {
  for (const auto& [key, set] : sets_)
    if (set.owner == rollout.meta.uid && set.hash == hash) return &set;
  return nullptr;
}

const SetView* ClusterView::set(const ObjectKey& key) const {
  const auto at = sets_.find(key);
  return at == sets_.end() ? nullptr : &at->second;
}

const ServiceView* ClusterView::service(const ObjectKey& key) const {
  const auto at = services_.find(key);
  return at == services_.end() ? nullptr : &at->second;
}

const RouteView* ClusterView::route(const ObjectKey& key) const {
  const auto at = routes_.find(key);
  return at == routes_.end() ? nullptr : &at->second;
}

std::vector<ObjectKey> ClusterView::routes_with(const std::string& ns, const std::string& service) const {
  std::vector<ObjectKey> found;
  for (const auto& [key, route] : routes_)
    if (key.ns == ns && route.share(service) >= 0) found.push_back(key);
  return found;
}

std::vector<const RunView*> ClusterView::runs_of(const crds::Rollout& rollout) const {
  std::vector<const RunView*> found;
  for (const auto& [key, run] : runs_)
    if (run.owner == rollout.meta.uid) found.push_back(&run);
  return found;
}

int ClusterView::ready_pods(const std::string& set_uid) const {
  const auto at = ready_.find(set_uid);
  return at == ready_.end() ? 0 : at->second;
}

std::string described(const Change& change) {
  const json::value& object = *change.after;
  if (change.plural == "rollouts") {
    const json::value* status = kube::find_at(object, {"status"});
    if (!status) return "new";
    const json::value* pauses = kube::find_at(*status, {"pauseConditions"});
    return fmt::format("phase {} \"{}\", step {}, stable {}, current {}{}{}", text(*status, {"phase"}),
                       text(*status, {"message"}), kube::number_at(*status, {"currentStepIndex"}, -1),
                       text(*status, {"stableRS"}), text(*status, {"currentPodHash"}),
                       pauses && pauses->is_array() && !pauses->get_array().empty() ? ", paused" : "",
                       kube::find_at(*status, {"abort"}) ? ", abort" : "");
  }
  if (change.plural == "replicasets")
    return fmt::format("wants {}, has {}, {} ready{}", kube::number_at(object, {"spec", "replicas"}, 1),
                       kube::number_at(object, {"status", "replicas"}),
                       kube::number_at(object, {"status", "readyReplicas"}),
                       kube::find_at(object, {"metadata", "annotations", "scale-down-deadline"}) ? ", deadline" : "");
  if (change.plural == "services") return "selects " + text(object, {"spec", "selector", hash_label});
  if (change.plural == "httproutes") return weights_text(object);
  if (change.plural == "endpointslices") return fmt::format("{} ready", ready_endpoints(object));
  if (change.plural == "pods") return is_ready_pod(object) ? "ready" : "not ready";
  if (change.plural == "analysisruns") return text(object, {"status", "phase"});
  return "";
}

}  // namespace sluice::simulation
