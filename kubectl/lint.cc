// `lint`: checks manifests without a cluster.
#include <cstdio>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kubectl/command.h"
#include "kubectl/findings.h"
#include "kubectl/manifest_files.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

std::string as_json(const std::vector<Finding>& findings) {
  json::array list;
  for (const Finding& finding : findings)
    list.push_back(json::object{{"object", finding.object}, {"field", finding.field}, {"message", finding.message}});
  return kube::print_json_indented(list) + "\n";
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

  if (format == "json") {
    std::fputs(as_json(findings).c_str(), stdout);
  } else {
    for (const Finding& finding : findings)
      std::printf("%s: %s%s%s\n", finding.object.c_str(), finding.field.c_str(), finding.field.empty() ? "" : ": ",
                  finding.message.c_str());
  }
  if (findings.empty()) return 0;
  throw CommandError(std::to_string(findings.size()) + (findings.size() == 1 ? " mistake" : " mistakes"));
}

}  // namespace

void add_lint(std::vector<Command>& commands) {
  Command command{{"lint"}, {}, "-f FILE", "check manifests without a cluster", no_name, {}, lint};
  // clang-format off
  command.flags.add_options()
    ("filename,f", po::value<std::vector<std::string>>()->composing(), "YAML or JSON; - for standard input; may be repeated")
    ("output,o", po::value<std::string>(), "json");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
