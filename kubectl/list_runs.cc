// `list experiments` and `list analysisruns`: one row each.
#include <algorithm>
#include <cstdio>

#include <boost/json.hpp>

#include "crds/decode.h"
#include "kube/yaml.h"
#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/run_text.h"
#include "kubectl/text.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;
using Row = std::vector<std::string> (*)(const json::value& object, bool with_namespace, kube::Time now);

std::vector<std::string> row_of_experiment(const json::value& object, bool with_namespace, kube::Time now) {
  kube::Mistakes ignored;
  return experiment_row(*crds::decode_experiment(object, ignored), with_namespace, now);
}
std::vector<std::string> row_of_run(const json::value& object, bool with_namespace, kube::Time now) {
  kube::Mistakes ignored;
  return run_row(*crds::decode_analysis_run(object, ignored), with_namespace, now);
}

int list(const Call& call, const kube::Resource& resource, std::vector<std::string> (*header)(bool), Row row) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json" && format != "yaml") throw UsageError("--output must be json or yaml");
  Cluster cluster(call);
  const bool everywhere = call.is_set("all-namespaces");
  std::vector<json::value> items =
      cluster.run(list_all(cluster.client(), resource, everywhere ? "" : cluster.ns(), ""));
  if (!format.empty()) {
    const json::value whole =
        json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", json::array(items.begin(), items.end())}};
    std::fputs((format == "json" ? kube::print_json_indented(whole) + "\n" : kube::print_yaml(whole)).c_str(), stdout);
    return 0;
  }
  if (items.empty()) {
    std::fputs("No resources found.\n", stderr);
    return 0;
  }
  Table table;
  table.add(header(everywhere));
  for (const json::value& item : items) table.add(row(item, everywhere, cluster.clock().now()));
  std::fputs(table.text().c_str(), stdout);
  return 0;
}

Command list_command(std::string word, std::vector<std::string> aliases, std::string summary, kube::Resource resource,
                     std::vector<std::string> (*header)(bool), Row row) {
  Command command{
      {"list", std::move(word)}, std::move(aliases), "", std::move(summary), no_name, {}, [=](const Call& call) {
        return list(call, resource, header, row);
      }};
  // clang-format off
  command.flags.add_options()
    ("all-namespaces,A", po::bool_switch(), "of all namespaces")
    ("output,o", po::value<std::string>(), "json or yaml");
  // clang-format on
  return command;
}

}  // namespace

void add_list_runs(std::vector<Command>& commands) {
  namespace resources = kube::resources;
  commands.push_back(list_command("experiments", {"exp", "experiment"}, "list experiments", resources::experiments,
                                  experiment_header, row_of_experiment));
  commands.push_back(list_command("analysisruns", {"ar", "analysisrun"}, "list analysis runs", resources::analysis_runs,
                                  run_header, row_of_run));
}

}  // namespace sluice::kubectl
