// `sluice controller` as a process of its own, with the credentials of a ServiceAccount and nothing more.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/cluster/child.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {

// A token that the API server has issued for a ServiceAccount, as a kubeconfig file.
struct ServiceAccountAccess {
  std::string kubeconfig;     // path
  std::string credential_id;  // as the audit log names it; different for every token
};

// Applies what deploy/controller.yaml says; once per run.
net::awaitable<void> install_permissions(World& w);
// Deploys the ServiceAccount `sluice` of the namespace sluice-gitops with deploy/applications.yaml's permissions.
net::awaitable<void> install_application_permissions(World& w);

net::awaitable<ServiceAccountAccess> access_of_service_account(World& w, std::string ns, std::string name);

// Killed with the object. Its log is kept as a result, appended to by later processes of the same name.
class ControllerProcess {
 public:
  // `flags` are added to those that every process gets: ports that the system chooses, and, unless they say
  // otherwise, a Lease that holds for a few seconds only.
  ControllerProcess(const std::string& name, ServiceAccountAccess access, const std::vector<std::string>& flags);

  // Waits until it leads and decides.
  net::awaitable<void> until_it_leads(World& w);
  // Waits until its log holds the text at least `count` times.
  net::awaitable<void> until_it_says(World& w, std::string text, int count = 1);
  net::awaitable<void> until_it_has_ended(World& w);

  Child& child() { return child_; }
  const ServiceAccountAccess& access() const { return access_; }
  // What it has logged so far.
  std::string said() const;
  // The port that its first log line names ("metrics_port", "health_port").
  int port(const std::string& field) const;

 private:
  ServiceAccountAccess access_;
  std::size_t log_begin_;
  Child child_;
};

}  // namespace sluice::cluster_test
