// Token files, client certificate files and exec plugins.
#include "kube/credentials.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "kube/base64.h"
#include "kube/fields.h"
#include "kube/http/url.h"
#include "kube/subprocess.h"

namespace sluice::kube {

namespace {

constexpr Duration file_period = std::chrono::minutes(1);
// A server that refuses every credential must not make us run the plugin for each request.
constexpr Duration renewal_period = std::chrono::seconds(10);
constexpr Duration plugin_deadline = std::chrono::minutes(1);

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Result<std::string> read_token(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file.is_open()) return Error{Fault::unauthorized, fmt::format("token file {}: {}", path, std::strerror(errno))};
  const std::string token = trimmed(text.str());
  if (token.empty()) return Error{Fault::unauthorized, fmt::format("token file {}: is empty", path)};
  return token;
}

struct PluginStatus {
  std::optional<Time> expires;
  std::string token, certificate, key;
  static void fields(auto& self, auto& visit) {
    visit("expirationTimestamp", self.expires);
    visit("token", self.token);
    visit("clientCertificateData", self.certificate);
    visit("clientKeyData", self.key);
  }
};

struct PluginAnswer {
  std::string api_version, kind;
  PluginStatus status;
  static void fields(auto& self, auto& visit) {
    visit.required("apiVersion", self.api_version);
    visit.required("kind", self.kind);
    visit("status", self.status);
  }
};

// What the plugin is told about the cluster, in KUBERNETES_EXEC_INFO.
std::string exec_info(const ClusterAccess& access, const ExecPlugin& plugin) {
  json::object spec{{"interactive", false}};
  if (plugin.provide_cluster_info) {
    json::object cluster{{"server", access.server}};
    if (!access.tls.server_name.empty()) cluster["tls-server-name"] = access.tls.server_name;
    if (!access.tls.verify) cluster["insecure-skip-tls-verify"] = true;
    if (!access.tls.ca_pem.empty()) cluster["certificate-authority-data"] = encode_base64(access.tls.ca_pem);
    spec["cluster"] = std::move(cluster);
  }
  json::object info{{"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}};
  info["spec"] = std::move(spec);
  return print_json(json::value(std::move(info)));
}

Command plugin_command(const ClusterAccess& access, const ExecPlugin& plugin) {
  Command command;
  command.arguments.push_back(plugin.command);
  command.arguments.insert(command.arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  command.environment = current_environment();
  const auto set = [&](const std::string& name, const std::string& value) {
    std::erase_if(command.environment, [&](const auto& variable) { return variable.first == name; });
    command.environment.emplace_back(name, value);
  };
  for (const auto& [name, value] : plugin.environment) set(name, value);
  set("KUBERNETES_EXEC_INFO", exec_info(access, plugin));
  command.deadline = plugin_deadline;
  command.output_limit = 1 << 20;
  return command;
}

}  // namespace

Result<PluginCredential> parse_plugin_credential(const std::string& text, const std::string& api_version) {
  const auto value = parse_json(text);
  if (!value) return Error{Fault::unauthorized, fmt::format("printed no JSON: {}", value.error().message)};
  Mistakes mistakes;
  const PluginAnswer answer = decode<PluginAnswer>(*value, mistakes);
  if (!mistakes.empty()) return Error{Fault::unauthorized, "printed " + describe(mistakes)};
  if (answer.kind != "ExecCredential")
    return Error{Fault::unauthorized, fmt::format("printed a {} instead of an ExecCredential", answer.kind)};
  if (answer.api_version != api_version)
    return Error{Fault::unauthorized,
                 fmt::format("printed apiVersion {}, but the kubeconfig says {}", answer.api_version, api_version)};
  if (answer.status.certificate.empty() != answer.status.key.empty())
    return Error{Fault::unauthorized, "printed only one of clientCertificateData and clientKeyData"};
  if (answer.status.token.empty() && answer.status.certificate.empty())
    return Error{Fault::unauthorized, "printed neither a token nor a client certificate in status"};
  PluginCredential credential;
  if (!answer.status.token.empty()) credential.identity.authorization = "Bearer " + answer.status.token;
  credential.identity.certificate_pem = answer.status.certificate;
  credential.identity.key_pem = answer.status.key;
  credential.expires = answer.status.expires.value_or(Time::max());
  return credential;
}

// One run of the plugin, and the tasks that wait for it.
struct CredentialSource::Run {
  explicit Run(const net::any_io_executor& executor) : done(executor, net::steady_timer::time_point::max()) {}
  net::steady_timer done;
  std::optional<Result<Identity>> result;  // stays empty when the running task was cancelled
};

CredentialSource::CredentialSource(ClusterAccess access, Clock& clock) : access_(std::move(access)), clock_(clock) {}
CredentialSource::~CredentialSource() = default;

net::awaitable<Result<Identity>> CredentialSource::get() {
  if (known_ && clock_.now() < good_until_) co_return *known_;
  if (access_.credentials.exec) co_return co_await ask_plugin();
  co_return read_files();
}

Result<Identity> CredentialSource::read_files() {
  const Credentials& credentials = access_.credentials;
  Identity identity;
  identity.certificate_pem = access_.tls.certificate_pem;
  identity.key_pem = access_.tls.key_pem;
  if (!credentials.token.empty()) identity.authorization = "Bearer " + credentials.token;
  if (!credentials.username.empty())
    identity.authorization = basic_authorization(credentials.username, credentials.password);
  if (!credentials.token_file.empty()) {
    const auto token = read_token(credentials.token_file);
    // While the file is being replaced, the token known so far is the best there is.
    if (!token && !known_) return token.error();
    identity.authorization = token ? "Bearer " + *token : known_->authorization;
  }
  if (!access_.certificate_file.empty()) {
    const auto certificate = read_pem_file(access_.certificate_file, "client certificate");
    const auto key = read_pem_file(access_.key_file, "client key");
    if (certificate && key) {
      identity.certificate_pem = *certificate;
      identity.key_pem = *key;
    }
  }
  const bool rotates = !credentials.token_file.empty() || !access_.certificate_file.empty();
  good_until_ = rotates ? clock_.now() + file_period : Time::max();
  known_ = identity;
  return identity;
}

net::awaitable<Result<Identity>> CredentialSource::ask_plugin() {
  while (run_) {
    const std::shared_ptr<Run> run = run_;
    boost::system::error_code woken;
    co_await run->done.async_wait(net::redirect_error(net::use_awaitable, woken));
    if (run->result) co_return *run->result;
  }
  auto run = std::make_shared<Run>(co_await net::this_coro::executor);
  run_ = run;
  struct Ending {
    CredentialSource& source;
    Run& run;
    ~Ending() {
      source.run_.reset();
      run.done.cancel();
    }
  };
  const Ending ending{*this, *run};
  run->result = co_await run_plugin();
  co_return *run->result;
}

net::awaitable<Result<Identity>> CredentialSource::run_plugin() {
  const ExecPlugin& plugin = *access_.credentials.exec;
  const auto failed = [&](std::string_view what) {
    std::string message = fmt::format("the credential plugin {} of {} {}", plugin.command, access_.source, what);
    if (!plugin.install_hint.empty()) message += "; " + plugin.install_hint;
    return Error{Fault::unauthorized, std::move(message)};
  };
  Command command = plugin_command(access_, plugin);
  const auto outcome = co_await run_command(std::move(command));
  if (!outcome && outcome.error().fault == Fault::cancelled) co_return outcome.error();
  if (!outcome) co_return failed("could not be run: " + outcome.error().message);
  if (outcome->exit_code != 0)
    co_return failed(fmt::format("ended with {}: {}", outcome->exit_code, trimmed(outcome->errors).substr(0, 500)));
  const auto credential = parse_plugin_credential(outcome->output, plugin.api_version);
  if (!credential) co_return failed(credential.error().message);
  known_ = credential->identity;
  good_until_ = credential->expires;
  // A certificate of the kubeconfig stays when the plugin brings only a token.
  if (known_->certificate_pem.empty()) {
    known_->certificate_pem = access_.tls.certificate_pem;
    known_->key_pem = access_.tls.key_pem;
  }
  co_return *known_;
}

bool CredentialSource::renew(const Identity& refused) {
  const bool can_change =
      access_.credentials.exec || !access_.credentials.token_file.empty() || !access_.certificate_file.empty();
  if (!can_change) return false;
  if (known_ && !(*known_ == refused)) return true;  // somebody else has renewed it meanwhile
  const Time now = clock_.now();
  if (last_renewal_ != Time::min() && now - last_renewal_ < renewal_period) return false;
  last_renewal_ = now;
  good_until_ = Time::min();
  return true;
}

}  // namespace sluice::kube
