// Manifests and acts of scenarios, and looking back on what came of them.
#include "test/cluster/release.h"

#include <algorithm>

#include <boost/algorithm/string/replace.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::cluster_test {
namespace {

namespace resources = kube::resources;
using Words = std::vector<std::string>;

const std::string route =
    "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n"
    "  parentRefs: [{name: gateway}]\n  rules:\n    - backendRefs:\n"
    "        - {name: web-stable, port: 80, weight: 100}\n        - {name: web-canary, port: 80, weight: 0}\n";

const std::string mesh =
    "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  hosts: [web]\n"
    "  http:\n  - name: main\n    route:\n    - {destination: {host: web, subset: stable}, weight: 100}\n"
    "    - {destination: {host: web, subset: canary}, weight: 0}\n"
    "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web}\nspec:\n  host: web\n"
    "  subsets:\n  - {name: stable, labels: {app: web}}\n  - {name: canary, labels: {app: web}}\n";

constexpr auto look_again = std::chrono::milliseconds(25);
constexpr const char* by_this_test = "SetByTest";

// Of the condition Ready.
bool has_ready(const json::value& pod, const char* field, const char* value) {
  const json::value* conditions = kube::find_at(pod, {"status", "conditions"});
  for (const json::value& condition : conditions ? conditions->as_array() : json::array())
    if (kube::text_at(condition, {"type"}) == "Ready") return kube::text_at(condition, {field}) == value;
  return false;
}

}  // namespace

std::string service(const std::string& name, const std::string& more) {
  return fmt::format(
      "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {}}}\n"
      "spec: {{selector: {{app: web{}}}, ports: [{{port: 80, targetPort: 8080}}]}}\n",
      name, more);
}

std::string job_template(const std::string& name, const std::string& script) {
  return fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: AnalysisTemplate\nmetadata: {{name: {0}}}\nspec:\n  metrics:\n"
      "    - name: {0}\n      provider:\n        job:\n          spec:\n            backoffLimit: 0\n"
      "            template:\n              spec:\n                restartPolicy: Never\n                containers:\n"
      "                  - {{name: main, image: 'alpine:3.8', command: [sh, -c], args: ['{1}']}}\n",
      name, script);
}

Plan basic_canary(int replicas, const std::string& more) {
  Plan plan;
  plan.replicas = replicas;
  plan.strategy = "    canary:\n" + more;
  return plan;
}

Plan routed_canary(int replicas, const std::string& more) {
  Plan plan = basic_canary(replicas,
                           "      canaryService: web-canary\n      stableService: web-stable\n      trafficRouting:\n"
                           "        managedRoutes: [{name: beta}]\n        plugins:\n"
                           "          argoproj-labs/gatewayAPI: {httpRoute: web, namespace: '{ns}'}\n" +
                               more);
  plan.objects = service("web-stable") + service("web-canary") + route;
  plan.has_gateway = true;
  return plan;
}

Plan mesh_canary(int replicas, const std::string& more) {
  Plan plan =
      basic_canary(replicas,
                   "      trafficRouting:\n        managedRoutes: [{name: beta}]\n        istio:\n"
                   "          virtualService: {name: web}\n"
                   "          destinationRule: {name: web, canarySubsetName: canary, stableSubsetName: stable}\n" +
                       more);
  plan.objects = service("web") + mesh;
  return plan;
}

Plan blue_green(int replicas, const std::string& more) {
  Plan plan;
  plan.replicas = replicas;
  plan.strategy = "    blueGreen:\n      activeService: web-active\n      previewService: web-preview\n" + more;
  plan.objects = service("web-active") + service("web-preview");
  return plan;
}

Release::Release(Scene in, Plan of) : plan(std::move(of)), scene(std::move(in)), chronicle_(Chronicle::of(scene.w)) {
  if (plan.has_gateway) gateway_ = std::make_unique<TestGateway>(scene, plan.gateway_delay);
}

std::string Release::yaml() const {
  std::string text = fmt::format(
      "---\napiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {{name: web}}\nspec:\n  replicas: {}\n{}"
      "  selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata:\n      labels: {{app: web}}\n{}    spec:\n"
      "      containers:\n        - name: web\n          image: 'example/web:{}'\n"
      "          ports: [{{containerPort: 8080}}]\n{}  strategy:\n{}",
      plan.replicas, plan.spec, plan.pod_metadata, version_, plan.pods, plan.strategy);
  boost::replace_all(text, "{ns}", scene.ns);
  return text;
}

net::awaitable<void> Release::begin() {
  std::string objects = plan.objects;
  boost::replace_all(objects, "{ns}", scene.ns);
  co_await scene.admin.apply_text(std::move(objects), scene.ns);
  co_await apply();
  co_await until_phase("Healthy");
}

net::awaitable<void> Release::release(std::string version) {
  version_ = std::move(version);
  co_await apply();
}

net::awaitable<void> Release::apply() {
  std::string text = yaml();
  co_await scene.admin.apply_text(std::move(text), scene.ns);
}

net::awaitable<void> Release::promote() {
  Words words{"promote", "web"};
  co_await plugin(scene, std::move(words));
}

net::awaitable<void> Release::promote_full() {
  Words words{"promote", "web", "--full"};
  co_await plugin(scene, std::move(words));
}

net::awaitable<void> Release::abort() {
  Words words{"abort", "web"};
  co_await plugin(scene, std::move(words));
}

net::awaitable<void> Release::retry() {
  Words words{"retry", "rollout", "web"};
  co_await plugin(scene, std::move(words));
}

net::awaitable<void> Release::undo() {
  Words words{"undo", "web"};
  co_await plugin(scene, std::move(words));
}

net::awaitable<void> Release::scale(int replicas) {
  plan.replicas = replicas;
  co_await spec(fmt::format(R"({{"replicas":{}}})", replicas));
}

net::awaitable<void> Release::spec(std::string patch) {
  kube::Patch request;
  request.body = R"({"spec":)" + patch + "}";
  needed(co_await scene.admin.client().patch(resources::rollouts, key_in(scene, "web"), std::move(request)));
}

net::awaitable<void> Release::status(std::string patch) {
  kube::Patch request;
  request.subresource = "status";
  request.body = R"({"status":)" + patch + "}";
  needed(co_await scene.admin.client().patch(resources::rollouts, key_in(scene, "web"), std::move(request)));
}

net::awaitable<void> Release::set_ready(std::string version, int count, bool is_ready) {
  const std::string selector = "rollouts-pod-template-hash=" + now().hash(version);
  std::vector<json::value> pods = co_await scene.admin.list(resources::pods, scene.ns, selector);
  int done = 0;
  for (const json::value& pod : pods) {
    if (kube::find_at(pod, {"metadata", "deletionTimestamp"}) || done == count) continue;
    // Those that are ready, or those that were made unready; never those that have not started yet.
    const bool is_meant = has_ready(pod, is_ready ? "reason" : "status", is_ready ? by_this_test : "True");
    if (!is_meant) continue;
    ++done;
    kube::Patch request;
    request.type = kube::PatchType::strategic;
    request.subresource = "status";
    request.body =
        fmt::format(R"({{"status":{{"conditions":[{{"type":"Ready","status":"{}","reason":"{}",)"
                    R"("lastTransitionTime":"{}"}}]}}}})",
                    is_ready ? "True" : "False", is_ready ? "" : by_this_test, kube::format_time(scene.w.clock.now()));
    kube::ObjectKey key = key_in(scene, std::string(kube::text_at(pod, {"metadata", "name"})));
    needed(co_await scene.admin.client().patch(resources::pods, std::move(key), std::move(request)));
  }
  expect(done == count, fmt::format("there are {} pods of {}, not {}", done, version, count));
}

const Moment& Release::now() {
  const std::vector<Page>& pages = chronicle_->pages(scene.ns);
  for (; read_ < pages.size(); ++read_) now_.take(pages[read_]);
  return now_;
}

std::int64_t Release::mark() {
  std::int64_t newest = 0;
  for (const Page& page : chronicle_->pages(scene.ns)) newest = std::max(newest, page.version);
  return newest;
}

net::awaitable<void> Release::until(std::string text, Holds holds, kube::Duration limit) {
  const kube::Time end = scene.w.clock.now() + limit;
  while (!holds(now())) {
    if (scene.w.clock.now() >= end)
      throw Unmet(
          fmt::format("waited {} for \"{}\"; there is: {}", kube::format_duration(limit), text, now().summary()));
    co_await scene.w.clock.sleep_for(look_again);
  }
}

net::awaitable<void> Release::until_phase(std::string phase) {
  Holds holds = [phase](const Moment& m) { return m.is(phase); };
  co_await until(std::move(phase), std::move(holds));
}

net::awaitable<void> Release::until_paused_at(int step) {
  co_await until(fmt::format("paused at step {}", step), [step](const Moment& m) { return m.is_paused_at(step); });
}

net::awaitable<void> Release::until_promoted(std::string version) {
  Holds holds = [version](const Moment& m) { return m.is("Healthy") && m.stable() == version; };
  co_await until(version + " is stable and Healthy", std::move(holds));
}

net::awaitable<void> Release::until_size(std::string version, int pods) {
  Holds holds = [version, pods](const Moment& m) { return m.size(version) == pods && m.ready(version) == pods; };
  co_await until(fmt::format("{} has {} pods", version, pods), std::move(holds));
}

net::awaitable<void> Release::until_quiet(kube::Duration time) {
  const kube::Time end = scene.w.clock.now() + std::chrono::minutes(4);
  std::size_t seen = chronicle_->pages(scene.ns).size();
  for (kube::Time since = scene.w.clock.now(); scene.w.clock.now() < since + time;) {
    co_await scene.w.clock.sleep_for(look_again);
    if (chronicle_->pages(scene.ns).size() == seen) continue;
    seen = chronicle_->pages(scene.ns).size();
    since = scene.w.clock.now();
    if (since >= end) throw Unmet("it does not come to rest: " + now().summary());
  }
}

std::vector<const Page*> Release::history() {
  std::vector<const Page*> sorted;
  for (const Page& page : chronicle_->pages(scene.ns)) sorted.push_back(&page);
  std::sort(sorted.begin(), sorted.end(), [](const Page* a, const Page* b) { return a->version < b->version; });
  return sorted;
}

void Release::always(const std::string& text, const Holds& holds, std::int64_t since) {
  Moment moment;
  for (const Page* page : history()) {
    moment.take(*page);
    if (page->version > since && !holds(moment))
      throw Unmet(fmt::format("\"{}\" does not hold after a write of {} {}: {}", text, page->kind, page->name,
                              moment.summary()));
  }
}

std::int64_t Release::first(const std::string& text, const Holds& holds, std::int64_t since) {
  Moment moment;
  for (const Page* page : history()) {
    moment.take(*page);
    if (page->version > since && holds(moment)) return page->version;
  }
  throw Unmet(fmt::format("never: \"{}\"; there is: {}", text, moment.summary()));
}

int Release::writes(const std::string& kind, const std::string& name, std::int64_t since) {
  int count = 0;
  for (const Page& page : chronicle_->pages(scene.ns))
    count += page.version > since && page.kind == kind && (name.empty() || page.name == name);
  return count;
}

std::vector<std::string> Release::course(const std::function<std::string(const Moment&)>& reading, std::int64_t since) {
  std::vector<std::string> values;
  Moment moment;
  for (const Page* page : history()) {
    moment.take(*page);
    if (page->version <= since) continue;
    std::string value = reading(moment);
    if (values.empty() || values.back() != value) values.push_back(std::move(value));
  }
  return values;
}

}  // namespace sluice::cluster_test
