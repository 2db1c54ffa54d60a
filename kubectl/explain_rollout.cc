// `explain rollout`: why a rollout stands where it stands, and what comes next.
#include <cstdio>

#include <boost/json.hpp>

#include "controller/outlook.h"
#include "kube/json.h"
#include "kubectl/cluster_view.h"
#include "kubectl/command.h"
#include "kubectl/fetch.h"
#include "view/explanation.h"

namespace sluice::kubectl {
namespace {

namespace json = boost::json;

std::string note_of(const crds::Rollout& rollout) {
  const std::string generation = std::to_string(rollout.meta.generation);
  if (rollout.status.observed_generation == generation) return "";
  return "the controller has not looked at the newest spec yet (generation " + generation + ", it has seen " +
         (rollout.status.observed_generation.empty() ? "none" : rollout.status.observed_generation.text()) +
         "); if this stays so, it does not run or may not read this namespace";
}

view::Explanation explanation_of(const SeenByController& found) {
  const crds::Rollout& rollout = *found.seen.rollout;
  view::Explanation explanation;
  explanation.ns = rollout.meta.ns;
  explanation.name = rollout.meta.name;
  explanation.phase = view::phase_of(rollout);
  explanation.place = controller::place_of(found.seen);
  for (const controller::Reason& reason : found.decision.reasons)
    explanation.obstacles.push_back({reason.guard, reason.sentence, reason.release, reason.since});
  for (const controller::Write& write : found.decision.writes)
    explanation.due.push_back(controller::sentence_of(write.effect));
  for (controller::Prospect& prospect : controller::prospects_of(found.seen, found.decision))
    explanation.next.push_back({prospect.at, std::move(prospect.sentence)});
  explanation.unseen = controller::blind_spots_of(found.seen);
  if (const std::string note = note_of(rollout); !note.empty()) explanation.notes.push_back(note);
  for (const std::string& kind : found.unread)
    explanation.notes.push_back(
        kind + " could not be read; the answer knows none of them (do you have the right to list them?)");
  return explanation;
}

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
  const SeenByController found =
      cluster.run(see_as_controller(cluster.client(), cluster.clock(), {cluster.ns(), call.names[0]}));
  view::Explanation explanation = explanation_of(found);
  const view::RolloutObjects objects = cluster.run(fetch_objects(cluster.client(), {cluster.ns(), call.names[0]}));
  explanation.pods = view::pods_that_do_not_serve(view::view_of(objects, cluster.clock().now()));
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
