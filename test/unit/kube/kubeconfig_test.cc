// Kubeconfig files: what they mean, and what is said about those that are wrong.
#include "kube/kubeconfig.h"

#include <map>

#include <boost/test/unit_test.hpp>

#include "kube/base64.h"
#include "temporary_folder.h"

namespace sluice::kube {
namespace {

const std::string pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

const char* const two_contexts = R"(apiVersion: v1
kind: Config
current-context: blue
clusters:
- name: one
  cluster: {server: "https://one:6443/"}
- name: two
  cluster: {server: "https://two:6443", tls-server-name: api.two, insecure-skip-tls-verify: true}
users:
- name: alice
  user: {token: secret}
- name: bob
  user: {username: bob, password: hunter2, as: carol, as-groups: [devs]}
contexts:
- name: blue
  context: {cluster: one, user: alice, namespace: apps}
- name: green
  context: {cluster: two, user: bob}
)";

struct Fixture {
  TemporaryFolder folder;
  std::map<std::string, std::string, std::less<>> variables;
  AccessChoice choice;

  Environment environment() {
    return [this](std::string_view name) -> std::optional<std::string> {
      const auto at = variables.find(name);
      if (at == variables.end()) return std::nullopt;
      return at->second;
    };
  }
  Result<ClusterAccess> find() { return find_cluster_access(choice, environment()); }
  Result<ClusterAccess> read(const std::string& text) {
    choice.kubeconfig = folder.write("config", text);
    return find();
  }
  // One cluster and one user, whose fields are given.
  Result<ClusterAccess> read_parts(const std::string& cluster, const std::string& user) {
    return read(
        "current-context: c\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nclusters: [{name: k, cluster: {" +
        cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n");
  }
  // Checks that the error names the file and says `part`.
  void refused(const Result<ClusterAccess>& access, const std::string& part) {
    BOOST_REQUIRE_MESSAGE(!access, "was accepted; expected: " << part);
    BOOST_TEST(access.error().message.find(folder.path("")) != std::string::npos, access.error().message);
    BOOST_TEST(access.error().message.find(part) != std::string::npos,
               access.error().message << " does not say: " << part);
  }
};

const std::string good_cluster = "server: 'https://k:6443'";

BOOST_FIXTURE_TEST_SUITE(kubeconfig, Fixture)

BOOST_AUTO_TEST_CASE(reads_the_current_context) {
  const auto access = read(two_contexts);
  BOOST_REQUIRE_MESSAGE(access, access.error().message);
  BOOST_TEST(access->server == "https://one:6443");
  BOOST_TEST(access->credentials.token == "secret");
  BOOST_TEST(access->ns == "apps");
  BOOST_TEST(access->tls.verify);
  BOOST_TEST(access->source == "context blue of " + folder.path("config"));
}

BOOST_AUTO_TEST_CASE(flags_choose_and_override) {
  choice.context = "green";
  auto access = read(two_contexts);
  BOOST_REQUIRE(access);
  BOOST_TEST(access->server == "https://two:6443");
  BOOST_TEST(access->tls.server_name == "api.two");
  BOOST_TEST(!access->tls.verify);
  BOOST_TEST(access->credentials.username == "bob");
  BOOST_TEST(access->credentials.as_user == "carol");
  BOOST_TEST(access->credentials.as_groups.at(0) == "devs");
  BOOST_TEST(access->ns == "default");

  choice.user = "alice";
  choice.cluster = "one";
  choice.ns = "here";
  access = read(two_contexts);
  BOOST_TEST(access->server == "https://one:6443");
  BOOST_TEST(access->credentials.token == "secret");
  BOOST_TEST(access->ns == "here");

  choice.server = "https://three/";
  choice.token = "other";
  access = read(two_contexts);
  BOOST_TEST(access->server == "https://three");
  BOOST_TEST(access->credentials.token == "other");
}

BOOST_AUTO_TEST_CASE(merges_the_files_of_the_environment_variable_and_the_first_one_wins) {
  const std::string first = folder.write("first", "users: [{name: alice, user: {token: first}}]\n");
  const std::string second = folder.write("second", two_contexts);
  variables["KUBECONFIG"] = first + ":" + folder.path("missing") + "::" + second;
  const auto access = find();
  BOOST_REQUIRE_MESSAGE(access, access.error().message);
  BOOST_TEST(access->server == "https://one:6443");
  BOOST_TEST(access->credentials.token == "first");
}

BOOST_AUTO_TEST_CASE(falls_back_to_the_home_folder) {
  folder.write(".kube/config", two_contexts);
  variables["HOME"] = folder.path("");
  BOOST_TEST(find()->server == "https://one:6443");
}

BOOST_AUTO_TEST_CASE(says_where_it_looked_when_there_is_nothing) {
  variables["HOME"] = folder.path("home");
  refused(find(), "no cluster is configured");
  refused(find(), folder.path("home") + "/.kube/config");
}

BOOST_AUTO_TEST_CASE(paths_are_relative_to_the_file_that_names_them) {
  folder.write("pki/ca.pem", pem);
  folder.write("pki/me.pem", pem + "certificate");
  folder.write("pki/me.key", pem + "key");
  const auto access = read_parts(good_cluster + ", certificate-authority: pki/ca.pem",
                                 "client-certificate: pki/me.pem, client-key: pki/me.key");
  BOOST_REQUIRE_MESSAGE(access, access.error().message);
  BOOST_TEST(access->tls.ca_pem == pem);
  BOOST_TEST(access->tls.certificate_pem == pem + "certificate");
  BOOST_TEST(access->tls.key_pem == pem + "key");
  BOOST_TEST(access->certificate_file == folder.path("pki/me.pem"));
}

BOOST_AUTO_TEST_CASE(data_wins_over_files) {
  const std::string data = encode_base64(pem + "data");
  const auto access =
      read_parts(good_cluster + ", certificate-authority: missing.pem, certificate-authority-data: " + data,
                 "client-certificate-data: " + data + ", client-key-data: " + data);
  BOOST_REQUIRE_MESSAGE(access, access.error().message);
  BOOST_TEST(access->tls.ca_pem == pem + "data");
  BOOST_TEST(access->tls.key_pem == pem + "data");
  BOOST_TEST(access->certificate_file == "");
}

BOOST_AUTO_TEST_CASE(a_token_file_wins_over_a_token) {
  folder.write("token", "rotates");
  const auto access = read_parts(good_cluster, "token: fixed, tokenFile: token");
  BOOST_REQUIRE(access);
  BOOST_TEST(access->credentials.token == "");
  BOOST_TEST(access->credentials.token_file == folder.path("token"));
}

BOOST_AUTO_TEST_CASE(reads_exec_plugins_of_both_versions) {
  for (const std::string version : {"v1", "v1beta1"}) {
    const auto access =
        read_parts(good_cluster, "exec: {apiVersion: client.authentication.k8s.io/" + version +
                                     ", command: ./bin/login, args: [--cluster, k], env: [{name: A, value: b}], "
                                     "interactiveMode: IfAvailable, provideClusterInfo: true, installHint: get it}");
    BOOST_REQUIRE_MESSAGE(access, access.error().message);
    const ExecPlugin& plugin = access->credentials.exec.value();
    BOOST_TEST(plugin.command == folder.path("./bin/login"));
    BOOST_TEST(plugin.arguments.size() == 2u);
    BOOST_TEST(plugin.environment.at(0).second == "b");
    BOOST_TEST(plugin.provide_cluster_info);
  }
}

BOOST_AUTO_TEST_CASE(a_plugin_without_a_slash_is_looked_up_in_the_path) {
  const auto access = read_parts(
      good_cluster, "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, interactiveMode: Never}");
  BOOST_TEST(access->credentials.exec->command == "aws");
}

BOOST_AUTO_TEST_CASE(wrong_files_are_named_with_the_field_and_the_remedy) {
  const std::string exec = "exec: {apiVersion: client.authentication.k8s.io/v1, command: x";
  const struct {
    const char* cluster;
    std::string user;
    const char* said;
  } table[] = {
      {"proxy-url: 'http://proxy'", "", "cluster \"k\", field proxy-url: proxies are not supported"},
      {"", "", "cluster \"k\", field server: is missing"},
      {"server: 'k:6443'", "", "field server: \"k:6443\" must begin with https://"},
      {"server: [1]", "", "clusters[0].cluster.server: must be a string"},
      {"server: 'https://k', certificate-authority: nowhere.pem", "", "field certificate-authority:"},
      {"server: 'https://k', certificate-authority-data: '%%%'", "", "certificate-authority-data: is not base64"},
      {"server: 'https://k', certificate-authority-data: aGVsbG8=", "", "certificate-authority-data: is not PEM"},
      {"server: 'https://k', insecure-skip-tls-verify: 3", "", "insecure-skip-tls-verify: must be true or false"},
      {"server: 'https://k'", "client-certificate-data: LS0tLS1CRUdJTiA=", "field client-key: is missing"},
      {"server: 'https://k'", "tokenFile: nowhere", "field tokenFile:"},
      {"server: 'https://k'", "auth-provider: {name: gcp}", "field auth-provider: Kubernetes has removed it"},
      {"server: 'https://k'", "as-groups: [devs]", "field as-groups: needs the field as"},
      {"server: 'https://k'", "as: x, as-uid: '7'", "field as-uid: is not supported"},
      {"server: 'https://k'", exec + ", interactiveMode: Always}",
       "field exec.interactiveMode: Always is not supported"},
      {"server: 'https://k'", "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}",
       "field exec.apiVersion: client.authentication.k8s.io/v1alpha1 is not supported"},
      {"server: 'https://k'", "exec: {command: x}", "users[0].user.exec.apiVersion: is required"},
  };
  for (const auto& row : table) refused(read_parts(row.cluster, row.user), row.said);
}

BOOST_AUTO_TEST_CASE(insecure_beside_an_authority_is_refused_as_kubectl_does) {
  refused(read_parts(
              good_cluster + ", insecure-skip-tls-verify: true, certificate-authority-data: " + encode_base64(pem), ""),
          "remove one of them");
}

BOOST_AUTO_TEST_CASE(names_that_lead_nowhere_list_those_that_exist) {
  choice.context = "red";
  refused(read(two_contexts), "--context: there is no context \"red\"; there are: blue, green");
  choice = {};
  choice.cluster = "three";
  refused(read(two_contexts), "there is no cluster \"three\"; there are: one, two");
  choice = {};
  choice.user = "eve";
  refused(read(two_contexts), "there is no user \"eve\"; there are: alice, bob");
  choice = {};
  refused(read("contexts: [{name: a, context: {}}]"),
          "current-context: is not set; choose one with --context, there are: a");
}

BOOST_AUTO_TEST_CASE(files_that_are_no_kubeconfig_are_told_so) {
  refused(read("a: [b"), "is not YAML: ");
  refused(read("just text"), "is not a kubeconfig");
  refused(read("kind: Pod\n"), "kind: is Pod instead of Config");
  refused(read(""), "is empty");
  choice.kubeconfig = folder.path("missing");
  refused(find(), "cannot be read: No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_pod_uses_its_service_account) {
  folder.write("ca.crt", pem);
  folder.write("token", "t");
  folder.write("namespace", "argo-rollouts\n");
  variables = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  auto access = in_cluster_access(environment(), folder.path(""));
  BOOST_REQUIRE_MESSAGE(access, access.error().message);
  BOOST_TEST(access->server == "https://10.0.0.1:443");
  BOOST_TEST(access->tls.ca_pem == pem);
  BOOST_TEST(access->ns == "argo-rollouts");
  BOOST_TEST(access->credentials.token_file == folder.path("/token"));
  variables["KUBERNETES_SERVICE_HOST"] = "fd00::1";
  BOOST_TEST(in_cluster_access(environment(), folder.path(""))->server == "https://[fd00::1]:443");
}

BOOST_AUTO_TEST_CASE(a_pod_without_a_token_is_told_why) {
  folder.write("ca.crt", pem);
  variables = {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}, {"KUBERNETES_SERVICE_PORT", "443"}};
  refused(in_cluster_access(environment(), folder.path("")), "automountServiceAccountToken");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(base64_there_and_back) {
  const struct {
    const char* plain;
    const char* coded;
  } table[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe", "//4="}};
  for (const auto& row : table) {
    BOOST_TEST(encode_base64(row.plain) == row.coded);
    BOOST_TEST(decode_base64(row.coded).value() == row.plain);
  }
  BOOST_TEST(decode_base64("Zm9v\n  Yg==\n").value() == "foob");
  for (const char* wrong : {"Z", "Zg", "Zg=", "Zg==Zg==", "Z===", "====", "Zm9v!", "=Zm9"})
    BOOST_TEST(!decode_base64(wrong).has_value(), wrong);
}

}  // namespace
}  // namespace sluice::kube
