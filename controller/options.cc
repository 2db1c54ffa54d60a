// The flags of `sluice controller`, their help, and their mistakes.
#include "controller/options.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <boost/program_options.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/egress.h"
#include "controller/version.h"

namespace sluice::controller {
namespace {

namespace po = boost::program_options;
using kube::Error;
using kube::Fault;
using kube::Result;

// Flags of the reference that tune what this program does not have. They are accepted, so that an existing Deployment
// starts unchanged, and named in the log.
struct Unused {
  const char* name;
  const char* why;
};
constexpr Unused unused_flags[] = {
    {"rollout-resync", "objects are watched; nothing has to be read again from time to time"},
    {"qps", "the request rate follows the API server's answers"},
    {"burst", "the request rate follows the API server's answers"},
    {"kloglevel", "there is one log, see --loglevel"},
    {"rollout-threads", "one thread decides"},
    {"experiment-threads", "one thread decides"},
    {"analysis-threads", "one thread decides"},
    {"service-threads", "one thread decides"},
    {"ingress-threads", "one thread decides"},
    {"ephemeral-metadata-threads", "one thread decides"},
    {"ephemeral-metadata-update-pod-retries", "metadata of pods is written until it is as it should be"},
    {"istio-api-version", "the version that the API server serves is found by itself"},
    {"ingress-api-version", "networking.k8s.io/v1 is used"},
    {"alb-ingress-classes", "an Ingress that a Rollout names is followed whatever its class is"},
    {"nginx-ingress-classes", "an Ingress that a Rollout names is followed whatever its class is"},
};

constexpr std::string_view known_controllers[] = {"rollouts", "experiments", "analysis", "applications"};

po::options_description described() {
  po::options_description flags("Flags", 110, 60);
  const auto text = [] { return po::value<std::string>(); };
  const auto text_or = [](const char* value) { return po::value<std::string>()->default_value(value); };
  // clang-format off
  flags.add_options()
    ("help,h", "print this help")
    ("version", "print the version")
    ("kubeconfig", text(), "the kubeconfig file (default: $KUBECONFIG, in-cluster, ~/.kube/config)")
    ("context", text(), "the context of the kubeconfig file (default: its current context)")
    ("namespace,n", text(), "the namespace of the Lease and, with --namespaced, the only one that is served "
                            "(default: $POD_NAMESPACE, the service account's, the context's)")
    ("namespaced", po::bool_switch(), "serve one namespace only")
    ("instance-id", text(), "serve only objects with the label argo-rollouts.argoproj.io/controller-instance-id=<this>; "
                            "without it, only those that lack the label")
    ("controllers", po::value<std::vector<std::string>>()->composing(),
     "which controllers run: rollouts, experiments, analysis, applications; may be repeated or comma-separated "
     "(default: all)")
    ("metricsPort", po::value<int>()->default_value(8090), "port of /metrics; 0 lets the system choose")
    ("metricsport", po::value<int>(), "the same, older spelling")
    ("healthzPort", po::value<int>()->default_value(8080), "port of /healthz and /readyz; 0 lets the system choose")
    ("bind-address", text_or("0.0.0.0"), "address of both ports")
    ("loglevel", text_or("info"), "debug, info, warn or error")
    ("logformat", text_or("text"), "text or json")
    ("leader-elect", text_or("true")->implicit_value("true"), "wait for a Lease before acting: true or false")
    ("leader-election-lease-duration", text_or("15s"), "how long a Lease holds")
    ("leader-election-renew-deadline", text_or("10s"), "a leader that could not renew for this long stops acting")
    ("leader-election-retry-period", text_or("2s"), "how often the Lease is renewed or tried")
    ("analysis-egress-allow", text(),
     "addresses and networks that metrics may ask although they are loopback, link-local or the API server, such as "
     "127.0.0.0/8")
    ("aws-verify-target-group", text_or("false")->implicit_value("true"),
     "ask the Elastic Load Balancing API of AWS which weights are in force: true or false. Needs AWS_REGION and "
     "credentials")
    ("alb-verify-weight", po::value<std::string>()->implicit_value("true"), "the same, older spelling")
    ("alb-tag-key-resource-id", text_or("ingress.k8s.aws/resource"),
     "the tag of a target group that names the Ingress, Service and port that it belongs to")
    ("app-resync", text_or("180s"), "how often Git repositories are asked for new commits")
    ("repository-cache", text(), "folder of the Git mirrors (default: a temporary one)")
    ("allow-local-repositories", po::bool_switch(), "let Applications name repositories on this machine's disk")
    ("allow-http-repositories", po::bool_switch(), "let Applications name repositories by unprotected http://");
  // clang-format on
  return flags;
}

po::options_description described_unused() {
  po::options_description flags;
  for (const Unused& flag : unused_flags)
    flags.add_options()(flag.name, po::value<std::vector<std::string>>()->composing(), flag.why);
  return flags;
}

std::string help_text() {
  std::ostringstream text;
  text << "Runs Sluice's controllers: rollouts, experiments, analysis and, beside them, the applications that are "
          "synced from "
          "Git.\n\n"
          "Usage:\n  sluice controller [flags]\n\n"
       << described() << "\nFlags of Argo Rollouts that have no meaning here are accepted and named in the log.\n";
  return text.str();
}

// Reads one flag after the other and collects what is wrong.
class Reader {
 public:
  explicit Reader(const po::variables_map& given) : given_(given) {}

  std::string text(const char* name) const {
    return given_.count(name) ? given_[name].as<std::string>() : std::string();
  }
  int port(const char* name) {
    const int number = given_[name].as<int>();
    if (number < 0 || number > 65535) wrong(name, "must be a port from 0 to 65535");
    return number;
  }
  kube::Duration duration(const char* name) {
    const Result<kube::Duration> length = kube::parse_duration(text(name));
    if (!length)
      wrong(name, "must be a duration such as 15s or 2m");
    else if (*length <= kube::Duration::zero())
      wrong(name, "must be more than zero");
    else
      return *length;
    return {};
  }
  bool boolean(const char* name) {
    const std::string value = text(name);
    if (value != "true" && value != "false") wrong(name, "must be true or false");
    return value == "true";
  }
  template <class Choice>
  Choice one_of(const char* name, std::initializer_list<std::pair<std::string_view, Choice>> choices) {
    const std::string value = text(name);
    std::vector<std::string_view> names;
    for (const auto& [choice, meaning] : choices) {
      if (value == choice) return meaning;
      names.push_back(choice);
    }
    wrong(name, fmt::format("must be one of {}, not \"{}\"", fmt::join(names, ", "), value));
    return choices.begin()->second;
  }
  void wrong(std::string_view name, std::string_view message) {
    mistakes_.push_back(fmt::format("--{} {}", name, message));
  }
  const std::vector<std::string>& mistakes() const { return mistakes_; }

 private:
  const po::variables_map& given_;
  std::vector<std::string> mistakes_;
};

std::vector<std::string> chosen_controllers(const po::variables_map& given, Reader& reader) {
  std::vector<std::string> chosen;
  if (!given.count("controllers")) return chosen;
  for (const std::string& list : given["controllers"].as<std::vector<std::string>>()) {
    std::stringstream names(list);
    for (std::string name; std::getline(names, name, ',');) {
      if (std::find(std::begin(known_controllers), std::end(known_controllers), name) == std::end(known_controllers))
        reader.wrong("controllers",
                     fmt::format("knows rollouts, experiments, analysis and applications, not \"{}\"", name));
      chosen.push_back(name);
    }
  }
  return chosen;
}

Options read_options(const po::variables_map& given, Reader& reader) {
  using kube::LogFormat;
  using kube::LogLevel;
  Options options;
  options.kubeconfig = reader.text("kubeconfig");
  options.context = reader.text("context");
  options.ns = reader.text("namespace");
  options.namespaced = given["namespaced"].as<bool>();
  options.instance_id = reader.text("instance-id");
  options.controllers = chosen_controllers(given, reader);
  options.metrics_port = reader.port(given.count("metricsport") ? "metricsport" : "metricsPort");
  options.health_port = reader.port("healthzPort");
  options.bind_address = reader.text("bind-address");
  if (auto allowed = analysis::parse_egress_list(reader.text("analysis-egress-allow")))
    options.analysis_egress_allow = std::move(*allowed);
  else
    reader.wrong("analysis-egress-allow", allowed.error().message);
  options.log_level = reader.one_of<LogLevel>("loglevel", {{"info", LogLevel::info},
                                                           {"debug", LogLevel::debug},
                                                           {"warn", LogLevel::warning},
                                                           {"warning", LogLevel::warning},
                                                           {"error", LogLevel::error}});
  options.log_format = reader.one_of<LogFormat>("logformat", {{"text", LogFormat::text}, {"json", LogFormat::json}});
  options.leader_elect = reader.boolean("leader-elect");
  options.lease_duration = reader.duration("leader-election-lease-duration");
  options.renew_deadline = reader.duration("leader-election-renew-deadline");
  options.retry_period = reader.duration("leader-election-retry-period");
  if (options.lease_duration <= options.renew_deadline)
    reader.wrong("leader-election-lease-duration", "must be longer than --leader-election-renew-deadline");
  if (options.renew_deadline <= options.retry_period)
    reader.wrong("leader-election-renew-deadline", "must be longer than --leader-election-retry-period");
  options.verify_target_groups =
      reader.boolean(given.count("alb-verify-weight") ? "alb-verify-weight" : "aws-verify-target-group");
  options.target_group_tag = reader.text("alb-tag-key-resource-id");
  if (options.target_group_tag.empty()) reader.wrong("alb-tag-key-resource-id", "must not be empty");
  options.app_resync = reader.duration("app-resync");
  options.repository_cache = reader.text("repository-cache");
  options.local_repositories = given["allow-local-repositories"].as<bool>();
  options.plain_http_repositories = given["allow-http-repositories"].as<bool>();
  for (const Unused& flag : unused_flags)
    if (given.count(flag.name)) options.without_effect.push_back(fmt::format("--{}: {}", flag.name, flag.why));
  return options;
}

}  // namespace

bool Options::runs(std::string_view controller) const {
  return controllers.empty() || std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

Result<kube::Duration> verify_interval_in(const std::string& text) {
  if (text.empty()) return kube::seconds(10);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 1)
    return Error{
        Fault::invalid,
        fmt::format("ROLLOUT_VERIFY_RETRY_INTERVAL must be a whole number of seconds above 0, not \"{}\"", text)};
  return kube::seconds(number);
}

Result<ParsedOptions> parse_options(const std::vector<std::string>& arguments) {
  po::variables_map given;
  try {
    po::options_description all;
    all.add(described()).add(described_unused());
    const po::positional_options_description none;
    po::store(po::command_line_parser(arguments).options(all).positional(none).run(), given);
  } catch (const po::error& error) {
    return Error{Fault::invalid, fmt::format("{}; see sluice controller --help", error.what())};
  }
  if (given.count("help")) return ParsedOptions{{}, help_text()};
  if (given.count("version")) return ParsedOptions{{}, version_text() + "\n"};

  Reader reader(given);
  ParsedOptions parsed{read_options(given, reader), std::nullopt};
  if (!reader.mistakes().empty())
    return Error{Fault::invalid, fmt::format("{}; see sluice controller --help", fmt::join(reader.mistakes(), "; "))};
  return parsed;
}

}  // namespace sluice::controller
