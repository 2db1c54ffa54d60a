// An explanation as text.
#include "view/explanation.h"

#include <fmt/format.h>

#include "kube/time.h"

namespace sluice::view {
namespace {

std::string clock_time(kube::Time time) { return kube::format_time(time); }

std::string rounded(kube::Duration length) {
  return kube::format_duration(std::chrono::floor<std::chrono::seconds>(length));
}

std::string head_of(const Explanation& explanation) {
  std::string text = fmt::format("Rollout {}/{} is {}", explanation.ns, explanation.name, explanation.phase.phase);
  if (!explanation.phase.message.empty()) text += fmt::format(" ({})", explanation.phase.message);
  if (!explanation.place.empty()) text += fmt::format(", at {}", explanation.place);
  return text + ".\n";
}

std::string text_of(const Obstacle& obstacle, std::size_t number, kube::Time now) {
  std::string text = fmt::format("  {}. {}: {}\n", number, obstacle.guard, obstacle.sentence);
  if (obstacle.since && *obstacle.since <= now)
    text += fmt::format("     since {} ({} ago)\n", clock_time(*obstacle.since), rounded(now - *obstacle.since));
  if (!obstacle.release.empty()) text += fmt::format("     goes on when {}\n", obstacle.release);
  return text;
}

std::string text_of(const Outlook& outlook, kube::Time now) {
  if (!outlook.at) return fmt::format("  - then {}\n", outlook.sentence);
  if (*outlook.at <= now) return fmt::format("  - now: {}\n", outlook.sentence);
  return fmt::format("  - in {} ({}): {}\n", rounded(*outlook.at - now + std::chrono::milliseconds(999)),
                     clock_time(*outlook.at), outlook.sentence);
}

std::string list_of(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = "\n" + title + "\n";
  for (const std::string& line : lines) text += fmt::format("  - {}\n", line);
  return text;
}

}  // namespace

std::vector<std::string> pods_that_do_not_serve(const RolloutView& view, std::size_t most) {
  std::vector<std::string> lines;
  std::size_t more = 0;
  for (const RevisionView& revision : view.revisions)
    for (const ReplicaSetView& set : revision.replica_sets)
      for (const PodView& pod : set.pods) {
        const bool serves = pod.containers > 0 && pod.ready_containers == pod.containers;
        if ((serves && pod.status == "Running") || pod.status == "Terminating" || pod.status == "Completed") continue;
        if (lines.size() == most) {
          ++more;
          continue;
        }
        std::string line = fmt::format("pod {} of revision {}: {}, {} of {} containers ready", pod.name,
                                       revision.number, pod.status, pod.ready_containers, pod.containers);
        if (pod.restarts > 0) line += fmt::format(", {} restarts", pod.restarts);
        lines.push_back(std::move(line));
      }
  if (more > 0) lines.push_back(fmt::format("and {} more", more));
  return lines;
}

std::string text_of(const Explanation& explanation, kube::Time now) {
  std::string text = head_of(explanation);
  if (!explanation.obstacles.empty()) {
    text += "\nWhy it waits\n";
    std::size_t number = 0;
    for (const Obstacle& obstacle : explanation.obstacles) text += text_of(obstacle, ++number, now);
  } else if (explanation.due.empty()) {
    text += "\nNothing holds it back.\n";
  }
  text += list_of("Pods that do not serve", explanation.pods);
  text += list_of("The controller is about to", explanation.due);
  if (!explanation.next.empty()) {
    text += "\nWhat comes next\n";
    for (const Outlook& outlook : explanation.next) text += text_of(outlook, now);
  }
  text += list_of("What cannot be seen here", explanation.unseen);
  text += list_of("About this answer", explanation.notes);
  return text;
}

std::string sentence_of(const Obstacle& obstacle) {
  std::string text = fmt::format("held by {}: {}", obstacle.guard, obstacle.sentence);
  if (!obstacle.release.empty()) text += fmt::format("; goes on when {}", obstacle.release);
  return text;
}

}  // namespace sluice::view
