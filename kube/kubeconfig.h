// How to reach a cluster and who to be there: from kubeconfig files, or from the pod that this program runs in.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kube/http/tls.h"
#include "kube/result.h"

namespace sluice::kube {

// A program that prints credentials (client.authentication.k8s.io, v1 and v1beta1).
struct ExecPlugin {
  std::string api_version;
  std::string command;  // made absolute when the kubeconfig names it by a relative path with a slash
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // added to this program's own
  std::string install_hint;                                      // shown when the program does not exist
  bool provide_cluster_info = false;
};

// What is sent with each request. At most one of token, token_file, username and exec is set.
struct Credentials {
  std::string token;
  std::string token_file;  // read again as it rotates
  std::string username;
  std::string password;
  std::optional<ExecPlugin> exec;
  std::string as_user;  // impersonation; "" for none
  std::vector<std::string> as_groups;
};

struct ClusterAccess {
  std::string server;  // "https://host:6443", without a slash at the end; a path may follow the host
  TlsOptions tls;      // with the client certificate, if there is one
  Credentials credentials;
  std::string ns = "default";  // of the context
  std::string source;          // where all this was read, for messages: "context kind of /home/me/.kube/config"
  // When the client certificate comes from files: their names, so that they can be read again as they rotate.
  std::string certificate_file;
  std::string key_file;
};

// Flags that choose and override; "" means not given.
struct AccessChoice {
  std::string kubeconfig;  // --kubeconfig
  std::string context;     // --context
  std::string cluster;     // --cluster
  std::string user;        // --user
  std::string ns;          // --namespace
  std::string server;      // --server
  std::string token;       // --token
};

// Looks up one environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

// The way into the cluster: the file of --kubeconfig; else the files of $KUBECONFIG, merged as kubectl does (the first
// file that sets something wins); else ~/.kube/config; else, in a pod, its service account. Errors name the file and
// the field and say what to do.
Result<ClusterAccess> find_cluster_access(const AccessChoice& choice, const Environment& environment);

// The service account of the pod that this program runs in. `folder` holds token, ca.crt and namespace.
Result<ClusterAccess> in_cluster_access(const Environment& environment,
                                        const std::string& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

}  // namespace sluice::kube
