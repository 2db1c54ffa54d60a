// `explain rollout`: why a rollout stands where it stands, and what comes next.
#include <cstdio>

#include <boost/json.hpp>

#include "kube/json.h"
#include "kubectl/command.h"
#include "kubectl/rollout_explaining.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<kube::Time>& time) {
  return time ? json::value(kube::format_time(*time)) : json::value();
}

json::array texts(const std::vector<std::string>& lines) { return json::array(lines.begin(), lines.end()); }

std::string json_of(const view::Explanation& explanation) {
  json::array obstacles;
  for (const view::Obstacle& obstacle : explanation.obstacles)
    obstacles.push_back(json::object{{"guard", obstacle.guard},
                                     {"sentence", obstacle.sentence},
                                     {"since", time_or_null(obstacle.since)},
                                     {"release", obstacle.release}});
  json::array next;
  for (const view::Outlook& outlook : explanation.next)
    next.push_back(json::object{{"at", time_or_null(outlook.at)}, {"sentence", outlook.sentence}});
  const json::object whole{{"namespace", explanation.ns},
                           {"name", explanation.name},
                           {"phase", explanation.phase.phase},
                           {"message", explanation.phase.message},
                           {"place", explanation.place},
                           {"waitsFor", std::move(obstacles)},
                           {"podsThatDoNotServe", texts(explanation.pods)},
                           {"due", texts(explanation.due)},
                           {"next", std::move(next)},
                           {"unseen", texts(explanation.unseen)},
                           {"notes", texts(explanation.notes)}};
  return kube::print_json_indented(whole) + "\n";
}

int explain(const Call& call) {
  const std::string format = call.text("output");
  if (!format.empty() && format != "json") throw UsageError("--output must be json");
  Cluster cluster(call);
  const view::Explanation explanation =
      cluster.run(explain_rollout(cluster.client(), cluster.clock(), {cluster.ns(), call.names[0]}));
  std::fputs((format == "json" ? json_of(explanation) : text_of(explanation, cluster.clock().now())).c_str(), stdout);
  return 0;
}

}  // namespace

void add_explain_rollout(std::vector<Command>& commands) {
  Command command{{"explain", "rollout"},
                  {"ro", "rollouts"},
                  "ROLLOUT",
                  "say why a rollout stands where it stands, and what comes next",
                  one_name,
                  {},
                  explain};
  command.flags.add_options()("output,o", po::value<std::string>(), "json");
  commands.push_back(std::move(command));
}

}  // namespace sluice::kubectl
