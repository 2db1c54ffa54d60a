// A real API server takes our kinds and the manifests that users are shown.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/json/array.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "test/cluster/expect.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {
namespace {

namespace fs = std::filesystem;
using kube::find_at;
using kube::Result;
using kube::text_at;
using std::chrono::seconds;

std::string status_of(const json::value& crd, std::string_view condition) {
  const json::value* conditions = find_at(crd, {"status", "conditions"});
  if (conditions && conditions->is_array())
    for (const json::value& one : conditions->get_array())
      if (text_at(one, {"type"}) == condition) return std::string(text_at(one, {"status"}));
  return "";
}

std::vector<std::string> yaml_files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(source_path(folder)))
    if (entry.path().extension() == ".yaml") files.push_back(fs::relative(entry.path(), source_path("")).string());
  std::sort(files.begin(), files.end());
  return files;
}

// A story may hold the ports that an example names.
void leave_node_ports_to_the_server(json::value& object) {
  if (text_at(object, {"kind"}) != "Service") return;
  for (json::value& port : object.as_object()["spec"].as_object()["ports"].as_array())
    port.as_object().erase("nodePort");
}

BOOST_AUTO_TEST_SUITE(definitions)

BOOST_AUTO_TEST_CASE(every_custom_resource_definition_is_established_and_structural) {
  Admin& admin = world().admin;
  const kube::Resource crds = world().run(admin.resource_of("apiextensions.k8s.io/v1", "CustomResourceDefinition"));
  const std::vector<std::string> files = yaml_files("crds");
  BOOST_TEST(files.size() == 7U);
  for (const std::string& file : files) {
    const json::value written = documents_of_file(file).at(0);
    const std::string name(text_at(written, {"metadata", "name"}));
    const Condition established{"established",
                                [](const json::value& crd) { return status_of(crd, "Established") == "True"; }};
    const json::value crd = world().run(admin.until(crds, {"", name}, established, seconds(10)));
    BOOST_TEST(status_of(crd, "NonStructuralSchema") != "True", name);
    BOOST_TEST(status_of(crd, "NamesAccepted") == "True", name);
  }
}

BOOST_AUTO_TEST_CASE(every_example_is_accepted_with_strict_validation) {
  Admin& admin = world().admin;
  const std::string ns = world().run(admin.new_namespace("examples"));
  const Result<json::value> argocd = world().run(admin.try_apply(
      documents_in("{apiVersion: v1, kind: Namespace, metadata: {name: argocd}}").at(0), "", DryRun::no));
  BOOST_TEST(argocd.has_value());
  int objects = 0;
  for (const std::string& file : yaml_files("examples"))
    for (json::value& object : documents_of_file(file)) {
      leave_node_ports_to_the_server(object);
      const Result<json::value> answer = world().run(admin.try_apply(object, ns, DryRun::yes));
      ++objects;
      // The one stray field stands in the manifest that users have; it is dropped and `lint` says where it belongs.
      if (file == "examples/blue-green/rollout.yaml" && text_at(object, {"kind"}) == "Rollout") {
        BOOST_REQUIRE(answer.has_error());
        BOOST_TEST(answer.error().message.find("syncPolicy") != std::string::npos, answer.error().message);
        const json::value made = world().run(admin.create(object, ns));
        BOOST_TEST(find_at(made, {"spec", "syncPolicy"}) == nullptr);
        BOOST_TEST(find_at(made, {"spec", "strategy", "blueGreen", "prePromotionAnalysis"}) != nullptr);
        continue;
      }
      BOOST_TEST(answer.has_value(), file << ": " << (answer ? "" : answer.error().message));
    }
  BOOST_TEST(objects >= 15);
}

// A new user's first command, with kubectl itself, on the file that users install from.
BOOST_AUTO_TEST_CASE(the_install_manifest_is_applied_by_kubectl) {
  const std::string kubectl = fmt::format("'{}' kubectl --kubeconfig='{}'", program_path("cluster-servers/cluster"),
                                          world().plane.kubeconfig("admin"));
  const std::string log = result_path("cluster_install.log");
  const std::string apply = fmt::format("{} apply --server-side --force-conflicts -f '{}' >'{}' 2>&1", kubectl,
                                        source_path("deploy/install.yaml"), log);
  BOOST_TEST(std::system(apply.c_str()) == 0, "see " << log);
  // The second time nothing changes.
  Admin& admin = world().admin;
  const kube::ObjectKey key{"sluice", "sluice"};
  const auto version = [&] {
    const json::value deployment = world().run(admin.read(kube::resources::deployments, key));
    return kube::number_at(deployment, {"metadata", "generation"});
  };
  BOOST_TEST(std::system(apply.c_str()) == 0, "see " << log);
  BOOST_TEST(version() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
