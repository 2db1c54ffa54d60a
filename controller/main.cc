// The program `sluice`: one command per first argument.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <boost/json.hpp>

#include "controller/eval_command.h"
#include "controller/process.h"
#include "controller/vectors/vectors.h"
#include "controller/version.h"
#include "gitops/application_controller.h"
#include "gitops/git_mirrors.h"
#include "kube/clock.h"
#include "kubectl/findings.h"
#include "sandbox/command.h"

namespace {

namespace fs = std::filesystem;

constexpr std::string_view usage =
    R"(Sluice moves the traffic of Kubernetes workloads to new versions in small, measured, reversible steps.

Usage:
  sluice <command> [flags]

Commands:
  controller   run the controllers against a cluster
  sandbox      serve a Kubernetes API with simulated workloads, for trying out and for tests
  eval         try a condition of an analysis on a recorded result
  version      print the version
  help         print this help

`sluice <command> --help` tells more. The kubectl plugin is a program of its own: kubectl sluice --help.
)";

// The Git mirrors and the controller of the Applications that reads them. A folder that nobody asked for by name is
// removed at the end.
class Applications {
 public:
  explicit Applications(const sluice::controller::ProcessParts& parts)
      : temporary_(parts.options.repository_cache.empty() ? temporary_folder() : fs::path()),
        mirrors_(mirror_options(parts.options, temporary_), parts.clock, parts.pool, parts.log),
        controller_(parts.client, parts.clock, parts.log, mirrors_, controller_options(parts)) {
    controller_.start(parts.tasks);
  }
  ~Applications() {
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
  }
  Applications(const Applications&) = delete;
  Applications& operator=(const Applications&) = delete;

 private:
  static fs::path temporary_folder() {
    return fs::temp_directory_path() / ("sluice-repositories-" + std::to_string(::getpid()));
  }
  static sluice::gitops::RepositoryAccess access(const sluice::controller::Options& options) {
    return {options.local_repositories, options.plain_http_repositories};
  }
  static sluice::gitops::MirrorOptions mirror_options(const sluice::controller::Options& options,
                                                      const fs::path& temporary) {
    sluice::gitops::MirrorOptions mirrors;
    mirrors.folder = temporary.empty() ? fs::path(options.repository_cache) : temporary;
    mirrors.access = access(options);
    return mirrors;
  }
  static sluice::gitops::ApplicationControllerOptions controller_options(
      const sluice::controller::ProcessParts& parts) {
    sluice::gitops::ApplicationControllerOptions application_options;
    application_options.assessor.access = access(parts.options);
    application_options.ns = parts.served_namespace;
    application_options.resync = parts.options.app_resync;
    return application_options;
  }

  fs::path temporary_;  // "" when the user has named a folder
  sluice::gitops::GitMirrors mirrors_;
  sluice::gitops::ApplicationController controller_;
};

// A list of objects -> [{"object", "field", "message"}], as `kubectl sluice lint` finds them.
sluice::kube::Result<boost::json::value> lint(const boost::json::value& in) {
  if (!in.is_array()) return sluice::kube::Error{sluice::kube::Fault::invalid, "in must be a list of objects"};
  boost::json::array found;
  for (const auto& finding : sluice::kubectl::find_mistakes({in.get_array().begin(), in.get_array().end()}))
    found.push_back(
        boost::json::object{{"object", finding.object}, {"field", finding.field}, {"message", finding.message}});
  return boost::json::value(std::move(found));
}

// For programs that compare answers, not for people, so the help does not list it.
int run_vectors() {
  const auto operations = sluice::controller::vector_operations();
  std::vector<sluice::controller::VectorOperation> all(operations.begin(), operations.end());
  all.push_back({"lint", lint});
  return sluice::controller::answer_lines(std::cin, std::cout, all) ? 0 : 1;
}

int print(std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1; }

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "controller") {
    const std::vector<std::string> arguments(argv + 2, argv + argc);
    return sluice::controller::run_process(arguments, [](const sluice::controller::ProcessParts& parts) {
      return std::static_pointer_cast<void>(std::make_shared<Applications>(parts));
    });
  }
  if (command == "sandbox") return sluice::sandbox::run_sandbox(argc - 1, argv + 1);
  if (command == "eval") {
    const std::vector<std::string> arguments(argv + 2, argv + argc);
    return sluice::controller::run_eval(arguments, sluice::kube::RealClock().now(), std::cin, std::cout, std::cerr);
  }
  if (command == "vectors") return run_vectors();
  if (command == "version" || command == "--version") return print(sluice::controller::version_text() + "\n");
  if (command == "help" || command == "--help" || command == "-h") return print(usage);
  std::fputs(usage.data(), stderr);
  if (!command.empty()) std::fprintf(stderr, "\nsluice: there is no command \"%s\"\n", argv[1]);
  return 2;
}
