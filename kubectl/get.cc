// `get rollout`: one rollout with everything that belongs to it.
#include <cstdio>

#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

#include "kube/yaml.h"
#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/rollout_text.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;
namespace net = kube::net;

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string as_format(const json::value& object, const std::string& format) {
  return format == "json" ? kube::print_json_indented(object) + "\n" : kube::print_yaml(object);
}

// Redraws when something has changed, at most five times a second, and every second so that ages go on.
net::awaitable<void> watch(Cluster& cluster, kube::ObjectKey key, Paint paint, bool wide,
                           std::optional<kube::Time> end) {
  std::string shown;
  while (!end || cluster.clock().now() < *end) {
    const kube::Result<view::RolloutObjects> objects = co_await fetch_objects(cluster.client(), key);
    if (!objects) throw CommandError(objects.error().message);
    std::string text = rollout_text(view::view_of(*objects, cluster.clock().now()), paint, wide);
    if (text != shown) print("\033[H\033[2J" + text);
    shown = std::move(text);
    co_await cluster.clock().sleep_for(std::chrono::seconds(1));
  }
}

int get_rollout(const Call& call) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json" && format != "yaml" && format != "wide")
    throw UsageError("--output must be json, yaml or wide");
  Cluster cluster(call);
  const kube::ObjectKey key{cluster.ns(), call.names[0]};
  if (format == "json" || format == "yaml") {
    print(as_format(cluster.run(cluster.client().get(kube::resources::rollouts, key)), format));
    return 0;
  }
  const Paint paint(colours_wanted(call.is_set("no-color")));
  if (!call.is_set("watch")) {
    const view::RolloutObjects objects = cluster.run(fetch_objects(cluster.client(), key));
    print(rollout_text(view::view_of(objects, cluster.clock().now()), paint, format == "wide"));
    return 0;
  }
  const int limit = call.flags["timeout-seconds"].as<int>();
  std::optional<kube::Time> end;
  if (limit > 0) end = cluster.clock().now() + std::chrono::seconds(limit);
  cluster.run_loop(watch(cluster, key, paint, format == "wide", end));
  return 0;
}

}  // namespace

void add_get(std::vector<Command>& commands) {
  Command command{
      {"get", "rollout"}, {"ro", "rollouts"}, "ROLLOUT", "show a rollout and all that belongs to it", one_name, {},
      get_rollout};
  // clang-format off
  command.flags.add_options()
    ("watch,w", po::bool_switch(), "go on and redraw when something changes")
    ("no-color", po::bool_switch(), "no colours")
    ("timeout-seconds", po::value<int>()->default_value(0), "end the watch after so many seconds; 0 never")
    ("output,o", po::value<std::string>(), "json, yaml or wide");
  // clang-format on
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
