// The health of objects by their kinds, and of applications by their objects.
#include "gitops/health.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/yaml.h"

using namespace sluice;
using namespace sluice::gitops;

BOOST_AUTO_TEST_SUITE(health)

BOOST_AUTO_TEST_CASE(each_kind_by_its_rules) {
  const struct {
    const char* kind;  // apiVersion and kind
    const char* rest;
    const char* expected;
  } rows[] = {
      {"apps/v1 Deployment", "status: {}", "Progressing"},
      {"apps/v1 Deployment",
       "spec: {replicas: 2}\nstatus: {replicas: 2, updatedReplicas: 2, availableReplicas: 2, observedGeneration: 1}",
       "Healthy"},
      {"apps/v1 Deployment",
       "spec: {replicas: 2}\nstatus: {replicas: 3, updatedReplicas: 2, availableReplicas: 2, observedGeneration: 1}",
       "Progressing"},
      {"apps/v1 Deployment",
       "spec: {replicas: 2}\nstatus: {observedGeneration: 1, conditions: [{type: Progressing, reason: "
       "ProgressDeadlineExceeded}]}",
       "Degraded"},
      {"apps/v1 Deployment", "spec: {paused: true}", "Suspended"},
      {"apps/v1 Deployment", "spec: {replicas: 0}\nstatus: {observedGeneration: 1}", "Healthy"},
      {"apps/v1 StatefulSet",
       "spec: {replicas: 1}\nstatus: {observedGeneration: 1, readyReplicas: 1, updateRevision: a, currentRevision: a}",
       "Healthy"},
      {"apps/v1 StatefulSet",
       "spec: {replicas: 1}\nstatus: {observedGeneration: 1, readyReplicas: 1, updateRevision: b, currentRevision: a}",
       "Progressing"},
      {"apps/v1 DaemonSet",
       "status: {observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1}",
       "Progressing"},
      {"apps/v1 ReplicaSet",
       "spec: {replicas: 1}\nstatus: {observedGeneration: 1, conditions: [{type: ReplicaFailure, status: 'True', "
       "message: quota}]}",
       "Degraded"},
      {"v1 Pod", "status: {phase: Pending}", "Progressing"},
      {"v1 Pod", "status: {phase: Succeeded}", "Healthy"},
      {"v1 Pod", "status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}", "Healthy"},
      {"v1 Pod",
       "status: {phase: Pending, containerStatuses: [{name: a, state: {waiting: {reason: ImagePullBackOff}}}]}",
       "Degraded"},
      {"v1 Pod", "spec: {restartPolicy: Never}\nstatus: {phase: Running, conditions: [{type: Ready, status: 'True'}]}",
       "Progressing"},
      {"v1 Service", "spec: {type: ClusterIP}", "Healthy"},
      {"v1 Service", "spec: {type: LoadBalancer}", "Progressing"},
      {"networking.k8s.io/v1 Ingress", "status: {loadBalancer: {ingress: [{ip: 1.1.1.1}]}}", "Healthy"},
      {"v1 PersistentVolumeClaim", "status: {phase: Lost}", "Degraded"},
      {"batch/v1 Job", "status: {active: 1}", "Progressing"},
      {"batch/v1 Job", "status: {conditions: [{type: Suspended, status: 'False'}]}", "Progressing"},
      {"batch/v1 Job", "status: {conditions: [{type: Complete, status: 'True'}]}", "Healthy"},
      {"batch/v1 CronJob",
       "status: {lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:00Z'}", "Degraded"},
      {"autoscaling/v2 HorizontalPodAutoscaler",
       "status: {conditions: [{type: AbleToScale, status: 'True'}, {type: ScalingActive, status: 'False', reason: "
       "FailedGetResourceMetric}]}",
       "Degraded"},
      {"autoscaling/v2 HorizontalPodAutoscaler", "status: {conditions: [{type: AbleToScale, status: 'True'}]}",
       "Healthy"},
      {"apiextensions.k8s.io/v1 CustomResourceDefinition",
       "status: {conditions: [{type: NamesAccepted, status: 'True'}, {type: Established, status: 'True'}]}", "Healthy"},
      {"apiextensions.k8s.io/v1 CustomResourceDefinition", "status: {}", "Progressing"},
      {"v1 ConfigMap", "data: {}", ""},
      {"argoproj.io/v1alpha1 Rollout", "spec: {}", "Progressing"},
      {"argoproj.io/v1alpha1 Rollout", "status: {observedGeneration: '0', phase: Healthy}", "Progressing"},
      {"argoproj.io/v1alpha1 Rollout", "status: {observedGeneration: '1', phase: Healthy}", "Healthy"},
      {"argoproj.io/v1alpha1 Rollout", "status: {observedGeneration: '1', phase: Paused}", "Suspended"},
      {"argoproj.io/v1alpha1 Rollout", "status: {observedGeneration: '1', phase: Degraded, message: aborted}",
       "Degraded"},
      {"argoproj.io/v1alpha1 Rollout", "status: {observedGeneration: f7d6c, phase: Progressing}", "Progressing"},
      {"argoproj.io/v1alpha1 Rollout",
       "spec: {workloadRef: {name: w}}\nstatus: {observedGeneration: '1', phase: Healthy, workloadObservedGeneration: "
       "'2'}",
       "Progressing"},
      {"argoproj.io/v1alpha1 Rollout",
       "spec: {replicas: 1, strategy: {blueGreen: {}}}\nstatus: {currentPodHash: a, updatedReplicas: 1, "
       "availableReplicas: 1, stableRS: a, blueGreen: {activeSelector: a}}",
       "Healthy"},
      {"argoproj.io/v1alpha1 Rollout",
       "spec: {replicas: 1, strategy: {canary: {}}}\nstatus: {currentPodHash: b, updatedReplicas: 1, "
       "availableReplicas: 1, replicas: 2, stableRS: a}",
       "Progressing"},
      {"argoproj.io/v1alpha1 AnalysisRun", "status: {phase: Successful}", "Healthy"},
      {"argoproj.io/v1alpha1 AnalysisRun", "status: {phase: Inconclusive}", "Unknown"},
      {"argoproj.io/v1alpha1 AnalysisRun", "status: {phase: Error}", "Degraded"},
      {"argoproj.io/v1alpha1 Experiment", "spec: {}", "Progressing"},
  };
  for (const auto& row : rows) {
    const std::string head(row.kind);
    const auto object = kube::parse_yaml("apiVersion: " + head.substr(0, head.find(' ')) +
                                         "\nkind: " + head.substr(head.find(' ') + 1) +
                                         "\nmetadata: {name: x, generation: 1}\n" + row.rest);
    BOOST_REQUIRE_MESSAGE(object.has_value(), row.rest);
    const auto found = assess_health(*object);
    BOOST_TEST((found ? std::string(name_of(found->status)) : std::string()) == row.expected,
               row.kind << ": " << row.rest);
  }
}

BOOST_AUTO_TEST_CASE(an_object_that_is_being_deleted_is_progressing) {
  const auto object = kube::parse_yaml("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, deletionTimestamp: t}");
  BOOST_TEST((assess_health(*object)->status == HealthStatus::progressing));
}

BOOST_AUTO_TEST_CASE(the_worst_object_decides_and_is_named) {
  const ResourceId a{"apps", "Deployment", "ns", "a"};
  const ResourceId b{"argoproj.io", "Rollout", "ns", "b"};
  const Health degraded{HealthStatus::degraded, "aborted"};
  BOOST_TEST((assess_application({}) == Health{}));
  BOOST_TEST((assess_application({{a, true, true, Health{}}, {b, true, true, degraded}}) ==
              Health{HealthStatus::degraded, "argoproj.io/Rollout ns/b: aborted"}));
  BOOST_TEST((assess_application({{a, true, true, Health{}}, {b, true, false, degraded}}) == Health{}));
  BOOST_TEST((assess_application({{a, true, true, std::nullopt}, {b, false, true, {}}}) == Health{}));
  BOOST_TEST((assess_application({{a, false, true, {}}}).status == HealthStatus::missing));
}

BOOST_AUTO_TEST_SUITE_END()
