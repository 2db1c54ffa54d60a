// The sandbox's API over HTTPS on loopback, as a real cluster would be reached.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "kube/http/server.h"
#include "kube/result.h"
#include "kube/time.h"
#include "sandbox/api.h"

namespace sluice::sandbox {

// One request as it was answered; a watch is told when it ends.
struct RequestRecord {
  std::string method;
  std::string target;
  std::string user;
  std::string agent;  // the User-Agent
  unsigned status = 0;
  kube::Time received;  // its last byte
  kube::Duration took{};
  std::uint64_t version = 0;  // the first version that it made; 0 when it changed nothing
  bool is_watch = false;
};

struct ApiServerOptions {
  std::uint16_t port = 0;  // 0 for any free one
  std::function<void(const RequestRecord&)> log;
};

// Makes an authority, a certificate for loopback and a client token for itself at start. Clients show the token, or a
// client certificate of the authority; everybody else is answered 401. `api` outlives the server.
class ApiServer {
 public:
  ApiServer(kube::net::any_io_executor executor, Api& api, kube::Clock& clock, ApiServerOptions options);
  ~ApiServer();

  // Begins to serve. Fault::unavailable when the port is taken.
  kube::Result<> start();
  std::uint16_t port() const;
  // "https://127.0.0.1:<port>".
  std::string url() const;
  const std::string& authority_pem() const;
  const std::string& token() const;
  // Ends watches and waits for what is under way.
  kube::net::awaitable<void> stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::sandbox
