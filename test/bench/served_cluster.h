// A cluster of the sandbox behind HTTPS on real time, with a ledger of what one client does to it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "kube/clock.h"
#include "kube/log.h"
#include "ledger.h"
#include "sandbox/sandbox.h"
#include "sandbox/server.h"
#include "subject.h"

namespace sluice::bench {

namespace json = boost::json;

// Without workload options nothing happens in it by itself. Throws std::runtime_error when it cannot be served.
class ServedCluster {
 public:
  explicit ServedCluster(std::optional<sandbox::WorkloadOptions> workloads);
  ~ServedCluster();

  sandbox::Api& api() { return *api_; }
  Ledger& ledger() { return ledger_; }
  boost::asio::io_context& io() { return io_; }
  kube::Clock& clock() { return clock_; }
  const std::string& folder() const { return folder_; }

  // A request by a person; throws with the answer when it is refused.
  void ask(const std::string& method, const std::string& target, const std::string& body,
           const std::string& content_type = "application/json");
  // Creates the objects of YAML documents in the namespace default.
  void create(const std::string& yaml);
  const json::value* find(const kube::Resource& resource, const std::string& name, const std::string& ns = "default");

  // `sluice controller` on this cluster, with these flags besides the usual ones. `program` is the path of the binary.
  std::unique_ptr<Subject> start_controller(const std::string& program, const std::vector<std::string>& flags = {});
  // Serves until `done`; false after `limit`.
  bool serve_until(const std::function<bool()>& done, kube::Duration limit);
  void serve_for(kube::Duration length);
  // Serves while the controller ends; throws when it does not do so in order.
  void serve_until_ended(Subject& subject);
  // Serves until /readyz of the controller answers 200; throws after a minute.
  void serve_until_ready();

 private:
  boost::asio::io_context io_{1};
  kube::RealClock clock_;
  kube::Log log_;
  Ledger ledger_{"sluice/"};
  std::unique_ptr<sandbox::Api> bare_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  sandbox::Api* api_ = nullptr;
  std::unique_ptr<sandbox::ApiServer> server_;
  std::string folder_;
  std::uint16_t health_port_ = 0;
};

}  // namespace sluice::bench
