// `lint`: checks manifests without a cluster.
#include <cstdio>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kubectl/command.h"
#include "kubectl/compare_warnings.h"
#include "kubectl/findings.h"
#include "kubectl/flag_numbers.h"
#include "kubectl/manifest_files.h"
#include "kubectl/router_warnings.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

std::string as_json(const std::vector<Finding>& findings, const std::vector<Finding>& warnings) {
  json::array list;
  for (const Finding& finding : findings)
    list.push_back(json::object{{"object", finding.object}, {"field", finding.field}, {"message", finding.message}});
  for (const Finding& warning : warnings)
    list.push_back(json::object{
        {"object", warning.object}, {"field", warning.field}, {"message", warning.message}, {"severity", "warning"}});
  return kube::print_json_indented(list) + "\n";
}

void print(const Finding& finding, const char* before) {
  std::printf("%s%s: %s%s%s\n", before, finding.object.c_str(), finding.field.c_str(),
              finding.field.empty() ? "" : ": ", finding.message.c_str());
}

// The traffic that the author expects; nullopt when he does not say.
std::optional<ExpectedTraffic> traffic_of(const Call& call) {
  if (call.has("rps") != call.has("base-rate")) throw UsageError("--rps and --base-rate belong together");
  if (!call.has("rps")) return std::nullopt;
  return ExpectedTraffic{flag_number("rps", call.text("rps"), 1e-6, 1e9),
                         flag_number("base-rate", call.text("base-rate"), 1e-9, .9)};
}

int lint(const Call& call) {
  if (!call.has("filename")) throw UsageError("say what to check with -f FILE");
  const std::string format = call.text("output");
  if (!format.empty() && format != "json") throw UsageError("--output must be json");
  std::vector<json::value> manifests;
  std::vector<Finding> findings;
  for (const std::string& name : call.flags["filename"].as<std::vector<std::string>>())
    read_manifests(name, manifests, findings);
  for (Finding& finding : find_mistakes(manifests)) findings.push_back(std::move(finding));

  GateWarnings warnings = warn_of_comparisons(manifests, traffic_of(call));
  for (Finding& warning : warn_of_silent_routers(manifests)) warnings.findings.push_back(std::move(warning));

  if (format == "json") {
    std::fputs(as_json(findings, warnings.findings).c_str(), stdout);
  } else {
    for (const Finding& finding : findings) print(finding, "");
    for (const Finding& warning : warnings.findings) print(warning, "warning: ");
  }
  if (findings.empty() && call.is_set("strict") && warnings.is_weak)
    throw CommandError("a gate finds its minimumEffect with a probability below one half");
  if (findings.empty()) return 0;
  throw CommandError(std::to_string(findings.size()) + (findings.size() == 1 ? " mistake" : " mistakes"));
}

}  // namespace

void add_lint(std::vector<Command>& commands) {
  Command command{{"lint"}, {}, "-f FILE", "check manifests without a cluster", no_name, {}, lint};
  // clang-format off
  command.flags.add_options()
    ("filename,f", po::value<std::vector<std::string>>()->composing(), "YAML or JSON; - for standard input; may be repeated")
    ("rps", po::value<std::string>(), "expected requests per second: says how soon gates that compare have an answer")
    ("base-rate", po::value<std::string>(), "bad requests of the stable version, such as 0.3%; with --rps")
    ("strict", po::bool_switch(), "fail when such a gate would miss its minimumEffect more often than not")
    ("output,o", po::value<std::string>(), "json");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
