// Named scenarios about traffic: weights, Services and subsets move only to where there is somebody to answer.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "test/cluster/release.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::number_at;
using kube::text_at;
using std::chrono::seconds;

const std::string steps = "      steps: [{setWeight: 20}, {pause: {}}, {setWeight: 50}, {pause: {}}]\n";
const std::string header_route =
    "{setHeaderRoute: {name: beta, match: [{headerName: X-Tester, headerValue: {exact: yes-please}}]}}";

// The share that goes to the stable Service has the pods it needs.
bool stable_can_serve(const Moment& m, int replicas) {
  const std::string serving = m.selected("web-stable");
  return serving.empty() || m.weight() < 0 || m.ready(serving) * 100 >= replicas * (100 - m.weight());
}

BOOST_AUTO_TEST_SUITE(stories)

SLUICE_STORY(obs_09_a_lower_weight_takes_the_traffic_before_the_pods) {
  Plan plan = routed_canary(10, "      steps: [{setWeight: 80}, {pause: {}}, {setWeight: 20}, {pause: {}}]\n");
  plan.gateway_delay = seconds(2);
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.promote();
  co_await r.until_paused_at(3);
  co_await r.until_size("v2", 2);
  r.always(
      "v2 keeps 8 pods until the gateway has the lower weight",
      [](const Moment& m) { return m.size("v2") >= 8 || m.reported_weight() == 20; }, since);
}

SLUICE_STORY(obs_05_an_abort_waits_its_delay_from_when_the_gateway_has_it) {
  Plan plan = routed_canary(4, "      abortScaleDownDelaySeconds: 3\n      steps: [{setWeight: 50}, {pause: {}}]\n");
  plan.gateway_delay = seconds(4);
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.abort();
  co_await r.until_size("v2", 0);
  r.always(
      "no deadline and two pods until the gateway sends nothing to them",
      [](const Moment& m) { return (m.deadline("v2").empty() && m.size("v2") == 2) || m.reported_weight() == 0; },
      since);
  r.first(
      "a deadline is written", [](const Moment& m) { return !m.deadline("v2").empty() && m.size("v2") == 2; }, since);
}

SLUICE_STORY(ar_2235_the_weight_goes_back_only_to_the_stable_service_of_the_new_version) {
  Release r(scene, routed_canary(4, "      dynamicStableScale: true\n      steps: [{setWeight: 50}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  // For a while nobody can write the stable Service.
  const std::string lock = fmt::format(R"(
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: lock-{0}}}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{{apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [services]}}]
  matchConditions: [{{name: here, expression: "request.namespace == '{0}' && object.metadata.name == 'web-stable'"}}]
  validations: [{{expression: "false", message: the Service is locked}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: lock-{0}}}
spec: {{policyName: lock-{0}, validationActions: [Deny]}}
)",
                                       scene.ns);
  co_await scene.admin.apply_text(lock, scene.ns);
  for (bool is_locked = false; !is_locked;) {
    kube::Patch probe;
    probe.body = R"({"metadata":{"annotations":{"probe":"1"}}})";
    probe.dry_run = true;
    const auto answer =
        co_await scene.admin.client().patch(kube::resources::services, key_in(scene, "web-stable"), std::move(probe));
    is_locked = !answer;
    co_await r.pass(std::chrono::milliseconds(100));
  }
  const std::int64_t since = r.mark();
  co_await r.promote();
  co_await r.until("all traffic and enough pods for v2",
                   [](const Moment& m) { return m.weight() == 100 && m.ready("v2") == 4; });
  co_await r.pass(seconds(4));
  expect(r.now().weight() == 100, "the weight left the canary Service: " + r.now().summary());
  for (const char* kind : {"ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"}) {
    const kube::Resource resource = co_await scene.admin.resource_of("admissionregistration.k8s.io/v1", kind);
    kube::ObjectKey key{"", "lock-" + scene.ns};
    co_await scene.admin.remove(resource, std::move(key));
  }
  co_await r.until_promoted("v2");
  co_await r.until_size("v1", 0);
  r.always("the stable Service can serve its share", [](const Moment& m) { return stable_can_serve(m, 4); }, since);
  expect(r.now().weight() == 0 && r.now().selected("web-stable") == "v2", r.now().summary());
}

SLUICE_STORY(ar_3372_a_second_canary_waits_for_the_shrunken_stable) {
  Release r(scene, routed_canary(4,
                                 "      dynamicStableScale: true\n      abortScaleDownDelaySeconds: 300\n"
                                 "      steps: [{setWeight: 75}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  co_await r.until_size("v1", 1);
  const std::int64_t since = r.mark();
  co_await r.release("v3");
  co_await r.until("the pause of v3", [](const Moment& m) { return m.current() == "v3" && m.is_paused_at(1); });
  r.always("the stable Service can serve its share", [](const Moment& m) { return stable_can_serve(m, 4); }, since);
  r.always(
      "v2 keeps the pods that its share needs",
      [](const Moment& m) {
        return m.selected("web-canary") != "v2" || m.weight() <= 0 || m.ready("v2") * 25 >= m.weight();
      },
      since);
  r.always(
      "the canary Service leads to ready pods when it gets traffic",
      [](const Moment& m) { return m.weight() <= 0 || m.ready(m.selected("web-canary")) > 0; }, since);
  r.first("v3 begins at step 0", [](const Moment& m) { return m.current() == "v3" && m.step() == 0; }, since);
}

SLUICE_STORY(gw_164_two_rollouts_share_one_route) {
  Plan plan = routed_canary(4, steps);
  plan.objects = service("web-stable") + service("web-canary") + R"(
---
apiVersion: v1
kind: Service
metadata: {name: track-stable}
spec: {selector: {app: track}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: track-canary}
spec: {selector: {app: track}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: gateway}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /track}}]
      backendRefs: [{name: track-stable, port: 80, weight: 100}, {name: track-canary, port: 80, weight: 0}]
    - backendRefs: [{name: web-stable, port: 80, weight: 100}, {name: web-canary, port: 80, weight: 0}]
)";
  const auto track = [&scene](const std::string& version) {
    return fmt::format(R"(
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: track}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: track}}}}
  template:
    metadata: {{labels: {{app: track}}}}
    spec: {{containers: [{{name: track, image: 'example/track:{}'}}]}}
  strategy:
    canary:
      canaryService: track-canary
      stableService: track-stable
      trafficRouting: {{plugins: {{argoproj-labs/gatewayAPI: {{httpRoute: web, namespace: '{}'}}}}}}
      steps: [{{setWeight: 50}}, {{pause: {{}}}}]
)",
                       version, scene.ns);
  };
  const auto track_weight = [](const Moment& m) -> std::int64_t {
    const json::value* rules = find_at(m.object("HTTPRoute", "web"), {"spec", "rules"});
    for (const json::value& rule : rules ? rules->as_array() : json::array())
      for (const json::value& backend : find_at(rule, {"backendRefs"})->as_array())
        if (text_at(backend, {"name"}) == "track-canary") return number_at(backend, {"weight"});
    return -1;
  };
  Release r(scene, std::move(plan));
  co_await r.begin();
  std::string first = track("t1");
  co_await scene.admin.apply_text(std::move(first), scene.ns);
  co_await until(scene, "track", phase_is("Healthy"));
  std::string second = track("t2");
  co_await scene.admin.apply_text(std::move(second), scene.ns);
  co_await r.release("v2");
  co_await until(scene, "track", paused_at(1));
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.promote_full();
  co_await r.until_promoted("v2");
  co_await r.until("the route has come back", [](const Moment& m) { return m.weight() == 0; });
  r.always("the other Rollout keeps its half", [&](const Moment& m) { return track_weight(m) == 50; }, since);
  expect(r.now().says("HTTPRoute", "web", "gatewayapi-canary"), "the route is no longer marked as in progress");
}

SLUICE_STORY(ar_4564_an_interrupted_canary_loses_its_weight_before_its_label) {
  Release r(scene, mesh_canary(4, "      steps: [{setWeight: 25}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  r.plan.pod_metadata = "      annotations: {sluice.test/ready-after: '4'}\n";
  co_await r.release("v3");
  co_await r.until("the pause of v3", [](const Moment& m) { return m.current() == "v3" && m.is_paused_at(1); });
  r.always(
      "the canary's subset leads to ready pods when it has weight",
      [](const Moment& m) { return m.weight() <= 0 || m.ready(m.subset("canary")) > 0; }, since);
  const auto places =
      r.course([](const Moment& m) { return fmt::format("{} {}", m.subset("canary"), m.weight()); }, since);
  const std::vector<std::string> expected{"v2 25", "v2 0", "v3 0", "v3 25"};
  expect(places == expected, fmt::format("the canary's subset and weight were {}", fmt::join(places, ", ")));
}

SLUICE_STORY(ar_4534_a_superseded_canary_stays_while_traffic_is_sent_to_it) {
  Release r(scene, mesh_canary(5, "      scaleDownDelaySeconds: 3\n      steps: [{setWeight: 80}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const std::int64_t since = r.mark();
  co_await r.release("v3");
  co_await r.until("the pause of v3", [](const Moment& m) { return m.current() == "v3" && m.is_paused_at(1); });
  co_await r.until_size("v2", 0);
  r.always(
      "v2 keeps 4 pods while its subset has weight",
      [](const Moment& m) { return m.subset("canary") != "v2" || m.weight() == 0 || m.size("v2") == 4; }, since);
  r.always("the stable version stays whole", [](const Moment& m) { return m.ready("v1") == 5; }, since);
}

SLUICE_STORY(obs_t04_a_header_route_goes_with_the_abort_and_stays_away) {
  Release r(scene,
            mesh_canary(5, "      abortScaleDownDelaySeconds: 3\n      steps: [{setCanaryScale: {replicas: 1}}, " +
                               header_route + ", {setWeight: 20}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(3);
  const auto has_header = [](const Moment& m) { return m.says("VirtualService", "web", "X-Tester"); };
  expect(has_header(r.now()), "there is no header route");
  const std::int64_t since = r.mark();
  co_await r.abort();
  co_await r.until_size("v2", 0);
  co_await r.until_quiet();
  r.always(
      "no header route leads to a shrunken canary",
      [&](const Moment& m) { return m.size("v2") == 1 || !has_header(m); }, since);
  const auto course = r.course([&](const Moment& m) { return std::string(has_header(m) ? "there" : "gone"); }, since);
  const std::vector<std::string> expected{"there", "gone"};
  expect(course == expected, fmt::format("the header route was {}", fmt::join(course, ", ")));
}

SLUICE_STORY(obs_t22_subsets_and_routes_of_others_stay_as_they_are) {
  Plan plan = mesh_canary(4, "      steps: [{setWeight: 25}, {pause: {}}]\n");
  const std::string name = "virtualService: {name: web}";
  plan.strategy.replace(plan.strategy.find(name), name.size(), "virtualService: {name: web, routes: [main]}");
  plan.objects = service("web") + R"(
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http:
  - {name: theirs, match: [{uri: {prefix: /theirs}}], route: [{destination: {host: stranger}, weight: 100}]}
  - name: main
    timeout: 5s
    route:
    - {destination: {host: web, subset: stable}, weight: 100}
    - {destination: {host: web, subset: canary}, weight: 0}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web}
spec:
  host: web
  trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}
  subsets:
  - {name: theirs, labels: {app: other}}
  - {name: stable, labels: {app: web}}
  - {name: canary, labels: {app: web}}
)";
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  expect(r.now().weight() == 25, r.now().summary());
  co_await r.promote();
  co_await r.until_promoted("v2");
  r.always("what belongs to others is there", [](const Moment& m) {
    if (m.object("VirtualService", "web").is_null() || m.object("DestinationRule", "web").is_null()) return true;
    return m.says("VirtualService", "web", R"({"host":"stranger"},"weight":100)") &&
           m.says("VirtualService", "web", R"("timeout":"5s")") &&
           m.says("DestinationRule", "web", R"({"app":"other"})") &&
           m.says("DestinationRule", "web", R"("maxConnections":7)");
  });
}

SLUICE_STORY(gw_203_rules_and_backends_of_others_survive) {
  Plan plan = routed_canary(4, "      abortScaleDownDelaySeconds: 1\n" + steps);
  plan.objects = service("web-stable") + service("web-canary") + R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: gateway}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /api}}]
      timeouts: {request: 7s}
      backendRefs: [{name: web-stable, port: 80, weight: 100}, {name: web-canary, port: 80, weight: 0}]
    - matches: [{path: {type: PathPrefix, value: /others}}]
      backendRefs: [{name: others, port: 81, weight: 3}]
    - filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x-by, value: shop}]}}]
      backendRefs: [{name: web-stable, port: 80, weight: 100}, {name: web-canary, port: 80, weight: 0}]
)";
  Release r(scene, std::move(plan));
  co_await r.begin();
  // Everything but the weights of the two Services.
  const auto frame = [](const Moment& m) {
    json::value spec = m.object("HTTPRoute", "web");
    if (spec.is_null()) return std::string();
    spec = spec.at("spec");
    for (json::value& rule : spec.at("rules").as_array())
      for (json::value& backend : rule.at("backendRefs").as_array())
        if (text_at(backend, {"name"}).starts_with("web-")) backend.as_object().erase("weight");
    return json::serialize(spec);
  };
  co_await r.release("v2");
  co_await r.until_paused_at(1);
  const json::value halfway = r.now().object("HTTPRoute", "web");
  const auto& rules = halfway.at("spec").at("rules").as_array();
  for (const std::size_t rule : {0, 2})
    expect(number_at(rules.at(rule).at("backendRefs").as_array().at(1), {"weight"}) == 20,
           fmt::format("rule {} does not give 20 %", rule));
  co_await r.promote_full();
  co_await r.until_promoted("v2");
  co_await r.release("v3");
  co_await r.until_paused_at(1);
  co_await r.abort();
  co_await r.until_size("v3", 0);
  const auto frames = r.course(frame);
  expect(frames.size() <= 2 && (frames.size() == 1 || frames.front().empty()),
         fmt::format("the route of others changed: {}", fmt::join(frames, "\n")));
}

SLUICE_STORY(gw_151_quick_releases_leave_no_orphaned_header_rule) {
  Release r(scene, routed_canary(4, "      steps: [{setCanaryScale: {replicas: 1}}, " + header_route +
                                        ", {pause: {}}, {setWeight: 50}, {pause: {duration: 1s}}]\n"));
  co_await r.begin();
  const auto rules = [](const Moment& m) -> std::size_t {
    const json::value* all = find_at(m.object("HTTPRoute", "web"), {"spec", "rules"});
    return all ? all->as_array().size() : 0;
  };
  for (const char* version : {"v2", "v3", "v4"}) {
    co_await r.release(version);
    const std::string name = version;
    Holds at_header = [&rules, name](const Moment& m) {
      return m.current() == name && m.is_paused_at(2) && rules(m) == 2;
    };
    co_await r.until("the header rule of " + name, std::move(at_header));
  }
  co_await r.promote();
  co_await r.until_promoted("v4");
  co_await r.until("one rule is left", [&](const Moment& m) { return rules(m) == 1; });
  r.always("there is one header rule at most", [&](const Moment& m) { return rules(m) <= 2; });
}

SLUICE_STORY(ctl_allpods_a_canary_without_pods_gets_no_traffic_until_it_has_some) {
  Release r(scene, routed_canary(5, "      steps: [{setCanaryScale: {replicas: 1}}, " + header_route +
                                        ", {setWeight: 20}, {pause: {}}]\n"));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until_paused_at(3);
  const auto has_header = [](const Moment& m) { return m.says("HTTPRoute", "web", "X-Tester"); };
  expect(r.now().weight() == 20 && has_header(r.now()), r.now().summary());
  const std::int64_t since = r.mark();
  co_await r.set_ready("v2", 1, false);
  co_await r.until("nothing leads to the canary", [&](const Moment& m) { return m.weight() == 0 && !has_header(m); });
  co_await r.set_ready("v2", 1, true);
  co_await r.until("weight and header route are back",
                   [&](const Moment& m) { return m.weight() == 20 && has_header(m); });
  r.always("the step stays", [](const Moment& m) { return m.step() == 3; }, since);
}

SLUICE_STORY(obs_25_a_missing_route_is_named_and_used_as_soon_as_it_is_there) {
  Plan plan = routed_canary(2, "      steps: [{setWeight: 50}, {pause: {}}]\n");
  const std::string route = plan.objects.substr(plan.objects.find("---\napiVersion: gateway"));
  plan.objects = service("web-stable") + service("web-canary");
  Release r(scene, std::move(plan));
  co_await r.begin();
  co_await r.release("v2");
  co_await r.until("the missing route is named", [](const Moment& m) {
    return m.says("Rollout", "web", "HTTPRoute") && m.says("Rollout", "web", "not found");
  });
  expect(r.now().stable() == "v1", r.now().summary());
  co_await scene.admin.apply_text(route, scene.ns);
  co_await r.until_paused_at(1);
  expect(r.now().weight() == 50, r.now().summary());
}

SLUICE_STORY(obs_t23_nothing_is_written_while_nothing_changes) {
  Plan plan = routed_canary(2, "      steps: [" + header_route + ", {setWeight: 50}, {pause: {}}]\n");
  plan.strategy.replace(plan.strategy.find("        plugins:"), 0,
                        "        istio:\n          virtualService: {name: web}\n"
                        "          destinationRule: {name: web, canarySubsetName: canary, stableSubsetName: stable}\n");
  Plan mesh = mesh_canary(2, "");
  plan.objects += mesh.objects.substr(mesh.objects.find("---\napiVersion: networking.istio.io"));
  Release r(scene, std::move(plan));
  co_await r.begin();
  for (const char* version : {"", "v2"}) {
    if (*version) {
      co_await r.release(version);
      co_await r.until_paused_at(2);
    }
    co_await r.until_quiet(seconds(6));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
