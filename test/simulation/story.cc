// Manifests and acts of stories.
#include "story.h"

#include <algorithm>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/workloads/reading.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;

std::string image_of(const json::value& set) {
  const json::value* containers = kube::find_at(set, {"spec", "template", "spec", "containers"});
  return containers ? std::string(kube::text_at(containers->as_array().at(0), {"image"})) : "";
}

// The sets of the Rollout itself; Experiments make others with the same images.
std::vector<std::shared_ptr<const json::value>> sets_in(const World& world) {
  std::vector<std::shared_ptr<const json::value>> sets = world.all(resources::replica_sets);
  std::erase_if(sets, [](const auto& set) {
    return kube::find_at(*set, {"metadata", "annotations", "experiment.argoproj.io/name"}) != nullptr;
  });
  return sets;
}

}  // namespace

std::string blue_green_with(const std::string& more) {
  return "    blueGreen:\n      activeService: web-active\n      previewService: web-preview\n" + more;
}

std::string basic_canary_with(const std::string& more) { return "    canary:\n" + more; }

std::string routed_canary_with(const std::string& more) {
  return "    canary:\n      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting:\n"
         "        plugins:\n          argoproj-labs/gatewayAPI: {httpRoute: web, namespace: default}\n" +
         more;
}

std::string job_template(const std::string& name, const std::string& script) {
  return fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: {}}}\nspec:\n  metrics:\n"
      "    - name: {}\n      provider:\n        job:\n          spec:\n            backoffLimit: 0\n"
      "            template:\n              spec:\n                restartPolicy: Never\n                containers:\n"
      "                  - {{name: main, image: 'alpine:3.8', command: [sh, -c], args: ['{}']}}\n",
      name, name, script);
}

std::string prometheus_template(const std::string& name, int count, const std::string& conditions) {
  const std::string how_often = count == 0   ? "interval: 2s"
                                : count == 1 ? "count: 1"
                                             : fmt::format("interval: 2s\n      count: {}", count);
  return fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: {}}}\nspec:\n  metrics:\n"
      "    - name: {}\n      {}\n      {}\n      provider:\n        prometheus:\n"
      "          address: http://prometheus:9090\n          query: up\n",
      name, name, how_often, conditions);
}

kube::Result<kube::HttpResponse> prometheus_says(const std::string& value) {
  const std::string sample = value.empty() ? "" : R"({"metric":{},"value":[1767225600,")" + value + R"("]})";
  kube::HttpResponse answer;
  answer.status = 200;
  answer.body = R"({"status":"success","data":{"resultType":"vector","result":[)" + sample + "]}}";
  return answer;
}

Story::Story(Plan plan, sandbox::SandboxOptions options) : world(std::move(options)), plan_(std::move(plan)) {}

std::string Story::service(const std::string& name, const std::string& annotations) {
  return fmt::format(
      "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {}, annotations: {}}}\n"
      "spec: {{selector: {{app: web}}, ports: [{{port: 80, targetPort: 8080}}]}}\n",
      name, annotations);
}

std::string Story::route() {
  return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n"
         "  parentRefs: [{name: gateway}]\n  rules:\n    - backendRefs:\n"
         "        - {name: web-stable, port: 80, weight: 100}\n        - {name: web-canary, port: 80, weight: 0}\n";
}

std::string Story::yaml(const std::string& version) const {
  const auto asked = plan_.pods.find(version);
  const std::string annotations = asked == plan_.pods.end() ? std::string() : ", annotations: {" + asked->second + "}";
  return fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  replicas: {}\n{}"
      "  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}{}}}\n    spec:\n"
      "      containers:\n        - name: web\n          image: 'example/web:{}'\n          ports: [{{containerPort: "
      "8080}}]\n"
      // Without it a deleted pod is gone before the EndpointSlices tell, in the sandbox as in a cluster.
      "          lifecycle: {{preStop: {{exec: {{command: [sleep, '2']}}}}}}\n"
      "  strategy:\n{}",
      plan_.replicas, plan_.spec, annotations, version, plan_.strategy);
}

void Story::begin(const std::string& more) {
  std::string objects = more;
  if (plan_.strategy.find("blueGreen:") != std::string::npos)
    objects += service("web-active") + service("web-preview");
  else if (plan_.strategy.find("trafficRouting:") != std::string::npos)
    objects += service("web-stable") + service("web-canary") + (plan_.objects.empty() ? route() : plan_.objects);
  else
    objects += service("web", "{sluice.dev/traffic: '20'}");
  world.apply(objects + yaml(version_));
  world.start();
  BOOST_REQUIRE_MESSAGE(until("Healthy"), "the first version: " << world.phase("web") << " " << message());
}

void Story::release(const std::string& version) {
  version_ = version;
  world.apply(yaml(version));
}

void Story::change(Plan plan) {
  plan_ = std::move(plan);
  world.replace_spec(yaml(version_));
}

void Story::promote() {
  const json::value rollout = world.get(resources::rollouts, "web");
  const json::value* pauses = kube::find_at(rollout, {"status", "pauseConditions"});
  const std::int64_t next = kube::number_at(rollout, {"status", "currentStepIndex"}) + 1;
  if (!pauses || !pauses->is_array() || pauses->get_array().empty())
    return status(fmt::format(R"({{"pauseConditions":null,"currentStepIndex":{}}})", next));
  const bool is_inconclusive =
      kube::text_at(rollout, {"status", "canary", "currentStepAnalysisRunStatus", "status"}) == "Inconclusive";
  if (is_inconclusive)
    return status(fmt::format(R"({{"pauseConditions":null,"controllerPause":false,"currentStepIndex":{}}})", next));
  status(R"({"pauseConditions":null})");
}

void Story::scale(int replicas) {
  plan_.replicas = replicas;
  spec(fmt::format(R"({{"replicas":{}}})", replicas));
}

void Story::status(const std::string& patch) {
  world.patch(resources::rollouts, "web", R"({"status":)" + patch + "}", "status");
}

void Story::spec(const std::string& patch) { world.patch(resources::rollouts, "web", R"({"spec":)" + patch + "}"); }

bool Story::until_stable(const std::string& version) {
  return world.until([&] { return stable() == version && world.is("web", "Healthy"); });
}

bool Story::until_weight(int weight) {
  return world.until([&] { return this->weight() == weight; });
}

bool Story::until_size(const std::string& version, int pods) {
  return world.until([&] { return size(version) == pods; });
}

bool Story::until_step(int index) {
  return world.until([&] { return step() == index; });
}

bool Story::until_paused_at(int index) {
  return world.until([&] { return step() == index && world.is("web", "Paused"); });
}

bool Story::release_to_pause(const std::string& version, int index) {
  release(version);
  for (;;) {
    const auto is_paused = [&] { return world.is("web", "Paused") && world.stable("web") != hash_of(version); };
    if (!world.until(is_paused, std::chrono::minutes(30))) return false;
    const int at = step();
    if (at >= index) return at == index;
    promote();
    if (!world.until([&] { return step() != at; })) return false;
  }
}

std::string Story::version_of(const std::string& hash) const {
  if (hash.empty()) return "";
  for (const auto& set : sets_in(world))
    if (kube::text_at(*set, {"metadata", "labels", "rollouts-pod-template-hash"}) == hash) {
      const std::string image = image_of(*set);
      return image.substr(image.rfind(':') + 1);
    }
  return "gone";
}

std::string Story::hash_of(const std::string& version) const {
  for (const auto& set : sets_in(world))
    if (image_of(*set).ends_with("/web:" + version))
      return std::string(kube::text_at(*set, {"metadata", "labels", "rollouts-pod-template-hash"}));
  return "";
}

int Story::size(const std::string& version) const {
  for (const auto& set : sets_in(world))
    if (image_of(*set).ends_with("/web:" + version))
      return static_cast<int>(kube::number_at(*set, {"spec", "replicas"}));
  return -1;
}

std::vector<std::string> Story::pods(const std::string& version) const {
  const std::string hash = hash_of(version);
  std::vector<std::string> ready, others;
  for (const json::value& pod : world.list(resources::pods)) {
    if (kube::text_at(pod, {"metadata", "labels", "rollouts-pod-template-hash"}) != hash) continue;
    if (kube::find_at(pod, {"metadata", "deletionTimestamp"})) continue;
    (sandbox::is_ready(pod) ? ready : others).emplace_back(kube::text_at(pod, {"metadata", "name"}));
  }
  ready.insert(ready.end(), others.begin(), others.end());
  return ready;
}

int Story::ready(const std::string& version) const {
  for (const auto& set : sets_in(world))
    if (image_of(*set).ends_with("/web:" + version))
      return static_cast<int>(kube::number_at(*set, {"status", "readyReplicas"}));
  return 0;
}

int Story::share(const std::string& version) const {
  const std::string hash = hash_of(version);
  const sandbox::Gateway& gateway = world.sandbox().workloads().gateway();
  int largest = 0;
  for (std::size_t proxy = 0; proxy < gateway.proxies(); ++proxy)
    for (const auto& [route, served] : gateway.served_by(proxy))
      for (const sandbox::ServedRule& rule : served.rules) {
        if (!rule.is_plain) continue;  // who sends a certain header is no share of all
        std::int64_t sum = 0, own = 0;
        for (const sandbox::ServedBackend& backend : rule.backends) {
          sum += backend.weight;
          const bool is_own =
              backend.hash.empty() ? world.selected(backend.service.name) == hash : backend.hash == hash;
          if (is_own) own += backend.weight;
        }
        if (sum > 0) largest = std::max(largest, static_cast<int>(own * 100 / sum));
      }
  return largest;
}

int Story::status_weight() const {
  return static_cast<int>(
      kube::number_at(world.get(resources::rollouts, "web"), {"status", "canary", "weights", "canary", "weight"}, -1));
}

std::string Story::reasons() const {
  std::string text;
  for (const controller::Reason& reason : world.controllers().rollouts().reasons_of({"default", "web"}))
    text += reason.guard + ": " + reason.sentence + "\n";
  return text;
}

void Story::lose_pods(const std::string& version, int count) {
  const std::vector<std::string> names = pods(version);
  BOOST_REQUIRE(static_cast<int>(names.size()) >= count);
  for (int at = 0; at < count; ++at) world.remove(resources::pods, names[static_cast<std::size_t>(at)]);
}

void Story::break_pods(const std::string& version, int count) {
  const std::vector<std::string> names = pods(version);
  BOOST_REQUIRE(static_cast<int>(names.size()) >= count);
  for (int at = 0; at < count; ++at)
    world.patch(resources::pods, names[static_cast<std::size_t>(at)],
                R"({"metadata":{"annotations":{"sluice.test/broken":"true"}}})");
}

void Story::mend_pods(const std::string& version) {
  for (const std::string& name : pods(version))
    world.patch(resources::pods, name, R"({"metadata":{"annotations":{"sluice.test/broken":null}}})");
}

void Story::cordon_nodes(bool is_cordoned) {
  const kube::Resource nodes{"", "v1", "Node", "nodes", false};
  for (const json::value& node : world.list(nodes))
    world.patch(nodes, std::string(kube::text_at(node, {"metadata", "name"})),
                is_cordoned ? R"({"spec":{"unschedulable":true}})" : R"({"spec":{"unschedulable":null}})");
}

int Story::writes_of(const std::string& object) const {
  int count = 0;
  for (const std::string& write : world.controllers().transport().writes()) count += write.ends_with("/" + object);
  return count;
}

int Story::step() const {
  const auto rollout = world.find(resources::rollouts, "web");
  return rollout ? static_cast<int>(kube::number_at(*rollout, {"status", "currentStepIndex"}, -1)) : -1;
}

std::vector<std::string> Story::runs() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const json::value& run : world.list(resources::analysis_runs))
    all.emplace_back(std::string(kube::text_at(run, {"metadata", "creationTimestamp"})) +
                         std::string(kube::text_at(run, {"metadata", "name"})),
                     kube::text_at(run, {"status", "phase"}));
  std::sort(all.begin(), all.end());
  std::vector<std::string> phases;
  for (auto& [key, phase] : all) phases.push_back(std::move(phase));
  return phases;
}

std::vector<std::string> Story::revisions() const {
  std::vector<std::pair<int, std::string>> all;
  for (const auto& set : sets_in(world)) {
    const std::string image = image_of(*set);
    all.emplace_back(
        std::stoi(std::string(kube::text_at(*set, {"metadata", "annotations", "rollout.argoproj.io/revision"}))),
        image.substr(image.rfind(':') + 1));
  }
  std::sort(all.begin(), all.end());
  std::vector<std::string> versions;
  for (auto& [revision, version] : all) versions.push_back(std::move(version));
  return versions;
}

bool Story::has_event(const std::string& reason) const {
  const std::vector<std::string> reasons = world.events("web");
  return std::find(reasons.begin(), reasons.end(), reason) != reasons.end();
}

}  // namespace sluice::simulation
