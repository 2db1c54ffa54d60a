// From the command line to running controllers, and back out.
#include "controller/process.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "analysis/fetch/operator_wire.h"
#include "analysis/run_controller.h"
#include "controller/analysis_metrics.h"
#include "controller/endpoints.h"
#include "controller/experiment_controller.h"
#include "controller/fenced_transport.h"
#include "controller/load_balancer_view.h"
#include "controller/rollout_controller.h"
#include "controller/spare_memory.h"
#include "controller/stores.h"
#include "controller/version.h"
#include "kube/http/url.h"
#include "kube/http_transport.h"
#include "kube/kubeconfig.h"
#include "kube/leader_election.h"
#include "kube/polite_transport.h"
#include "traffic/aws/elb_client.h"

namespace sluice::controller {
namespace {

namespace net = boost::asio;
using kube::Result;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string lease_namespace(const Options& options, const kube::ClusterAccess& access) {
  if (!options.ns.empty()) return options.ns;
  const std::string pod_namespace = environment("POD_NAMESPACE");
  return pod_namespace.empty() ? access.ns : pod_namespace;
}

// `stores` outlives the options.
analysis::RunControllerOptions run_options(const std::string& ns, const std::string& own_ns, const Stores& stores) {
  analysis::RunControllerOptions options;
  options.ns = ns;
  options.controller_namespace = own_ns;
  options.prometheus_address = environment("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS");
  options.job_namespace = environment("ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE");
  options.ready_pods = [&stores](const kube::ObjectKey& rollout, const std::string& hash) {
    return stores.ready_pods(rollout, hash);
  };
  return options;
}

// Metrics never ask the API server, however it is called.
analysis::EgressRules egress_rules(const Options& options, const kube::ClusterAccess& access) {
  analysis::EgressRules rules;
  rules.allowed = options.analysis_egress_allow;
  const Result<kube::HttpUrl> server = kube::parse_http_url(access.server);
  if (server) rules.api_servers.push_back(server->authority());
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  const std::string port = environment("KUBERNETES_SERVICE_PORT");
  if (!host.empty())
    rules.api_servers.push_back((host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
                                (port.empty() ? "443" : port));
  return rules;
}

traffic::ElbSettings elb_settings(const Options& options) {
  traffic::ElbSettings settings;
  settings.wire = analysis::fetch_for_operator();
  settings.tag_key = options.target_group_tag;
  return settings;
}

kube::LeaseSettings lease_settings(const Options& options) {
  kube::LeaseSettings settings;
  settings.identity = kube::new_identity();
  settings.duration = options.lease_duration;
  settings.renew_deadline = options.renew_deadline;
  settings.retry_period = options.retry_period;
  return settings;
}

class Process {
 public:
  Process(Options options, kube::ClusterAccess access, StartController start_applications)
      : options_(std::move(options)),
        log_(options_.log_level, options_.log_format, [this] { return clock_.now(); }),
        lease_namespace_(lease_namespace(options_, access)),
        served_namespace_(options_.namespaced ? lease_namespace_ : std::string()),
        egress_(egress_rules(options_, access)),
        transport_(std::move(access), clock_, transport_options()),
        fence_(transport_, [this] { return leads(); }),
        polite_(fence_, clock_),
        client_(polite_),
        lease_client_(transport_),
        election_(lease_client_, clock_, log_, {lease_namespace_, kube::controller_lease_name(options_.instance_id)},
                  lease_settings(options_)),
        events_(client_, clock_, log_, "rollouts-controller"),
        stores_({served_namespace_, options_.instance_id}),
        rollouts_(client_, stores_, events_, clock_, log_, {{options_.instance_id}}),
        experiments_(client_, stores_, events_, clock_, log_, {options_.instance_id}),
        runs_(client_, clock_, log_, stores_.analysis_runs, stores_.jobs, analysis::fetch_over_network(egress_),
              events_, run_options(served_namespace_, lease_namespace_, stores_)),
        start_applications_(std::move(start_applications)),
        always_(io_.get_executor(), log_),
        leading_(io_.get_executor(), log_),
        endpoints_(io_.get_executor(), endpoint_options(),
                   {[this] { return metrics_.text(); }, [this] { return stores_.not_synced(); }}) {}

  int run() {
    for (const std::string& flag : options_.without_effect) log_.warning("a flag has no effect", {{"flag", flag}});
    if (const Result<> started = endpoints_.start(); !started) {
      log_.error("cannot listen", {{"error", started.error().message}});
      return 1;
    }
    log_.info("started", {{"version", version_number()},
                          {"metrics_port", std::to_string(endpoints_.metrics_port())},
                          {"health_port", std::to_string(endpoints_.health_port())}});
    metrics_.add(add_process_metrics);
    metrics_.add([this](MetricFamilies& families) {
      rollouts_.add_metrics(families);
      experiments_.add_metrics(families);
      add_analysis_metrics(families, stores_, runs_.counters(), runs_.fetch_counters());
    });
    balancers_.ask_every(options_.verify_interval);
    if (options_.verify_target_groups) stores_.confirm_by(balancers_);
    wait_for_signals();
    stores_.listen_to_all([this] { spare_memory_.note_activity(); });
    stores_.start(always_, client_, clock_, log_);
    if (options_.leader_elect) {
      election_.listen([this](bool leads) { leadership_changed(leads); });
      election_tasks_.start("leader election", election_.run());
    } else {
      leadership_changed(true);
    }
    io_.run();
    pool_.join();
    return exit_code_;
  }

 private:
  static kube::HttpTransportOptions transport_options() {
    kube::HttpTransportOptions options;
    options.user_agent = "sluice/" + version_number();
    return options;
  }
  EndpointOptions endpoint_options() const {
    return {options_.bind_address, static_cast<std::uint16_t>(options_.health_port),
            static_cast<std::uint16_t>(options_.metrics_port)};
  }

  bool leads() const { return !options_.leader_elect || election_.is_leader(); }

  void leadership_changed(bool leads) {
    if (leads) {
      log_.info("this process leads", {});
      leading_.start("start of the controllers", start_controllers());
    } else if (!stopping_) {
      // Another process may lead now. Starting anew is the one way back that leaves nothing half done.
      log_.error("the lease is lost; ending", {{"holder", election_.holder()}});
      stop(1);
    }
  }

  net::awaitable<void> start_controllers() {
    while (!stores_.not_synced().empty()) co_await clock_.sleep_for(std::chrono::milliseconds(10));
    events_.start(telling_);
    if (options_.verify_target_groups) {
      balancers_.start(leading_);
      leading_.start("check of the cloud's credentials", check_cloud());
    }
    if (options_.runs("rollouts")) rollouts_.start(leading_);
    if (options_.runs("experiments")) experiments_.start(leading_);
    if (options_.runs("analysis")) runs_.start(leading_);
    if (options_.runs("applications") && start_applications_)
      applications_ =
          start_applications_({options_, served_namespace_, client_, events_, clock_, log_, leading_, metrics_, pool_});
    log_.info("the controllers run", {});
  }

  net::awaitable<void> check_cloud() {
    const Result<> checked = co_await cloud_.check();
    if (checked.has_value()) co_return;
    log_.error("load balancers cannot be asked, so that no weight of theirs counts as verified",
               {{"error", checked.error().message}});
  }

  void wait_for_signals() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (stopping_) ::_exit(1);
      log_.info("ending", {{"signal", std::to_string(signal)}});
      wait_for_signals();
      stop(0);
    });
  }

  void stop(int exit_code) {
    if (stopping_) return;
    stopping_ = true;
    exit_code_ = exit_code;
    net::co_spawn(io_, shut_down(), net::detached);
  }

  // Controllers first, so that nothing is decided any more; what happened is told; then the Lease is given back. The
  // loop ends by itself when nothing is left to do. What does not end in time is cut off.
  net::awaitable<void> shut_down() {
    leading_.stop();
    co_await events_.drain(std::chrono::seconds(2));
    telling_.stop();
    election_tasks_.stop();
    if (options_.leader_elect) co_await election_.release();
    always_.stop();
    endpoints_.stop();
    signals_.cancel();
    last_resort_.expires_after(std::chrono::seconds(5));
    last_resort_.async_wait([this](const boost::system::error_code& error) {
      if (!error) io_.stop();
    });
    while (leading_.running() + telling_.running() + election_tasks_.running() + always_.running() > 0)
      co_await clock_.sleep_for(std::chrono::milliseconds(5));
    last_resort_.cancel();
  }

  Options options_;
  net::io_context io_{1};
  net::thread_pool pool_{2};
  kube::RealClock clock_;
  kube::Log log_;
  std::string lease_namespace_;
  std::string served_namespace_;
  analysis::EgressRules egress_;
  kube::HttpTransport transport_;
  FencedTransport fence_;  // asked at the moment of sending, after all waiting
  kube::PoliteTransport polite_;
  kube::Client client_;
  kube::Client lease_client_;
  kube::LeaderElection election_;
  kube::EventRecorder events_;
  Stores stores_;
  traffic::ElbClient cloud_{elb_settings(options_), clock_};
  LoadBalancerView balancers_{cloud_, clock_, log_};
  RolloutController rollouts_;
  ExperimentController experiments_;
  analysis::AnalysisRunController runs_;
  StartController start_applications_;
  std::shared_ptr<void> applications_;
  MetricsPage metrics_;
  kube::Tasks always_;                             // run on a standby, too
  kube::Tasks leading_;                            // run while this process leads
  kube::Tasks telling_{io_.get_executor(), log_};  // events
  SpareMemory spare_memory_{clock_, always_};
  kube::Tasks election_tasks_{io_.get_executor(), log_};
  net::steady_timer last_resort_{io_};
  net::signal_set signals_{io_, SIGTERM, SIGINT};
  Endpoints endpoints_;
  bool stopping_ = false;
  int exit_code_ = 0;
};

}  // namespace

int run_process(const std::vector<std::string>& arguments, StartController applications) {
  Result<ParsedOptions> parsed = parse_options(arguments);
  if (!parsed) {
    std::fprintf(stderr, "sluice controller: %s\n", parsed.error().message.c_str());
    return 2;
  }
  if (parsed->print_and_leave) {
    std::fputs(parsed->print_and_leave->c_str(), stdout);
    return 0;
  }
  const Result<kube::Duration> verify_interval = verify_interval_in(environment("ROLLOUT_VERIFY_RETRY_INTERVAL"));
  if (!verify_interval) {
    std::fprintf(stderr, "sluice controller: %s\n", verify_interval.error().message.c_str());
    return 2;
  }
  parsed->options.verify_interval = *verify_interval;
  kube::AccessChoice choice;
  choice.kubeconfig = parsed->options.kubeconfig;
  choice.context = parsed->options.context;
  Result<kube::ClusterAccess> access = kube::find_cluster_access(choice, kube::process_environment());
  if (!access) {
    std::fprintf(stderr, "sluice controller: %s\n", access.error().message.c_str());
    return 1;
  }
  return Process(std::move(parsed->options), std::move(*access), std::move(applications)).run();
}

}  // namespace sluice::controller
