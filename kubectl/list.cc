// `list rollouts`: one row per rollout.
#include <algorithm>
#include <cstdio>
#include <map>

#include <boost/json.hpp>

#include "crds/decode.h"
#include "kube/yaml.h"
#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/rollout_text.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;
namespace net = kube::net;
using Rollouts = std::vector<std::shared_ptr<const crds::Rollout>>;

struct ListChoice {
  std::string ns;    // "" for all
  std::string name;  // "" for all
  bool with_namespace = false;
  bool with_time = false;
};

Rollouts decode_rollouts(const std::vector<json::value>& items, const ListChoice& choice) {
  Rollouts rollouts;
  for (const json::value& item : items) {
    kube::Mistakes ignored;
    auto rollout = crds::decode_rollout(item, ignored);
    if (choice.name.empty() || choice.name == rollout->meta.name) rollouts.push_back(std::move(rollout));
  }
  std::sort(rollouts.begin(), rollouts.end(),
            [](const auto& left, const auto& right) { return left->meta.key() < right->meta.key(); });
  return rollouts;
}

std::vector<std::string> stamped(std::vector<std::string> row, const ListChoice& choice, std::string stamp) {
  if (choice.with_time) row.insert(row.begin(), std::move(stamp));
  return row;
}

// Prints a row whenever it reads differently from the last one of the same rollout; a rollout that goes is told once.
net::awaitable<void> watch(Cluster& cluster, ListChoice choice) {
  std::map<kube::ObjectKey, std::vector<std::string>> shown;
  const auto print_row = [&](std::vector<std::string> row) {
    Table table;
    table.add(stamped(std::move(row), choice, kube::format_time(cluster.clock().now())));
    std::fputs(table.text().c_str(), stdout);
    std::fflush(stdout);
  };
  Table header;
  header.add(stamped(list_header(choice.with_namespace), choice, "TIMESTAMP           "));
  std::fputs(header.text().c_str(), stdout);
  for (;;) {
    const auto items = co_await list_all(cluster.client(), kube::resources::rollouts, choice.ns, "");
    if (!items) throw CommandError(items.error().message);
    std::map<kube::ObjectKey, std::vector<std::string>> seen;
    for (const auto& rollout : decode_rollouts(*items, choice)) {
      std::vector<std::string> row = list_row(*rollout, choice.with_namespace);
      if (const auto before = shown.find(rollout->meta.key()); before == shown.end() || before->second != row)
        print_row(row);
      seen[rollout->meta.key()] = std::move(row);
    }
    for (const auto& [key, row] : shown)
      if (!seen.count(key)) std::fprintf(stdout, "%s deleted\n", key.text().c_str());
    shown = std::move(seen);
    co_await cluster.clock().sleep_for(std::chrono::milliseconds(500));
  }
}

int list_rollouts(const Call& call) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json" && format != "yaml" && format != "wide")
    throw UsageError("--output must be json, yaml or wide");
  Cluster cluster(call);
  ListChoice choice;
  choice.with_namespace = call.is_set("all-namespaces");
  choice.ns = choice.with_namespace ? "" : cluster.ns();
  choice.name = call.text("name");
  choice.with_time = call.is_set("timestamps");
  if (call.is_set("watch")) {
    cluster.run_loop(watch(cluster, choice));
    return 0;
  }
  const std::vector<json::value> items =
      cluster.run(list_all(cluster.client(), kube::resources::rollouts, choice.ns, ""));
  if (format == "json" || format == "yaml") {
    json::array kept;
    for (const json::value& item : items)
      if (choice.name.empty() || kube::text_at(item, {"metadata", "name"}) == choice.name) kept.push_back(item);
    const json::value list = json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", std::move(kept)}};
    std::fputs((format == "json" ? kube::print_json_indented(list) + "\n" : kube::print_yaml(list)).c_str(), stdout);
    return 0;
  }
  const Rollouts rollouts = decode_rollouts(items, choice);
  if (rollouts.empty()) {
    std::fputs("No resources found.\n", stderr);
    return 0;
  }
  const bool wide = format == "wide";
  Table table;
  const auto add = [&](std::vector<std::string> row, std::string message) {
    if (wide) row.push_back(std::move(message));
    table.add(stamped(std::move(row), choice, kube::format_time(cluster.clock().now())));
  };
  std::vector<std::string> header = list_header(choice.with_namespace);
  if (wide) header.emplace_back("MESSAGE");
  table.add(stamped(std::move(header), choice, "TIMESTAMP"));
  for (const auto& rollout : rollouts) add(list_row(*rollout, choice.with_namespace), view::phase_of(*rollout).message);
  std::fputs(table.text().c_str(), stdout);
  return 0;
}

}  // namespace

void add_list(std::vector<Command>& commands) {
  Command command{{"list", "rollouts"}, {"ro", "rollout"}, "", "list rollouts", no_name, {}, list_rollouts};
  // clang-format off
  command.flags.add_options()
    ("name", po::value<std::string>(), "only the rollout of this name")
    ("all-namespaces,A", po::bool_switch(), "of all namespaces")
    ("watch,w", po::bool_switch(), "go on and print what changes")
    ("timestamps", po::bool_switch(), "print the time of each row")
    ("output,o", po::value<std::string>(), "json, yaml or wide");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
