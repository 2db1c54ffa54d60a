// Reads kubeconfig files and a pod's service account.
#include "kube/kubeconfig.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "kube/base64.h"
#include "kube/fields.h"
#include "kube/yaml.h"

namespace sluice::kube {

namespace {

// The file as it is written.

struct FileCluster {
  std::string server, ca_file, ca_data, server_name, proxy;
  bool insecure = false;
  static void fields(auto& self, auto& visit) {
    visit("server", self.server);
    visit("certificate-authority", self.ca_file);
    visit("certificate-authority-data", self.ca_data);
    visit("tls-server-name", self.server_name);
    visit("proxy-url", self.proxy);
    visit("insecure-skip-tls-verify", self.insecure);
  }
};

struct FileVariable {
  std::string name, value;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("value", self.value);
  }
};

struct FileExec {
  std::string api_version, command, install_hint, interactive_mode;
  std::vector<std::string> arguments;
  std::vector<FileVariable> environment;
  bool provide_cluster_info = false;
  static void fields(auto& self, auto& visit) {
    visit.required("apiVersion", self.api_version);
    visit.required("command", self.command);
    visit("args", self.arguments);
    visit("env", self.environment);
    visit("installHint", self.install_hint);
    visit("interactiveMode", self.interactive_mode);
    visit("provideClusterInfo", self.provide_cluster_info);
  }
};

struct FileUser {
  std::string token, token_file, certificate_file, certificate_data, key_file, key_data, username, password, as_user,
      as_uid;
  std::vector<std::string> as_groups;
  std::optional<FileExec> exec;
  json::value as_extra, auth_provider;
  static void fields(auto& self, auto& visit) {
    visit("token", self.token);
    visit("tokenFile", self.token_file);
    visit("client-certificate", self.certificate_file);
    visit("client-certificate-data", self.certificate_data);
    visit("client-key", self.key_file);
    visit("client-key-data", self.key_data);
    visit("username", self.username);
    visit("password", self.password);
    visit("as", self.as_user);
    visit("as-uid", self.as_uid);
    visit("as-groups", self.as_groups);
    visit("as-user-extra", self.as_extra);
    visit("exec", self.exec);
    visit("auth-provider", self.auth_provider);
  }
};

struct FileContext {
  std::string cluster, user, ns;
  static void fields(auto& self, auto& visit) {
    visit("cluster", self.cluster);
    visit("user", self.user);
    visit("namespace", self.ns);
  }
};

struct NamedCluster {
  std::string name;
  FileCluster cluster;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("cluster", self.cluster);
  }
};
struct NamedUser {
  std::string name;
  FileUser user;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("user", self.user);
  }
};
struct NamedContext {
  std::string name;
  FileContext context;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("context", self.context);
  }
};

struct File {
  std::string kind, current_context;
  std::vector<NamedCluster> clusters;
  std::vector<NamedUser> users;
  std::vector<NamedContext> contexts;
  static void fields(auto& self, auto& visit) {
    visit("kind", self.kind);
    visit("current-context", self.current_context);
    visit("clusters", self.clusters);
    visit("users", self.users);
    visit("contexts", self.contexts);
  }
};

// An entry and the file it stands in: paths are relative to that file, and messages name it.
template <class T>
struct Found {
  std::string file;
  T entry;
};

// Several files as one. The first file that has an entry of a name wins.
struct Merged {
  std::vector<std::string> files;
  std::string current_context;
  std::map<std::string, Found<FileCluster>> clusters;
  std::map<std::string, Found<FileUser>> users;
  std::map<std::string, Found<FileContext>> contexts;
};

Error wrong(const std::string& file, const std::string& what) {
  return {Fault::invalid, fmt::format("kubeconfig {}: {}", file, what)};
}

template <class Map>
std::string names_in(const Map& map) {
  std::string all;
  for (const auto& [name, entry] : map) all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  // An empty file leaves the fail bit of `text` set, which is no failure to read.
  if (!file.is_open() || file.bad()) return Error{Fault::invalid, std::strerror(errno)};
  return text.str();
}

Result<> merge_file(const std::string& path, Merged& merged) {
  const auto text = read_file(path);
  if (!text) return wrong(path, fmt::format("cannot be read: {}", text.error().message));
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) return {};
  const auto value = parse_yaml(*text);
  if (!value) return wrong(path, fmt::format("is not YAML: {}", value.error().message));
  if (!value->is_object()) return wrong(path, "is not a kubeconfig: it must hold clusters, users and contexts");
  Mistakes mistakes;
  File file = decode<File>(*value, mistakes);
  if (!mistakes.empty()) return wrong(path, describe(mistakes));
  if (!file.kind.empty() && file.kind != "Config")
    return wrong(path, fmt::format("kind: is {} instead of Config; is this the right file?", file.kind));
  merged.files.push_back(path);
  if (merged.current_context.empty()) merged.current_context = file.current_context;
  for (NamedCluster& one : file.clusters)
    merged.clusters.try_emplace(one.name, Found<FileCluster>{path, std::move(one.cluster)});
  for (NamedUser& one : file.users) merged.users.try_emplace(one.name, Found<FileUser>{path, std::move(one.user)});
  for (NamedContext& one : file.contexts)
    merged.contexts.try_emplace(one.name, Found<FileContext>{path, std::move(one.context)});
  return {};
}

std::string beside(const std::string& file, const std::string& path) {
  return path.empty() || path.front() == '/' ? path : (std::filesystem::path(file).parent_path() / path).string();
}

// Where one PEM text comes from: data in the file, or another file.
struct PemSource {
  std::string owner;  // cluster "kind"
  std::string field;  // certificate-authority
  std::string data;
  std::string path;  // absolute
};

Result<std::string> pem_from(const std::string& file, const PemSource& source) {
  if (!source.data.empty()) {
    const auto decoded = decode_base64(source.data);
    const std::string place = fmt::format("{}, field {}-data", source.owner, source.field);
    if (!decoded) return wrong(file, place + ": is not base64; it is the PEM text in base64, in one line");
    if (decoded->find("-----BEGIN ") == std::string::npos) return wrong(file, place + ": is not PEM after base64");
    return *decoded;
  }
  if (source.path.empty()) return std::string();
  auto pem = read_pem_file(source.path, fmt::format("{}, field {}:", source.owner, source.field));
  if (!pem) return wrong(file, pem.error().message);
  return pem;
}

Result<> use_cluster(const std::string& name, const Found<FileCluster>& found, ClusterAccess& access) {
  const FileCluster& cluster = found.entry;
  const std::string owner = fmt::format("cluster \"{}\"", name);
  const auto refuse = [&](const char* field, const std::string& why) {
    return wrong(found.file, fmt::format("{}, field {}: {}", owner, field, why));
  };
  if (!cluster.proxy.empty())
    return refuse("proxy-url", "proxies are not supported; remove it and make the server reachable without one");
  if (access.server.empty()) access.server = cluster.server;
  if (access.server.empty()) return refuse("server", "is missing; write the URL of the API server");
  if (!access.server.starts_with("https://") && !access.server.starts_with("http://"))
    return refuse("server", fmt::format("\"{}\" must begin with https://", access.server));
  while (access.server.ends_with('/')) access.server.pop_back();
  access.tls.server_name = cluster.server_name;
  access.tls.verify = !cluster.insecure;
  auto ca =
      pem_from(found.file, {owner, "certificate-authority", cluster.ca_data, beside(found.file, cluster.ca_file)});
  if (!ca) return ca.error();
  if (cluster.insecure && !ca->empty())
    return refuse("insecure-skip-tls-verify", "cannot be true beside a certificate-authority; remove one of them");
  access.tls.ca_pem = std::move(*ca);
  return {};
}

Result<ExecPlugin> exec_plugin(const std::string& name, const Found<FileUser>& found) {
  const FileExec& exec = *found.entry.exec;
  const auto refuse = [&](const char* field, const std::string& why) {
    return wrong(found.file, fmt::format("user \"{}\", field exec.{}: {}", name, field, why));
  };
  if (exec.api_version != "client.authentication.k8s.io/v1" &&
      exec.api_version != "client.authentication.k8s.io/v1beta1")
    return refuse("apiVersion",
                  fmt::format("{} is not supported; use client.authentication.k8s.io/v1 or v1beta1", exec.api_version));
  if (exec.interactive_mode == "Always")
    return refuse("interactiveMode", "Always is not supported, because nobody is there to answer; use another user");
  if (exec.command.empty()) return refuse("command", "is empty; name the program that prints the credentials");
  ExecPlugin plugin;
  plugin.api_version = exec.api_version;
  plugin.command = exec.command.find('/') == std::string::npos ? exec.command : beside(found.file, exec.command);
  plugin.arguments = exec.arguments;
  for (const FileVariable& variable : exec.environment) plugin.environment.emplace_back(variable.name, variable.value);
  plugin.install_hint = exec.install_hint;
  plugin.provide_cluster_info = exec.provide_cluster_info;
  return plugin;
}

Result<> use_user(const std::string& name, const Found<FileUser>& found, ClusterAccess& access) {
  const FileUser& user = found.entry;
  const std::string owner = fmt::format("user \"{}\"", name);
  const auto refuse = [&](const char* field, const std::string& why) {
    return wrong(found.file, fmt::format("{}, field {}: {}", owner, field, why));
  };
  if (!user.auth_provider.is_null())
    return refuse("auth-provider", "Kubernetes has removed it; use exec with the plugin of your provider");
  if (!user.as_uid.empty() || !user.as_extra.is_null())
    return refuse(user.as_uid.empty() ? "as-user-extra" : "as-uid", "is not supported; remove it");
  if (user.as_user.empty() && !user.as_groups.empty()) return refuse("as-groups", "needs the field as beside it");

  auto certificate = pem_from(
      found.file, {owner, "client-certificate", user.certificate_data, beside(found.file, user.certificate_file)});
  if (!certificate) return certificate.error();
  auto key = pem_from(found.file, {owner, "client-key", user.key_data, beside(found.file, user.key_file)});
  if (!key) return key.error();
  if (certificate->empty() != key->empty())
    return refuse(key->empty() ? "client-key" : "client-certificate", "is missing; a client certificate needs both");
  access.tls.certificate_pem = std::move(*certificate);
  access.tls.key_pem = std::move(*key);
  if (user.certificate_data.empty() && user.key_data.empty()) {
    access.certificate_file = beside(found.file, user.certificate_file);
    access.key_file = beside(found.file, user.key_file);
  }

  Credentials& credentials = access.credentials;
  credentials.as_user = user.as_user;
  credentials.as_groups = user.as_groups;
  if (!user.token_file.empty()) {
    credentials.token_file = beside(found.file, user.token_file);
    if (!std::ifstream(credentials.token_file))
      return refuse("tokenFile", fmt::format("{}: {}", credentials.token_file, std::strerror(errno)));
  } else if (!user.token.empty()) {
    credentials.token = user.token;
  } else if (!user.username.empty()) {
    credentials.username = user.username;
    credentials.password = user.password;
  } else if (user.exec) {
    auto plugin = exec_plugin(name, found);
    if (!plugin) return plugin.error();
    credentials.exec = std::move(*plugin);
  }
  return {};
}

std::string all_files(const Merged& merged) { return fmt::format("{}", fmt::join(merged.files, ":")); }

Result<ClusterAccess> access_from(const Merged& merged, const AccessChoice& choice) {
  const std::string files = all_files(merged);
  const std::string name = choice.context.empty() ? merged.current_context : choice.context;
  Found<FileContext> context{files, {}};
  if (!name.empty()) {
    const auto at = merged.contexts.find(name);
    if (at == merged.contexts.end())
      return wrong(files, fmt::format("{}: there is no context \"{}\"; there are: {}",
                                      choice.context.empty() ? "current-context" : "--context", name,
                                      names_in(merged.contexts)));
    context = at->second;
  } else if (choice.cluster.empty()) {
    return wrong(files, fmt::format("current-context: is not set; choose one with --context, there are: {}",
                                    names_in(merged.contexts)));
  }

  ClusterAccess access;
  access.source = name.empty() ? files : fmt::format("context {} of {}", name, context.file);
  access.server = choice.server;
  const std::string cluster = choice.cluster.empty() ? context.entry.cluster : choice.cluster;
  const auto cluster_at = merged.clusters.find(cluster);
  if (cluster_at == merged.clusters.end())
    return wrong(context.file, fmt::format("context \"{}\", field cluster: there is no cluster \"{}\"; there are: {}",
                                           name, cluster, names_in(merged.clusters)));
  const auto clustered = use_cluster(cluster, cluster_at->second, access);
  if (!clustered) return clustered.error();

  const std::string user = choice.user.empty() ? context.entry.user : choice.user;
  if (!user.empty()) {
    const auto user_at = merged.users.find(user);
    if (user_at == merged.users.end())
      return wrong(context.file, fmt::format("context \"{}\", field user: there is no user \"{}\"; there are: {}", name,
                                             user, names_in(merged.users)));
    const auto used = use_user(user, user_at->second, access);
    if (!used) return used.error();
  }
  if (!context.entry.ns.empty()) access.ns = context.entry.ns;
  return access;
}

// What flags say counts most.
ClusterAccess with_flags(ClusterAccess access, const AccessChoice& choice) {
  if (!choice.ns.empty()) access.ns = choice.ns;
  if (!choice.token.empty()) {
    Credentials given;
    given.token = choice.token;
    given.as_user = access.credentials.as_user;
    given.as_groups = access.credentials.as_groups;
    access.credentials = std::move(given);
  }
  return access;
}

std::vector<std::string> split_paths(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ':');)
    if (!part.empty()) all.push_back(part);
  return all;
}

std::vector<std::string> default_files(const Environment& environment) {
  const auto listed = environment("KUBECONFIG");
  if (listed && !listed->empty()) return split_paths(*listed);
  const auto home = environment("HOME");
  if (home && !home->empty()) return {*home + "/.kube/config"};
  return {};
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (!value) return std::nullopt;
    return std::string(value);
  };
}

Result<ClusterAccess> find_cluster_access(const AccessChoice& choice, const Environment& environment) {
  Merged merged;
  std::vector<std::string> files = default_files(environment);
  if (!choice.kubeconfig.empty()) files = {choice.kubeconfig};
  for (const std::string& file : files) {
    std::error_code ignored;
    // kubectl passes over files of $KUBECONFIG that do not exist, but not over the one of --kubeconfig.
    if (choice.kubeconfig.empty() && !std::filesystem::exists(file, ignored)) continue;
    const Result<> read = merge_file(file, merged);
    if (!read) return read.error();
  }

  Result<ClusterAccess> access = Error{};
  if (!merged.files.empty()) {
    access = access_from(merged, choice);
  } else if (!choice.kubeconfig.empty()) {
    return wrong(choice.kubeconfig, "is empty; it must hold clusters, users and contexts");
  } else if (environment("KUBERNETES_SERVICE_HOST")) {
    access = in_cluster_access(environment);
  } else {
    const std::string looked = files.empty() ? "nowhere ($HOME is not set)" : fmt::format("{}", fmt::join(files, ", "));
    return Error{Fault::invalid,
                 fmt::format("no cluster is configured: --kubeconfig is not given, nothing is in {}, and "
                             "this is not a pod (KUBERNETES_SERVICE_HOST is not set)",
                             looked)};
  }
  if (!access) return access.error();
  return with_flags(std::move(*access), choice);
}

Result<ClusterAccess> in_cluster_access(const Environment& environment, const std::string& folder) {
  const auto host = environment("KUBERNETES_SERVICE_HOST");
  const auto port = environment("KUBERNETES_SERVICE_PORT");
  if (!host || !port || host->empty() || port->empty())
    return Error{Fault::invalid,
                 "this is not a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; "
                 "give --kubeconfig"};
  ClusterAccess access;
  access.source = "the pod's service account";
  access.server = host->find(':') == std::string::npos ? fmt::format("https://{}:{}", *host, *port)
                                                       : fmt::format("https://[{}]:{}", *host, *port);
  auto ca = read_pem_file(folder + "/ca.crt", "service account,");
  if (!ca) return ca.error();
  access.tls.ca_pem = std::move(*ca);
  access.credentials.token_file = folder + "/token";
  if (!std::ifstream(access.credentials.token_file))
    return Error{Fault::invalid, fmt::format("service account, {}: {}; does the pod set automountServiceAccountToken: "
                                             "false?",
                                             access.credentials.token_file, std::strerror(errno))};
  const auto ns = read_file(folder + "/namespace");
  if (ns) {
    const std::size_t end = ns->find_last_not_of(" \r\n\t");
    if (end != std::string::npos) access.ns = ns->substr(0, end + 1);
  }
  return access;
}

}  // namespace sluice::kube
