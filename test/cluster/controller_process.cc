// Starting the controller as a ServiceAccount, and waiting for what it says.
#include "test/cluster/controller_process.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include "kube/base64.h"
#include "test/cluster/expect.h"

namespace sluice::cluster_test {
namespace {

constexpr auto patience = std::chrono::seconds(45);

std::vector<std::string> command_line(const std::string& kubeconfig, const std::vector<std::string>& flags) {
  std::vector<std::string> words{program_path("sluice"),
                                 "controller",
                                 "--kubeconfig=" + kubeconfig,
                                 "--metricsPort=0",
                                 "--healthzPort=0",
                                 "--bind-address=127.0.0.1",
                                 "--analysis-egress-allow=127.0.0.0/8",
                                 "--loglevel=debug"};
  words.insert(words.end(), flags.begin(), flags.end());
  for (const char* flag : {"--leader-election-lease-duration=4s", "--leader-election-renew-deadline=3s",
                           "--leader-election-retry-period=1s"}) {
    const std::string name(flag, std::string_view(flag).find('='));
    const bool given =
        std::any_of(flags.begin(), flags.end(), [&](const std::string& f) { return f.starts_with(name); });
    if (!given) words.emplace_back(flag);
  }
  return words;
}

std::size_t size_of(const std::string& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  return missing ? 0 : size;
}

// The token's own id ("jti"), by which the audit log names the credential.
std::string id_of(const std::string& token) {
  const std::size_t first = token.find('.');
  std::string part = token.substr(first + 1, token.find('.', first + 1) - first - 1);
  std::replace(part.begin(), part.end(), '-', '+');
  std::replace(part.begin(), part.end(), '_', '/');
  part.append((4 - part.size() % 4) % 4, '=');
  const std::optional<std::string> claims = kube::decode_base64(part);
  expect(claims.has_value(), "the token is not a JWT");
  return std::string(kube::text_at(needed(kube::parse_json(*claims)), {"jti"}));
}

net::awaitable<void> apply_all(World& w, std::vector<json::value> objects) {
  for (json::value& object : objects) co_await w.admin.apply(std::move(object), "default");
}

}  // namespace

net::awaitable<void> install_permissions(World& w) {
  static bool done = false;
  if (std::exchange(done, true)) co_return;
  co_await apply_all(w, documents_of_file("deploy/controller.yaml"));
}

net::awaitable<void> install_application_permissions(World& w) {
  static bool done = false;
  if (std::exchange(done, true)) co_return;
  std::vector<json::value> objects = documents_in(R"(
apiVersion: v1
kind: Namespace
metadata: {name: sluice-gitops}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: sluice, namespace: sluice-gitops}
)");
  for (json::value& object : documents_of_file("deploy/applications.yaml")) {
    if (kube::text_at(object, {"kind"}) == "ClusterRoleBinding")
      object.as_object()["subjects"].as_array()[0].as_object()["namespace"] = "sluice-gitops";
    objects.push_back(std::move(object));
  }
  co_await apply_all(w, std::move(objects));
}

net::awaitable<ServiceAccountAccess> access_of_service_account(World& w, std::string ns, std::string name) {
  static int count = 0;
  kube::ApiRequest request;
  request.method = "POST";
  request.target = fmt::format("/api/v1/namespaces/{}/serviceaccounts/{}/token", ns, name);
  request.content_type = "application/json";
  request.body = R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":3600}})";
  const kube::ApiResponse answer = needed(co_await w.transport.send(std::move(request)));
  expect(answer.status == 201, "no token for " + name + ": " + answer.body);
  const std::string token(kube::text_at(needed(kube::parse_json(answer.body)), {"status", "token"}));

  const std::string authority = kube::encode_base64(access_as("admin").tls.ca_pem);
  ServiceAccountAccess access;
  access.kubeconfig = w.plane.path(fmt::format("account-{}.kubeconfig", ++count));
  access.credential_id = id_of(token);
  std::ofstream(access.kubeconfig) << fmt::format(
      R"({{"apiVersion":"v1","kind":"Config","current-context":"c",
"contexts":[{{"name":"c","context":{{"cluster":"c","user":"u","namespace":"{}"}}}}],
"users":[{{"name":"u","user":{{"token":"{}"}}}}],
"clusters":[{{"name":"c","cluster":{{"server":"{}","certificate-authority-data":"{}"}}}}]}})",
      ns, token, w.plane.server(), authority);
  co_return access;
}

ControllerProcess::ControllerProcess(const std::string& name, ServiceAccountAccess access,
                                     const std::vector<std::string>& flags)
    : access_(std::move(access)),
      log_begin_(size_of(result_path("cluster_" + name + ".log"))),
      child_(command_line(access_.kubeconfig, flags), result_path("cluster_" + name + ".log")) {}

std::string ControllerProcess::said() const {
  std::ifstream file(child_.log());
  file.seekg(static_cast<std::streamoff>(log_begin_));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

net::awaitable<void> ControllerProcess::until_it_says(World& w, std::string text, int count) {
  const kube::Time end = w.clock.now() + patience;
  const auto occurrences = [&] {
    const std::string all = said();
    int found = 0;
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
    return found;
  };
  while (occurrences() < count) {
    expect(child_.is_running(),
           fmt::format("the controller ended with code {}, see {}", child_.exit_code(), child_.log()));
    expect(w.clock.now() < end, fmt::format("the controller did not say \"{}\", see {}", text, child_.log()));
    co_await w.clock.sleep_for(std::chrono::milliseconds(20));
  }
}

net::awaitable<void> ControllerProcess::until_it_leads(World& w) { return until_it_says(w, "the controllers run"); }

net::awaitable<void> ControllerProcess::until_it_has_ended(World& w) {
  const kube::Time end = w.clock.now() + patience;
  while (child_.is_running() && w.clock.now() < end) co_await w.clock.sleep_for(std::chrono::milliseconds(20));
  expect(!child_.is_running(), "the controller did not end, see " + child_.log());
}

int ControllerProcess::port(const std::string& field) const {
  const std::string all = said();
  const std::size_t at = all.find(field + "=");
  expect(at != std::string::npos, "the controller did not say its " + field);
  return std::atoi(all.c_str() + at + field.size() + 1);
}

}  // namespace sluice::cluster_test
