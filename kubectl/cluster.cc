// The way into the cluster for one call of the plugin.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "kube/http_transport.h"
#include "kube/kubeconfig.h"
#include "kubectl/command.h"

namespace sluice::kubectl {

struct Cluster::Parts {
  Parts(kube::ClusterAccess access, kube::HttpTransportOptions options)
      : ns(access.ns), transport(std::move(access), clock, options), client(transport) {}
  kube::net::io_context io{1};
  kube::RealClock clock;
  std::string ns;
  kube::HttpTransport transport;
  kube::Client client;
};

po::options_description global_flags() {
  po::options_description flags("Flags of every command", 110, 60);
  const auto text = [] { return po::value<std::string>(); };
  // clang-format off
  flags.add_options()
    ("help,h", po::bool_switch(), "print help")
    ("kubeconfig", text(), "the kubeconfig file")
    ("context", text(), "the context of the kubeconfig file")
    ("cluster", text(), "the cluster of the kubeconfig file")
    ("user", text(), "the user of the kubeconfig file")
    ("namespace,n", text(), "the namespace (default: the context's)")
    ("server,s", text(), "the address of the API server")
    ("token", text(), "the bearer token")
    ("request-timeout", po::value<std::string>()->default_value("60s"), "how long one request may take");
  // clang-format on
  return flags;
}

Cluster::Cluster(const Call& call) {
  kube::AccessChoice choice;
  choice.kubeconfig = call.text("kubeconfig");
  choice.context = call.text("context");
  choice.cluster = call.text("cluster");
  choice.user = call.text("user");
  choice.ns = call.text("namespace");
  choice.server = call.text("server");
  choice.token = call.text("token");
  kube::Result<kube::ClusterAccess> access = kube::find_cluster_access(choice, kube::process_environment());
  if (!access) throw CommandError(access.error().message);

  kube::HttpTransportOptions options;
  options.user_agent = "kubectl-sluice";
  const kube::Result<kube::Duration> deadline = kube::parse_duration(call.text("request-timeout"));
  if (!deadline) throw UsageError("--request-timeout: " + deadline.error().message);
  if (*deadline > kube::Duration::zero()) options.answer_deadline = *deadline;
  parts_ = std::make_unique<Parts>(std::move(*access), options);
}

Cluster::~Cluster() = default;

const std::string& Cluster::ns() const { return parts_->ns; }
kube::Client& Cluster::client() { return parts_->client; }
kube::Clock& Cluster::clock() { return parts_->clock; }

void Cluster::run_loop(kube::net::awaitable<void> work) {
  std::exception_ptr failure;
  kube::net::co_spawn(parts_->io, std::move(work), [&](std::exception_ptr error) {
    failure = error;
    parts_->io.stop();
  });
  parts_->io.restart();
  parts_->io.run();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace sluice::kubectl
