// Every rule for Applications, one row each.
#include "crds/validate_application.h"

#include <string>

#include <boost/test/unit_test.hpp>

#include "crds/application.h"
#include "crds/decode.h"
#include "spoiled.h"

namespace sluice::crds {
namespace {

struct Row {
  std::string_view patch;  // of the spec
  std::string_view told;
};

constexpr std::string_view valid = R"({"metadata":{"name":"shop"},"spec":{"project":"default",
  "source":{"repoURL":"https://example.com/shop.git","path":"deploy"},
  "destination":{"server":"https://kubernetes.default.svc/","namespace":"shop"}}})";

BOOST_AUTO_TEST_CASE(applications_are_judged) {
  const Row rows[] = {
      {R"({})", ""},
      {R"({"destination":{"server":null,"name":"in-cluster"}})", ""},
      {R"({"syncPolicy":{"automated":{"prune":true,"selfHeal":true},"syncOptions":["CreateNamespace=true"],
                         "retry":{"limit":5,"backoff":{"duration":"5s","factor":2,"maxDuration":"3m"}}}})",
       ""},
      {R"({"source":{"directory":{"recurse":true,"include":"*.yaml"}}})", ""},
      {R"({"project":"other"})", "spec.project: Forbidden: this version knows the project default only"},
      {R"({"source":null})", "spec.source: Required value: say in which repository and path the manifests are"},
      {R"({"source":{"repoURL":""}})", "spec.source.repoURL: Required value"},
      {R"({"source":{"path":null}})",
       "spec.source.path: Required value: a directory of the repository; \".\" is its root"},
      {R"({"source":{"path":"/etc"}})",
       "spec.source.path: Invalid value: \"/etc\": must be relative to the root of the repository"},
      {R"({"source":{"path":"a/../../b"}})",
       "spec.source.path: Invalid value: \"a/../../b\": must not lead out of the repository"},
      {R"({"source":{"directory":{"recurse":true},"kustomize":{"namePrefix":"a"}}})",
       "spec.source: Invalid value: at most one of helm, kustomize, directory and plugin may be set; "
       "spec.source.kustomize: Forbidden: this version does not run Kustomize; use a directory of YAML"},
      {R"({"source":{"helm":{}}})",
       "spec.source.helm: Forbidden: this version does not run Helm; use a directory of YAML"},
      {R"({"sources":[{"repoURL":"r"}]})", "spec.sources: Forbidden: this version reads one source; use spec.source"},
      {R"({"destination":{"server":null}})",
       "spec.destination: Required value: server or name is missing; use server: https://kubernetes.default.svc"},
      {R"({"destination":{"name":"in-cluster"}})",
       "spec.destination: Invalid value: server and name must not be set both"},
      {R"({"destination":{"server":"https://10.0.0.1"}})",
       "spec.destination.server: Forbidden: this version syncs to its own cluster only; use "
       "https://kubernetes.default.svc"},
      {R"({"destination":{"server":null,"name":"far"}})",
       "spec.destination.name: Forbidden: this version syncs to its own cluster only; use in-cluster"},
      {R"({"syncPolicy":{"retry":{"backoff":{"duration":"soon"}}}})",
       "spec.syncPolicy.retry.backoff.duration: Invalid value: \"soon\": must be a duration such as 5s or 3m"},
      {R"({"syncPolicy":{"retry":{"backoff":{"duration":"5","factor":0}}}})",
       "spec.syncPolicy.retry.backoff.factor: Invalid value: 0: must be at least 1"},
      {R"({"syncPolicy":{"syncOptions":["CreateNamespace"]}})",
       "spec.syncPolicy.syncOptions: Invalid value: \"CreateNamespace\": must be written as Key=value"},
      {R"({"ignoreDifferences":[{"kind":"Deployment","jsonPointers":["spec/replicas"]}]})",
       "spec.ignoreDifferences[0].jsonPointers: Invalid value: \"spec/replicas\": a JSON pointer begins with /"},
      {R"({"ignoreDifferences":[{"kind":"Deployment","jqPathExpressions":[".spec"]}]})",
       "spec.ignoreDifferences[0].jqPathExpressions: Forbidden: this version does not run jq; use jsonPointers"},
      {R"({"revisionHistoryLimit":-1})",
       "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0"},
  };
  for (const Row& row : rows) {
    kube::Mistakes unread;
    const auto read = decode_application(spoiled(valid, R"({"spec":)" + std::string(row.patch) + "}"), unread);
    BOOST_TEST(kube::describe(unread) == "");
    BOOST_TEST(kube::describe(validate_application(*read)) == row.told, std::string(row.patch));
  }
}

}  // namespace
}  // namespace sluice::crds
