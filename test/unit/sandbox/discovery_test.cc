// What the API tells about itself, and the command line of the sandbox.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "sandbox/command.h"
#include "sandbox/kubeconfig_file.h"
#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {
namespace {

const json::value* named(const json::value& list, std::string_view member, std::string_view name) {
  for (const json::value& item : list.as_array())
    if (kube::text_at(item, {member}) == name) return &item;
  return nullptr;
}

BOOST_AUTO_TEST_CASE(kinds_are_listed_by_group_and_version) {
  Cluster cluster;
  const Answered apps = cluster.get("/apis/apps/v1");
  const json::value* deployments = named(apps.body.at("resources"), "name", "deployments");
  BOOST_REQUIRE(deployments);
  BOOST_TEST(json::serialize(deployments->at("shortNames")) == R"(["deploy"])");
  BOOST_TEST(kube::text_at(*named(apps.body.at("resources"), "name", "deployments/scale"), {"group"}) == "autoscaling");
  const Answered groups = cluster.get("/apis");
  BOOST_TEST(named(groups.body.at("groups"), "name", "argoproj.io"));
  BOOST_TEST(cluster.get("/apis/apps").text({"preferredVersion", "groupVersion"}) == "apps/v1");
  BOOST_TEST(cluster.get("/apis/nobody.example").status == 404u);
}

BOOST_AUTO_TEST_CASE(everything_can_be_had_in_one_document) {
  Cluster cluster;
  const kube::ApiResponse response =
      cluster.api.handle({"GET", "/apis", "", "",
                          "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"});
  BOOST_TEST(response.content_type == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  const json::value list = json::parse(response.body);
  const json::value* argoproj = nullptr;
  for (const json::value& group : list.at("items").as_array())
    if (kube::text_at(group, {"metadata", "name"}) == "argoproj.io") argoproj = &group;
  BOOST_REQUIRE(argoproj);
  const json::value* rollouts = named(argoproj->at("versions").at(0).at("resources"), "resource", "rollouts");
  BOOST_REQUIRE(rollouts);
  BOOST_TEST(rollouts->at("subresources").as_array().size() == 2u);
}

BOOST_AUTO_TEST_CASE(the_index_of_schemas_changes_with_the_kinds) {
  Cluster cluster;
  const std::string before = cluster.get("/openapi/v3").text({"paths", "apis/apps/v1", "serverRelativeURL"});
  BOOST_TEST(before.starts_with("/openapi/v3/apis/apps/v1?hash="));
  cluster.remove("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/appprojects.argoproj.io");
  BOOST_TEST(cluster.get("/openapi/v3").text({"paths", "apis/apps/v1", "serverRelativeURL"}) != before);
}

// kubectl asks whether PATCH knows fieldValidation before it leaves validation to the server.
BOOST_AUTO_TEST_CASE(schemas_say_that_fields_are_validated) {
  Cluster cluster;
  for (const char* target :
       {"/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1", "/openapi/v3/apis/argoproj.io/v1alpha1"}) {
    const Answered document = cluster.get(target);
    BOOST_REQUIRE(document.status == 200u);
    for (const auto& path : document.body.at("paths").as_object()) {
      const json::value* patch = kube::find_at(path.value(), {"patch"});
      if (patch) BOOST_TEST(named(patch->at("parameters"), "name", "fieldValidation"), std::string(path.key()));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_reference_within_a_document_leads_somewhere) {
  Cluster cluster;
  const Answered document = cluster.get("/openapi/v3/apis/apps/v1");
  const json::object& schemas = document.body.at("components").at("schemas").as_object();
  BOOST_TEST(schemas.contains("io.k8s.api.apps.v1.Deployment"));
  const std::string text = json::serialize(document.body);
  const std::string mark = R"("$ref":"#/components/schemas/)";
  std::size_t count = 0;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1), ++count) {
    const std::size_t begin = at + mark.size();
    BOOST_TEST(schemas.contains(text.substr(begin, text.find('"', begin) - begin)));
  }
  BOOST_TEST(count > 100u);
}

BOOST_AUTO_TEST_CASE(health_is_told) {
  Cluster cluster;
  BOOST_TEST(cluster.get("/readyz").body.as_string() == "ok");
  BOOST_TEST(cluster.get("/version").text({"gitVersion"}).starts_with("v1."));
}

BOOST_AUTO_TEST_CASE(the_command_line_is_read) {
  const char* const good[] = {"sandbox", "--kubeconfig=a", "--port", "7", "--traffic", "--metrics-port=9"};
  const kube::Result<SandboxCommand> command = read_sandbox_command(6, good);
  BOOST_REQUIRE(command);
  BOOST_TEST(command->kubeconfig == "a");
  BOOST_TEST(command->port == 7);
  BOOST_TEST(command->traffic);
  BOOST_TEST(command->metrics_port == 9);
  const char* const help[] = {"sandbox", "--help"};
  BOOST_TEST(read_sandbox_command(2, help)->help);
  const struct {
    std::vector<const char*> arguments;
    const char* message;
  } rows[] = {
      {{"sandbox"}, "--kubeconfig FILE is required: the file that will lead to the sandbox"},
      {{"sandbox", "--kubeconfig"}, "--kubeconfig needs a value"},
      {{"sandbox", "--kubeconfig=a", "--port=x"}, "--port: x is not a port"},
      {{"sandbox", "--kubeconfig=a", "--port=70000"}, "--port: 70000 is not a port"},
      {{"sandbox", "--speed"}, "unknown argument --speed"},
  };
  for (const auto& row : rows) {
    const auto refused = read_sandbox_command(static_cast<int>(row.arguments.size()), row.arguments.data());
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error().message == row.message);
  }
}

BOOST_AUTO_TEST_CASE(a_kubeconfig_is_private_and_whole) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("sluice-kubeconfig-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  const std::string file = (folder / "config").string();
  const kube::Result<> written = write_kubeconfig(file, "https://127.0.0.1:7", "CA", "secret");
  BOOST_TEST(written.has_value());
  BOOST_TEST((std::filesystem::status(file).permissions() ==
              (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)));
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  BOOST_TEST(text.str().find("certificate-authority-data: Q0E=") != std::string::npos);
  BOOST_TEST(text.str().find("token: secret") != std::string::npos);
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(folder), {}) == 1);
  std::filesystem::remove_all(folder);
  BOOST_TEST(!write_kubeconfig(file, "https://127.0.0.1:7", "CA", "secret").has_value());
}

}  // namespace
}  // namespace sluice::sandbox
