// From an observation and its decision to an explanation.
#include "kubectl/rollout_explaining.h"

#include <utility>

#include "controller/outlook.h"
#include "kubectl/cluster_view.h"
#include "kubectl/fetch.h"

namespace sluice::kubectl {
namespace {

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

}  // namespace

kube::net::awaitable<kube::Result<view::Explanation>> explain_rollout(kube::Client& client, kube::Clock& clock,
                                                                      kube::ObjectKey rollout) {
  const kube::Result<SeenByController> found = co_await see_as_controller(client, clock, rollout);
  if (!found) co_return found.error();
  view::Explanation explanation = explanation_of(*found);
  const kube::Result<view::RolloutObjects> objects = co_await fetch_objects(client, std::move(rollout));
  if (!objects) co_return objects.error();
  explanation.pods = view::pods_that_do_not_serve(view::view_of(*objects, clock.now()));
  co_return explanation;
}

}  // namespace sluice::kubectl
