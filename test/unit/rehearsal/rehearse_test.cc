// Rehearsals of whole updates from manifests.
#include "rehearsal/rehearse.h"

#include <boost/test/unit_test.hpp>

#include "kube/yaml.h"

namespace sluice::rehearsal {
namespace {

constexpr const char* surroundings = R"(
apiVersion: v1
kind: Service
metadata: {name: web-stable}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web-canary}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec:
  parentRefs: [{name: gateway}]
  rules: [{backendRefs: [{name: web-stable, port: 80, weight: 100}, {name: web-canary, port: 80, weight: 0}]}]
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: success}
spec:
  metrics:
    - {name: success, interval: 10s, count: 4, failureLimit: 1, provider: {prometheus: {address: "http://p", query: up}}}
---
)";

std::string rollout(const std::string& strategy) {
  return R"(apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "example/web:v1"}]}
  strategy: )" +
         strategy;
}

const std::string routed =
    "{canary: {canaryService: web-canary, stableService: web-stable, trafficRouting: {plugins: "
    "{argoproj-labs/gatewayAPI: {httpRoute: web, namespace: shop}}}, steps: ";

Rehearsal rehearsed(const std::string& yaml, RehearsalOptions options = {}) {
  kube::Result<Rehearsal> rehearsal = rehearse(kube::parse_yaml_documents(yaml).value(), options);
  BOOST_REQUIRE_MESSAGE(rehearsal.has_value(), rehearsal.error().message);
  return *rehearsal;
}

const Course& course(const Rehearsal& rehearsal, std::string_view words) {
  for (const Course& each : rehearsal.courses)
    if (each.title.find(words) != std::string::npos) return each;
  BOOST_FAIL("there is no course \"" << words << "\" in\n" << text_of(rehearsal));
  return rehearsal.courses.front();
}

bool tells(const Course& course, std::string_view words) {
  for (const Moment& moment : course.moments)
    if (moment.what.find(words) != std::string::npos) return true;
  return false;
}

BOOST_AUTO_TEST_SUITE(rehearse_)

BOOST_AUTO_TEST_CASE(a_gated_canary_in_all_its_courses) {
  const Rehearsal rehearsal = rehearsed(
      surroundings +
      rollout(routed + "[{setWeight: 20}, {analysis: {templates: [{templateName: success}]}}, {setWeight: 60}]}}"));
  BOOST_TEST(rehearsal.is_as_hoped(), text_of(rehearsal));
  BOOST_TEST(rehearsal.courses.size() == 4U);

  const Course& well = course(rehearsal, "all is well");
  BOOST_TEST(well.outcome.starts_with("the new version is promoted after 3"), well.outcome);  // three gaps of 10 s
  BOOST_TEST(tells(well, "analysis (Step) ends: Successful"));
  BOOST_TEST(well.requests_sent > 0U);
  BOOST_TEST(well.requests_lost == 0U);

  const Course& failing = course(rehearsal, "first analysis fails");
  BOOST_TEST(failing.outcome.starts_with("aborted, and the old version serves everything again after 1"),
             failing.outcome);
  BOOST_TEST(tells(failing, "20 % of the requests go to the canary"));
  BOOST_TEST(!tells(failing, "60 %"));

  const Course& dead = course(rehearsal, "no pod of the new version");
  BOOST_TEST(!tells(dead, "% of the requests go to the canary"), text_of(rehearsal));
  BOOST_TEST(dead.outcome.find("timed out progressing") != std::string::npos, dead.outcome);

  BOOST_TEST(tells(course(rehearsal, "autoscaler"), "the autoscaler sets spec.replicas from 4 to 8"));
}

BOOST_AUTO_TEST_CASE(the_same_manifests_give_the_same_text) {
  const std::string yaml = surroundings + rollout(routed + "[{setWeight: 20}, {pause: {duration: 1m}}]}}");
  BOOST_TEST(text_of(rehearsed(yaml)) == text_of(rehearsed(yaml)));
}

BOOST_AUTO_TEST_CASE(a_person_promotes_when_the_time_has_come) {
  RehearsalOptions options;
  options.promote_after = std::chrono::minutes(10);
  const Rehearsal rehearsal = rehearsed(surroundings + rollout(routed + "[{setWeight: 20}, {pause: {}}]}}"), options);
  const Course& well = course(rehearsal, "all is well");
  BOOST_TEST(well.outcome.starts_with("the new version is promoted after 10m"), well.outcome);
  BOOST_TEST(tells(well, "a person promotes"));
  BOOST_TEST(rehearsal.courses.size() == 3U, "nothing measures, so that no analysis can fail");
}

// While an experiment runs, the Rollout itself has nothing to wake for: a long one must not look like the end.
BOOST_AUTO_TEST_CASE(an_experiment_runs_for_its_time) {
  for (const auto& [duration, outcome] : {std::pair("30s", "the new version is promoted after 3"),
                                          std::pair("20m", "the new version is promoted after 20m")}) {
    const Rehearsal rehearsal = rehearsed(
        surroundings + rollout(routed + "[{setWeight: 20}, {experiment: {duration: " + duration +
                               ", templates: [{name: old, specRef: stable}, {name: new, specRef: canary}]}}]}}"));
    BOOST_TEST(rehearsal.is_as_hoped(), text_of(rehearsal));
    const Course& well = course(rehearsal, "all is well");
    BOOST_TEST(well.outcome.starts_with(outcome), well.outcome);
    BOOST_TEST(well.requests_lost == 0U);
  }
}

// The templates get requests of their own beside the canary's.
BOOST_AUTO_TEST_CASE(an_experiment_with_weights_is_routed_by_a_load_balancer) {
  const std::string weighted =
      "steps: [{setWeight: 20}, {experiment: {duration: 1m, scaleDownDelaySeconds: 0, templates: [{name: old, specRef: "
      "stable, weight: 5}, {name: new, specRef: canary, weight: 10}]}}, {setWeight: 50}]}}";
  const std::string services = "{canary: {canaryService: web-canary, stableService: web-stable, trafficRouting: ";
  const std::pair<const char*, std::string> routers[] = {
      {R"(
apiVersion: v1
kind: Service
metadata: {name: web-root}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ingressClassName: alb
  rules:
    - http:
        paths:
          - {path: /*, pathType: ImplementationSpecific, backend: {service: {name: web-root, port: {name: use-annotation}}}}
---
)",
       "{alb: {ingress: web, servicePort: 80, rootService: web-root}}, "}};
  for (const auto& [route, router] : routers) {
    std::string web = rollout(services + router + weighted);
    web.insert(web.find("example/web:v1\"") + 15, ", ports: [{containerPort: 8080}]");
    const Rehearsal rehearsal = rehearsed(surroundings + (route + web));
    BOOST_TEST(rehearsal.is_as_hoped(), text_of(rehearsal));
    const Course& well = course(rehearsal, "all is well");
    BOOST_TEST(well.outcome.starts_with("the new version is promoted after 2m"), well.outcome);
    BOOST_TEST(well.requests_sent > 0U);
    BOOST_TEST(well.requests_lost == 0U);
    BOOST_TEST(tells(well, "20 % of the requests go to the canary"), text_of(rehearsal));
  }
}

BOOST_AUTO_TEST_CASE(an_experiment_that_fails_leads_back) {
  const Rehearsal rehearsal =
      rehearsed(surroundings +
                rollout(routed + "[{setWeight: 20}, {experiment: {templates: [{name: new, specRef: canary}], "
                                 "analyses: [{name: a, templateName: success, requiredForCompletion: true}]}}]}}"));
  BOOST_TEST(rehearsal.is_as_hoped(), text_of(rehearsal));
  BOOST_TEST(course(rehearsal, "all is well").outcome.starts_with("the new version is promoted after 3"),
             text_of(rehearsal));
  BOOST_TEST(course(rehearsal, "first analysis fails").outcome.starts_with("aborted"), text_of(rehearsal));
}

BOOST_AUTO_TEST_CASE(a_job_takes_as_long_as_it_sleeps) {
  const std::string job =
      R"(
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: test}
spec:
  metrics:
    - name: test
      provider:
        job: {spec: {template: {spec: {containers: [{name: main, image: alpine, command: [sh, -c], args: ["COMMAND"]}]}}}}
---
)";
  const std::string strategy = routed + "[{setWeight: 20}, {analysis: {templates: [{templateName: test}]}}]}}";
  const auto with_command = [&](const std::string& command) {
    std::string text = job;
    text.replace(text.find("COMMAND"), 7, command);
    return surroundings + text + rollout(strategy);
  };
  RehearsalOptions options;
  options.job_takes = std::chrono::minutes(20);
  const Rehearsal sleeping = rehearsed(with_command("sleep 600; exit 0"), options);
  BOOST_TEST(course(sleeping, "all is well").outcome.starts_with("the new version is promoted after 10m"),
             text_of(sleeping));
  const Rehearsal silent = rehearsed(with_command("make test"), options);
  BOOST_TEST(course(silent, "all is well").outcome.starts_with("the new version is promoted after 20m"),
             text_of(silent));
}

BOOST_AUTO_TEST_CASE(a_mesh_is_known_without_its_definitions) {
  const std::string mesh = R"(
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web}
spec:
  hosts: [web]
  http: [{name: main, route: [{destination: {host: web-stable}, weight: 100}, {destination: {host: web-canary}, weight: 0}]}]
---
)";
  const Rehearsal rehearsal = rehearsed(
      surroundings + mesh +
      rollout(
          "{canary: {canaryService: web-canary, stableService: web-stable, trafficRouting: {istio: {virtualService: "
          "{name: web, routes: [main]}}}, steps: [{setWeight: 20}, {pause: {duration: 1m}}]}}"));
  const Course& well = course(rehearsal, "all is well");
  BOOST_TEST(well.is_as_hoped, text_of(rehearsal));
  BOOST_TEST(tells(well, "20 % of the requests go to the canary"));
  BOOST_TEST(well.requests_sent > 0U);
  BOOST_TEST(well.requests_lost == 0U);
}

BOOST_AUTO_TEST_CASE(a_course_that_waits_for_a_month_is_cut_and_says_so) {
  RehearsalOptions options;
  options.promote_after = std::chrono::hours(24 * 40);
  const Rehearsal rehearsal = rehearsed(surroundings + rollout(routed + "[{setWeight: 20}, {pause: {}}]}}"), options);
  BOOST_TEST(course(rehearsal, "all is well").cut == "after 30 days it had not come to rest");
  BOOST_TEST(text_of(rehearsal).find("the rehearsal was cut here: after 30 days") != std::string::npos);
  BOOST_TEST(!rehearsal.is_as_hoped());
}

BOOST_AUTO_TEST_CASE(an_autoscaler_that_would_grow_without_end_is_named) {
  const std::string autoscaler = R"(
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web}, minReplicas: 4, maxReplicas: 40}
---
)";
  const std::string strategy = routed + "[{setWeight: 50}, {pause: {duration: 1m}}]";
  const Rehearsal fixed = rehearsed(surroundings + autoscaler + rollout(strategy + "}}"));
  BOOST_TEST(text_of(fixed).find("HorizontalPodAutoscaler web counts the pods of both versions: up to 8 for 4") !=
                 std::string::npos,
             text_of(fixed));
  const Rehearsal dynamic = rehearsed(surroundings + autoscaler + rollout(strategy + ", dynamicStableScale: true}}"));
  BOOST_TEST(text_of(dynamic).find("up to 8 for 4") == std::string::npos, text_of(dynamic));
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_assumed_and_told) {
  const Rehearsal rehearsal =
      rehearsed(rollout("{blueGreen: {activeService: web, previewService: web-preview, prePromotionAnalysis: "
                        "{templates: [{templateName: smoke}]}}}"));
  const std::string text = text_of(rehearsal);
  BOOST_TEST(rehearsal.is_as_hoped(), text);
  for (const char* missing :
       {"Service web is not among", "Service web-preview is not", "AnalysisTemplate smoke is not"})
    BOOST_TEST(text.find(missing) != std::string::npos, missing << " is not told in\n" << text);
  BOOST_TEST(tells(course(rehearsal, "all is well"), "Service web selects the new version"));
  BOOST_TEST(!tells(course(rehearsal, "analysis fails"), "Service web selects the new version"));
}

BOOST_AUTO_TEST_CASE(mistakes_are_told_instead_of_a_course) {
  const kube::Result<Rehearsal> nothing = rehearse({}, {});
  BOOST_TEST(nothing.error().message == "there is no Rollout among the manifests");
  RehearsalOptions options;
  options.images = {{"nobody", "v2"}};
  BOOST_TEST(rehearse(kube::parse_yaml_documents(rollout("{canary: {}}")).value(), options).error().message ==
             "the Rollout has no container \"nobody\"");
  const Rehearsal wrong = rehearsed(rollout("{canary: {steps: [{setWeight: 120}]}}"));
  BOOST_TEST(!wrong.is_as_hoped());
  BOOST_TEST(wrong.courses.front().outcome.find("does not become healthy") != std::string::npos, text_of(wrong));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::rehearsal
