// What all commands share: their flags, the way into the cluster, and how they report failure.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/variables_map.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/result.h"

namespace sluice::kubectl {

namespace po = boost::program_options;

// The command was called with wrong arguments; `what()` is printed with the usage of the command.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The command could not do what it was asked to; `what()` is printed after "Error: ".
struct CommandError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// How many names a command takes after its own.
struct NameCount {
  std::size_t least = 0;
  std::size_t most = 0;
};
inline constexpr NameCount no_name{0, 0};
inline constexpr NameCount one_name{1, 1};
inline constexpr NameCount some_names{1, static_cast<std::size_t>(-1)};

// A parsed command line.
struct Call {
  std::vector<std::string> names;
  po::variables_map flags;
  bool has(const char* flag) const { return flags.count(flag) != 0 && !flags[flag].defaulted(); }
  bool is_set(const char* flag) const { return flags.count(flag) != 0 && flags[flag].as<bool>(); }
  std::string text(const char* flag) const { return flags.count(flag) ? flags[flag].as<std::string>() : std::string(); }
};

struct Command {
  std::vector<std::string> words;    // "get", "rollout"
  std::vector<std::string> aliases;  // of the last word
  std::string arguments;             // "ROLLOUT", for the usage
  std::string summary;
  NameCount names;
  po::options_description flags;  // of this command alone
  std::function<int(const Call&)> run;
};

// --kubeconfig, --context, --namespace and the other flags that every command takes.
po::options_description global_flags();

// The cluster that the flags, the environment and the kubeconfig name. Everything runs on one loop of its own.
class Cluster {
 public:
  // Throws CommandError when there is no way in.
  explicit Cluster(const Call& call);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  const std::string& ns() const;
  kube::Client& client();
  kube::Clock& clock();

  // Runs a coroutine to its end. Throws CommandError with the message of a failed Result.
  template <class T>
  T run(kube::net::awaitable<kube::Result<T>> work) {
    std::optional<kube::Result<T>> outcome;
    run_loop(finish(std::move(work), outcome));
    if (!*outcome) throw CommandError(outcome->error().message);
    if constexpr (!std::is_void_v<T>) return std::move(**outcome);
  }
  // The same for work that fails by throwing.
  void run_loop(kube::net::awaitable<void> work);

 private:
  template <class T>
  static kube::net::awaitable<void> finish(kube::net::awaitable<kube::Result<T>> work,
                                           std::optional<kube::Result<T>>& outcome) {
    outcome.emplace(co_await std::move(work));
  }

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Each file of commands adds its own.
void add_get(std::vector<Command>& commands);
void add_list(std::vector<Command>& commands);
void add_status(std::vector<Command>& commands);
void add_promote(std::vector<Command>& commands);
void add_simple_patches(std::vector<Command>& commands);  // pause, abort, retry, restart, terminate
void add_undo(std::vector<Command>& commands);
void add_set_image(std::vector<Command>& commands);
void add_lint(std::vector<Command>& commands);
void add_explain_rollout(std::vector<Command>& commands);
void add_simulate(std::vector<Command>& commands);
void add_explain_run(std::vector<Command>& commands);
void add_list_runs(std::vector<Command>& commands);  // list experiments, list analysisruns
void add_create(std::vector<Command>& commands);
void add_plan_exposure(std::vector<Command>& commands);

}  // namespace sluice::kubectl
