// The normal form of a cluster at rest.
#include "end_state.h"

#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::faults {
namespace {

using namespace simulation;
namespace resources = kube::resources;

std::string text(const json::value& object, std::initializer_list<std::string_view> path) {
  return std::string(kube::text_at(object, path));
}

std::string image_of(const json::value& set) {
  const json::value* containers = kube::find_at(set, {"spec", "template", "spec", "containers"});
  return containers ? text(containers->as_array().at(0), {"image"}) : "";
}

class NormalForm {
 public:
  explicit NormalForm(const World& world) : world_(world) {
    for (const json::value& set : world.list(resources::replica_sets))
      versions_[text(set, {"metadata", "labels", "rollouts-pod-template-hash"})] = image_of(set);
  }

  std::string text_of_all() {
    for (const json::value& rollout : world_.list(resources::rollouts)) add_rollout(rollout);
    for (const json::value& set : world_.list(resources::replica_sets))
      line("set {}: wants {}, {} ready, revision {}{}", image_of(set), kube::number_at(set, {"spec", "replicas"}),
           kube::number_at(set, {"status", "readyReplicas"}),
           text(set, {"metadata", "annotations", "rollout.argoproj.io/revision"}),
           kube::find_at(set, {"metadata", "annotations", "scale-down-deadline"}) ? ", deadline" : "");
    for (const json::value& service : world_.list(resources::services))
      line("service {} selects {}", text(service, {"metadata", "name"}),
           version(text(service, {"spec", "selector", "rollouts-pod-template-hash"})));
    for (const json::value& route : world_.list(resources::http_routes))
      line("route {}: {}", text(route, {"metadata", "name"}),
           json::serialize(*kube::find_at(route, {"spec", "rules"})));
    for (const json::value& run : world_.list(resources::analysis_runs))
      line("run {} of {}: {}", text(run, {"metadata", "labels", "rollout-type"}),
           version(text(run, {"metadata", "labels", "rollouts-pod-template-hash"})), text(run, {"status", "phase"}));
    std::string all;
    for (const std::string& one : lines_) all += one + "\n";
    return all;
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    lines_.insert(fmt::format(format, std::forward<Arguments>(arguments)...));
  }
  std::string version(const std::string& hash) const {
    const auto at = versions_.find(hash);
    return at == versions_.end() ? hash : at->second;
  }

  void add_rollout(const json::value& rollout) {
    const std::string name = text(rollout, {"metadata", "name"});
    const json::value* status = kube::find_at(rollout, {"status"});
    if (!status) return line("{}: no status", name);
    std::string message = text(*status, {"message"});
    for (const auto& [hash, image] : versions_)
      for (std::size_t at = message.find(hash); !hash.empty() && at != std::string::npos; at = message.find(hash))
        message.replace(at, hash.size(), image);
    line("{}: {} {}, stable {}, current {}, step {}, abort {}, promoteFull {}, revision {}", name,
         text(*status, {"phase"}), message, version(text(*status, {"stableRS"})),
         version(text(*status, {"currentPodHash"})), kube::number_at(*status, {"currentStepIndex"}, -1),
         kube::find_at(*status, {"abort"}) != nullptr, kube::find_at(*status, {"promoteFull"}) != nullptr,
         text(rollout, {"metadata", "annotations", "rollout.argoproj.io/revision"}));
    line("{}: {} replicas, {} updated, {} available, generation is seen: {}", name,
         kube::number_at(*status, {"replicas"}), kube::number_at(*status, {"updatedReplicas"}),
         kube::number_at(*status, {"availableReplicas"}),
         text(*status, {"observedGeneration"}) == std::to_string(kube::number_at(rollout, {"metadata", "generation"})));
    line("{}: selectors {} {}, weights {} {}", name, version(text(*status, {"blueGreen", "activeSelector"})),
         version(text(*status, {"blueGreen", "previewSelector"})),
         kube::number_at(*status, {"canary", "weights", "canary", "weight"}, -1),
         kube::number_at(*status, {"canary", "weights", "stable", "weight"}, -1));
    if (const json::value* conditions = kube::find_at(*status, {"conditions"}))
      for (const json::value& condition : conditions->as_array())
        line("{}: condition {} {} {}", name, text(condition, {"type"}), text(condition, {"status"}),
             text(condition, {"reason"}));
    if (const json::value* pauses = kube::find_at(*status, {"pauseConditions"}); pauses && pauses->is_array())
      for (const json::value& pause : pauses->as_array()) line("{}: pause {}", name, text(pause, {"reason"}));
  }

  const World& world_;
  std::map<std::string, std::string> versions_;  // by hash
  std::multiset<std::string> lines_;
};

std::multiset<std::string> lines_of(const std::string& all) {
  std::multiset<std::string> lines;
  std::istringstream from(all);
  for (std::string line; std::getline(from, line);) lines.insert(line);
  return lines;
}

}  // namespace

std::string end_state(const World& world) { return NormalForm(world).text_of_all(); }

std::string difference(const std::string& expected, const std::string& found) {
  std::multiset<std::string> missing = lines_of(expected), surplus;
  for (const std::string& line : lines_of(found))
    if (const auto at = missing.find(line); at != missing.end())
      missing.erase(at);
    else
      surplus.insert(line);
  std::string all;
  for (const std::string& line : missing) all += "  expected: " + line + "\n";
  for (const std::string& line : surplus) all += "  found:    " + line + "\n";
  return all;
}

}  // namespace sluice::faults
