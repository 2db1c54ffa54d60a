// What the server adds to objects, removes from them and refuses in them.
#include <boost/test/unit_test.hpp>

#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {
namespace {

const std::string core = "/api/v1/namespaces/default/";
const std::string deployments = "/apis/apps/v1/namespaces/default/deployments";
const std::string jobs = "/apis/batch/v1/namespaces/default/jobs";

std::string deployment(const std::string& labels, const std::string& containers) {
  return R"({"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":)" +
         labels + R"(},"spec":{"containers":)" + containers + "}}}}";
}
const std::string good =
    deployment(R"({"a":"b"})", R"([{"name":"c","image":"nginx:1","resources":{"limits":{"cpu":"0.5"}}}])");

BOOST_AUTO_TEST_CASE(a_deployment_is_completed_as_a_real_server_does) {
  Cluster cluster;
  const Answered made = cluster.post(deployments, good);
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  BOOST_TEST(
      made.body.at("spec") ==
      json::parse(R"({"replicas":1,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
      "spec":{"containers":[{"name":"c","image":"nginx:1","resources":{"limits":{"cpu":"500m"}},
        "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
        "imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,
        "dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}},
      "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"25%","maxSurge":"25%"}},
      "revisionHistoryLimit":10,"progressDeadlineSeconds":600})"));
  BOOST_TEST(made.body.at("status") == json::value(json::object()));
}

BOOST_AUTO_TEST_CASE(a_job_gets_its_selector_and_labels) {
  Cluster cluster;
  const Answered made = cluster.post(
      jobs,
      R"({"metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"n:1"}]}}}})");
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  const std::string uid = made.text({"metadata", "uid"});
  BOOST_TEST(made.text({"spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"}) == uid);
  BOOST_TEST(made.text({"spec", "template", "metadata", "labels", "job-name"}) == "j");
  BOOST_TEST(made.text({"metadata", "labels", "controller-uid"}) == uid);
  BOOST_TEST(made.number({"spec", "backoffLimit"}) == 6);
  BOOST_TEST(made.text({"spec", "podReplacementPolicy"}) == "TerminatingOrFailed");
}

BOOST_AUTO_TEST_CASE(services_get_addresses_and_keep_them) {
  Cluster cluster;
  const Answered made = cluster.post(
      core + "services",
      R"({"metadata":{"name":"s"},"spec":{"type":"NodePort","selector":{"a":"b"},"ports":[{"port":80}]}})");
  BOOST_REQUIRE_MESSAGE(made.status == 201u, made.message());
  const std::string address = made.text({"spec", "clusterIP"});
  BOOST_TEST(address.starts_with("10.96."));
  BOOST_TEST(made.body.at("spec").at("ports").at(0).at("targetPort").as_int64() == 80);
  const std::int64_t port = made.body.at("spec").at("ports").at(0).at("nodePort").as_int64();
  BOOST_TEST((port >= 30000 && port < 32768));
  const Answered replaced = cluster.put(
      core + "services/s", R"({"metadata":{"name":"s"},"spec":{"selector":{"a":"c"},"ports":[{"port":80}]}})");
  BOOST_TEST(replaced.text({"spec", "clusterIP"}) == address);
  BOOST_TEST(!replaced.body.at("spec").at("ports").at(0).as_object().contains("nodePort"));
  BOOST_TEST(cluster.merge(core + "services/s", R"({"spec":{"clusterIP":"10.96.0.77"}})").status == 422u);
}

BOOST_AUTO_TEST_CASE(texts_of_a_secret_are_encoded) {
  Cluster cluster;
  const Answered made = cluster.post(core + "secrets", R"({"metadata":{"name":"s"},"stringData":{"a":"b"}})");
  BOOST_TEST(made.text({"data", "a"}) == "Yg==");
  BOOST_TEST(made.text({"type"}) == "Opaque");
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_removed_warned_of_or_refused) {
  Cluster cluster;
  std::string body = good;
  body.insert(body.find(R"("selector")"), R"("zzz":1,)");
  const Answered strict = cluster.post(deployments + "?fieldValidation=Strict", body);
  BOOST_TEST(strict.status == 400u);
  BOOST_TEST(strict.message() ==
             R"(Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: )"
             R"(unknown field "spec.zzz")");
  const Answered warned = cluster.post(deployments + "?fieldValidation=Warn", body);
  BOOST_TEST(warned.status == 201u);
  BOOST_REQUIRE(warned.warnings.size() == 1u);
  BOOST_TEST(warned.warnings[0] == R"(unknown field "spec.zzz")");
  BOOST_TEST(!warned.body.at("spec").as_object().contains("zzz"));
  BOOST_TEST(cluster.merge(deployments + "/d?fieldValidation=Ignore", R"({"spec":{"zzz":1}})").warnings.empty());
  const Answered patched = cluster.call("PATCH", deployments + "/d?fieldValidation=Strict", R"({"spec":{"zzz":1}})",
                                        "application/merge-patch+json");
  BOOST_TEST(patched.status == 422u);
  BOOST_TEST(patched.message().ends_with(R"(strict decoding error: unknown field "spec.zzz")"));
}

BOOST_AUTO_TEST_CASE(a_value_of_a_wrong_type_cannot_be_read) {
  Cluster cluster;
  BOOST_TEST(
      cluster.post(deployments, R"({"metadata":{"name":"q"},"spec":{"replicas":"1"}})").message() ==
      R"(Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct )"
      "field DeploymentSpec.spec.replicas of type int32");
  BOOST_TEST(
      cluster.post(deployments, R"({"metadata":{"name":"q"},"spec":{"template":{"spec":{"containers":[{"name":1}]}}}})")
          .message() ==
      R"(Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal number into Go struct field )"
      "Container.spec.template.spec.containers.name of type string");
}

BOOST_AUTO_TEST_CASE(all_mistakes_of_an_object_are_named_at_once) {
  Cluster cluster;
  const Answered refused = cluster.post(deployments, R"({"metadata":{"name":"q"},"spec":{"replicas":-1}})");
  BOOST_TEST(refused.status == 422u);
  BOOST_TEST(
      refused.message() ==
      R"(Deployment.apps "q" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, )"
      "spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` does not match "
      "template `labels`, spec.template.spec.containers: Required value]");
}

BOOST_AUTO_TEST_CASE(a_selector_cannot_be_changed) {
  Cluster cluster;
  cluster.post(deployments, good);
  const Answered refused = cluster.merge(deployments + "/d", R"({"spec":{"selector":{"matchLabels":{"a":"z"}}}})");
  BOOST_TEST(
      refused.message() ==
      R"(Deployment.apps "d" is invalid: [spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does )"
      R"(not match template `labels`, spec.selector: Invalid value: {"matchLabels":{"a":"z"}}: field is immutable])");
}

BOOST_AUTO_TEST_CASE(a_strategic_patch_merges_containers_by_name) {
  Cluster cluster;
  cluster.post(deployments, good);
  const Answered patched = cluster.call(
      "PATCH", deployments + "/d",
      R"({"spec":{"template":{"spec":{"containers":[{"name":"c","image":"nginx:2"},{"name":"e","image":"x"}]}}}})",
      "application/strategic-merge-patch+json");
  BOOST_REQUIRE_MESSAGE(patched.status == 200u, patched.message());
  const json::array& containers = patched.body.at("spec").at("template").at("spec").at("containers").as_array();
  BOOST_REQUIRE(containers.size() == 2u);
  const json::value& changed = containers[0].at("name").as_string() == "c" ? containers[0] : containers[1];
  BOOST_TEST(changed.at("image").as_string() == "nginx:2");
  BOOST_TEST(changed.at("resources").at("limits").at("cpu").as_string() == "500m");
}

BOOST_AUTO_TEST_CASE(a_failed_test_rejects_a_whole_json_patch) {
  Cluster cluster;
  cluster.post(core + "configmaps", R"({"metadata":{"name":"a"},"data":{"x":"y"}})");
  const Answered refused =
      cluster.call("PATCH", core + "configmaps/a",
                   R"([{"op":"add","path":"/data/n","value":"v"},{"op":"test","path":"/data/x","value":"z"}])",
                   "application/json-patch+json");
  BOOST_TEST(refused.status == 422u);
  BOOST_TEST(refused.message() == "the server rejected our request due to an error in our request");
  BOOST_TEST(!cluster.get(core + "configmaps/a").body.at("data").as_object().contains("n"));
}

}  // namespace
}  // namespace sluice::sandbox
