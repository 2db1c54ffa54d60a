// A real Kubernetes control plane, started for one run of this test program.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "kube/clock.h"

namespace sluice::cluster_test {

namespace net = boost::asio;

// The repository and the folders of the build that this program belongs to.
std::string source_path(const std::string& name);
std::string program_path(const std::string& name);
// A log that is kept after the run, emptied when this run first asks for it.
std::string result_path(const std::string& name);

// Servers, keys and logs live in a folder of its own, removed at the end. The API server's audit log and the servers'
// logs are kept as results.
class Plane {
 public:
  // `io` and `clock` outlive it. Returns when pods can be created and all CRDs of crds/ and gateway_crds.yaml are
  // there. Throws Unmet.
  Plane(net::io_context& io, kube::Clock& clock);
  ~Plane();
  Plane(const Plane&) = delete;
  Plane& operator=(const Plane&) = delete;

  // "kill kube-apiserver", "start kube-apiserver", "stop etcd", "cont etcd"; a start returns when it is ready. Throws
  // Unmet after a minute, or with what the plane says. One at a time.
  net::awaitable<void> command(std::string line);

  // While a restarted API server had not read its own rules yet, it denied what is allowed.
  bool was_settled_at(kube::Time time) const;
  // How often the API server was started again.
  std::size_t restarts() const;

  std::string path(const std::string& name) const;
  // Of "admin" (may do everything).
  std::string kubeconfig(const std::string& user) const { return path(user + ".kubeconfig"); }
  std::string server() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::cluster_test
