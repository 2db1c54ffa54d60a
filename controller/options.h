// What the command line of `sluice controller` says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/log.h"
#include "kube/result.h"
#include "kube/time.h"

namespace sluice::controller {

// Flags keep the names of the reference where their meaning is the same.
struct Options {
  std::string kubeconfig;  // "" means KUBECONFIG, in-cluster, or ~/.kube/config, in this order
  std::string context;
  std::string ns;  // --namespace: with --namespaced the only one that is served; also where the Lease lives
  bool namespaced = false;
  std::string instance_id;
  std::vector<std::string> controllers;  // of "rollouts", "experiments", "analysis", "applications"; empty for all

  int metrics_port = 8090;  // 0 lets the system choose
  int health_port = 8080;
  std::string bind_address = "0.0.0.0";  // of both

  kube::LogLevel log_level = kube::LogLevel::info;
  kube::LogFormat log_format = kube::LogFormat::text;

  bool leader_elect = true;
  kube::Duration lease_duration = kube::seconds(15);
  kube::Duration renew_deadline = kube::seconds(10);
  kube::Duration retry_period = kube::seconds(2);

  kube::Duration app_resync = kube::seconds(180);  // how often Git repositories are asked for new commits
  std::string repository_cache;                    // folder of the Git mirrors; "" for a temporary one
  bool local_repositories = false;                 // file:// and absolute paths as repository URLs
  bool plain_http_repositories = false;            // http:// as well

  // Addresses and networks that metrics may ask although they are loopback, link-local or the API server.
  std::vector<std::string> analysis_egress_allow;

  // Weights of load balancers count when their own API confirms them, and target groups when the pods are registered.
  bool verify_target_groups = false;
  kube::Duration verify_interval = kube::seconds(10);         // between two questions to a load balancer
  std::string target_group_tag = "ingress.k8s.aws/resource";  // key of the tag that names the Service of a target group

  std::vector<std::string> without_effect;  // flags of the reference that were given and mean nothing here

  bool runs(std::string_view controller) const;
};

// What to do after the command line is read.
struct ParsedOptions {
  Options options;
  std::optional<std::string> print_and_leave;  // the text of --help or --version
};

// What the environment variable ROLLOUT_VERIFY_RETRY_INTERVAL says: whole seconds, 10 without it. Error: anything else.
kube::Result<kube::Duration> verify_interval_in(const std::string& text);

// All mistakes of the command line at once. `arguments` is without the names of program and command.
kube::Result<ParsedOptions> parse_options(const std::vector<std::string>& arguments);

}  // namespace sluice::controller
