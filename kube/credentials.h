// Who to be at an API server, kept good: token files and certificates are read again, plugins run again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "kube/clock.h"
#include "kube/kubeconfig.h"

namespace sluice::kube {

// What one request shows.
struct Identity {
  std::string authorization;    // the header's value; "" for none
  std::string certificate_pem;  // of the client; "" for none
  std::string key_pem;
  bool operator==(const Identity&) const = default;
};

// Files are read again after a minute, as other Kubernetes clients do; a plugin is run again when its credential has
// expired. Tasks that ask while the plugin runs share its answer. `clock` outlives the source.
class CredentialSource {
 public:
  CredentialSource(ClusterAccess access, Clock& clock);
  ~CredentialSource();

  // Fault::unauthorized when no credential can be had; the message names the file or the plugin.
  net::awaitable<Result<Identity>> get();
  // The server has refused `identity` (401): the next get() looks for a new one. False when there cannot be another.
  bool renew(const Identity& refused);

 private:
  struct Run;

  Result<Identity> read_files();
  net::awaitable<Result<Identity>> ask_plugin();
  net::awaitable<Result<Identity>> run_plugin();

  ClusterAccess access_;
  Clock& clock_;
  std::optional<Identity> known_;
  Time good_until_ = Time::max();    // of known_
  Time last_renewal_ = Time::min();  // after a refusal
  std::shared_ptr<Run> run_;         // of the plugin, while it runs
};

// The credential in what a plugin printed, and when it expires.
struct PluginCredential {
  Identity identity;
  Time expires = Time::max();
};
Result<PluginCredential> parse_plugin_credential(const std::string& text, const std::string& api_version);

}  // namespace sluice::kube
