// `get rollout`, `get experiment`, `get analysisrun`: one object with everything that belongs to it.
#include <cstdio>

#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

#include "kube/yaml.h"
#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "kubectl/rollout_text.h"
#include "kubectl/run_text.h"

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

// One kind of object, and how it is drawn.
struct Kind {
  kube::Resource resource;
  net::awaitable<kube::Result<std::string>> (*draw)(Cluster& cluster, kube::ObjectKey key, Paint paint, bool wide);
};

net::awaitable<kube::Result<std::string>> draw_rollout(Cluster& cluster, kube::ObjectKey key, Paint paint, bool wide) {
  const kube::Result<view::RolloutObjects> objects = co_await fetch_objects(cluster.client(), key);
  if (!objects) co_return objects.error();
  co_return rollout_text(view::view_of(*objects, cluster.clock().now()), paint, wide);
}

net::awaitable<kube::Result<std::string>> draw_experiment(Cluster& cluster, kube::ObjectKey key, Paint paint,
                                                          bool wide) {
  const kube::Result<view::ExperimentObjects> objects = co_await fetch_experiment_objects(cluster.client(), key);
  if (!objects) co_return objects.error();
  co_return experiment_text(view::view_of(*objects, cluster.clock().now()), paint, wide);
}

net::awaitable<kube::Result<std::string>> draw_run(Cluster& cluster, kube::ObjectKey key, Paint paint, bool wide) {
  const kube::Result<std::shared_ptr<const crds::AnalysisRun>> run = co_await fetch_run(cluster.client(), key);
  if (!run) co_return run.error();
  co_return run_text(**run, paint, wide, cluster.clock().now());
}

// Redraws when something has changed, at most five times a second, and every second so that ages go on.
net::awaitable<void> watch(Cluster& cluster, Kind kind, kube::ObjectKey key, Paint paint, bool wide,
                           std::optional<kube::Time> end) {
  std::string shown;
  while (!end || cluster.clock().now() < *end) {
    kube::Result<std::string> text = co_await kind.draw(cluster, key, paint, wide);
    if (!text) throw CommandError(text.error().message);
    if (*text != shown) print("\033[H\033[2J" + *text);
    shown = std::move(*text);
    co_await cluster.clock().sleep_for(std::chrono::seconds(1));
  }
}

int get(const Call& call, const Kind& kind) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json" && format != "yaml" && format != "wide")
    throw UsageError("--output must be json, yaml or wide");
  Cluster cluster(call);
  const kube::ObjectKey key{cluster.ns(), call.names[0]};
  if (format == "json" || format == "yaml") {
    print(as_format(cluster.run(cluster.client().get(kind.resource, key)), format));
    return 0;
  }
  const Paint paint(colours_wanted(call.is_set("no-color")));
  if (!call.is_set("watch")) {
    print(cluster.run(kind.draw(cluster, key, paint, format == "wide")));
    return 0;
  }
  const int limit = call.flags["timeout-seconds"].as<int>();
  std::optional<kube::Time> end;
  if (limit > 0) end = cluster.clock().now() + std::chrono::seconds(limit);
  cluster.run_loop(watch(cluster, kind, key, paint, format == "wide", end));
  return 0;
}

Command get_command(std::string word, std::vector<std::string> aliases, std::string argument, std::string summary,
                    Kind kind) {
  Command command{{"get", std::move(word)},
                  std::move(aliases),
                  std::move(argument),
                  std::move(summary),
                  one_name,
                  {},
                  [kind](const Call& call) { return get(call, kind); }};
  // clang-format off
  command.flags.add_options()
    ("watch,w", po::bool_switch(), "go on and redraw when something changes")
    ("no-color", po::bool_switch(), "no colours")
    ("timeout-seconds", po::value<int>()->default_value(0), "end the watch after so many seconds; 0 never")
    ("output,o", po::value<std::string>(), "json, yaml or wide");
  // clang-format on
  return command;
}

}  // namespace

void add_get(std::vector<Command>& commands) {
  namespace resources = kube::resources;
  commands.push_back(get_command("rollout", {"ro", "rollouts"}, "ROLLOUT", "show a rollout and all that belongs to it",
                                 {resources::rollouts, draw_rollout}));
  commands.push_back(get_command("experiment", {"exp", "experiments"}, "EXPERIMENT",
                                 "show an experiment and all that belongs to it",
                                 {resources::experiments, draw_experiment}));
  commands.push_back(get_command("analysisrun", {"ar", "analysisruns"}, "ANALYSISRUN",
                                 "show an analysis run and its metrics", {resources::analysis_runs, draw_run}));
}

}  // namespace sluice::kubectl
