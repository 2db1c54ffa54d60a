// Running a sandbox as a program.
#include "sandbox/command.h"

#include <charconv>
#include <csignal>
#include <cstdio>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include "kube/clock.h"
#include "kube/log.h"
#include "sandbox/kubeconfig_file.h"
#include "sandbox/sandbox.h"
#include "sandbox/server.h"
#include "sandbox/traffic/metrics_endpoint.h"

namespace sluice::sandbox {
namespace {

namespace net = boost::asio;

kube::Error wrong(std::string message) { return {kube::Fault::invalid, std::move(message)}; }

void log_request(const kube::Log& log, const RequestRecord& record) {
  log.info("request", {{"method", record.method},
                       {"target", record.target},
                       {"user", record.user},
                       {"agent", record.agent},
                       {"status", std::to_string(record.status)},
                       {"microseconds", std::to_string(record.took.count())}});
}

int serve(const SandboxCommand& command) {
  net::io_context io(1);
  kube::RealClock clock;
  const kube::Log log(kube::LogLevel::info, kube::LogFormat::text, [&clock] { return clock.now(); });

  SandboxOptions options;
  if (command.traffic) options.traffic.emplace();
  Sandbox sandbox(io, clock, log, options);

  ApiServerOptions server_options;
  server_options.port = command.port;
  if (command.log_requests) server_options.log = [&log](const RequestRecord& record) { log_request(log, record); };
  ApiServer server(io.get_executor(), sandbox.api(), clock, std::move(server_options));
  const kube::Result<> started = server.start();
  if (!started) {
    fmt::print(stderr, "sluice sandbox: {}\n", started.error().message);
    return 1;
  }

  std::optional<MetricsEndpoint> metrics;
  if (sandbox.traffic()) {
    metrics.emplace(io.get_executor(), *sandbox.traffic(), command.metrics_port);
    const kube::Result<> listening = metrics->start();
    if (!listening) {
      fmt::print(stderr, "sluice sandbox: {}\n", listening.error().message);
      return 1;
    }
    log.info("simulated requests flow", {{"metrics", fmt::format("http://127.0.0.1:{}/metrics", metrics->port())}});
  }

  const kube::Result<> written =
      write_kubeconfig(command.kubeconfig, server.url(), server.authority_pem(), server.token());
  if (!written) {
    fmt::print(stderr, "sluice sandbox: {}\n", written.error().message);
    return 1;
  }
  log.info("the sandbox is ready", {{"server", server.url()}, {"kubeconfig", command.kubeconfig}});

  net::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) io.stop();
  });
  io.run();
  log.info("the sandbox ends");
  return 0;
}

}  // namespace

kube::Result<SandboxCommand> read_sandbox_command(int argc, const char* const* argv) {
  SandboxCommand command;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    std::optional<std::string_view> value;
    if (const std::size_t equals = argument.find('='); equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
      argument = argument.substr(0, equals);
    }
    const bool takes_value = argument == "--kubeconfig" || argument == "--port" || argument == "--metrics-port";
    if (takes_value && !value) {
      if (i + 1 == argc) return wrong(fmt::format("{} needs a value", argument));
      value = argv[++i];
    }
    const auto read_port = [&](std::uint16_t& port) {
      const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), port);
      return error == std::errc{} && end == value->data() + value->size();
    };
    if (argument == "--help" || argument == "-h") {
      command.help = true;
    } else if (argument == "--kubeconfig") {
      command.kubeconfig = *value;
    } else if (argument == "--port") {
      if (!read_port(command.port)) return wrong(fmt::format("--port: {} is not a port", *value));
    } else if (argument == "--metrics-port") {
      if (!read_port(command.metrics_port)) return wrong(fmt::format("--metrics-port: {} is not a port", *value));
    } else if (argument == "--traffic" && !value) {
      command.traffic = true;
    } else if (argument == "--log-requests" && !value) {
      command.log_requests = true;
    } else {
      return wrong(fmt::format("unknown argument {}", argv[i]));
    }
  }
  if (command.kubeconfig.empty() && !command.help)
    return wrong("--kubeconfig FILE is required: the file that will lead to the sandbox");
  return command;
}

std::string sandbox_help() {
  return R"(A Kubernetes API server with simulated nodes, in one process, on loopback. Nothing outlives it.

Usage:
  sluice sandbox --kubeconfig FILE [flags]

Flags:
      --kubeconfig FILE    written when the sandbox is ready, for kubectl and sluice
      --port N             port of the API (default: any free one)
      --traffic            send simulated requests through Services and HTTPRoutes to ready pods
      --metrics-port N     port of the metrics of these requests (default: any free one)
      --log-requests       print a line for every request to the API
  -h, --help               show this text

It serves until it gets SIGTERM or SIGINT.
)";
}

int run_sandbox(int argc, char** argv) {
  const kube::Result<SandboxCommand> command = read_sandbox_command(argc, argv);
  if (!command) {
    fmt::print(stderr, "sluice sandbox: {}\nTry 'sluice sandbox --help'.\n", command.error().message);
    return 2;
  }
  if (command->help) {
    fmt::print("{}", sandbox_help());
    return 0;
  }
  return serve(*command);
}

}  // namespace sluice::sandbox
