// The condition Waiting and its Event.
#include "controller/waiting.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "controller/conditions.h"

namespace sluice::controller {
namespace {

constexpr std::string_view waiting = "Waiting";

// "scale-down-delay" -> "ScaleDownDelay", as reasons of conditions are written.
std::string reason_of(const std::string& guard) {
  std::string text;
  bool begins_word = true;
  for (const char letter : guard) {
    if (letter != '-')
      text += begins_word ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
    begins_word = letter == '-';
  }
  return text;
}

// What the wait counts from: the last progress that was told, and then what was told last.
std::optional<Time> due_at(const Draft& draft) {
  const crds::Condition* progress = find_condition(draft.status.conditions, "Progressing");
  if (!progress) return std::nullopt;
  const crds::Condition* told = find_condition(draft.status.conditions, waiting);
  const Time since = told ? std::max(told->last_update_time, progress->last_update_time) : progress->last_update_time;
  return since + draft.seen.options.tell_after;
}

}  // namespace

std::string text_of(const Reason& reason) {
  std::string text = fmt::format("held by {}: {}", reason.guard, reason.sentence);
  if (!reason.release.empty()) text += fmt::format("; goes on when {}", reason.release);
  return text;
}

void tell_what_holds(Draft& draft) {
  if (draft.seen.options.tell_after <= Duration::zero()) return;
  std::vector<crds::Condition>& conditions = draft.status.conditions;
  const crds::Condition* told = find_condition(conditions, waiting);
  const crds::Condition* progress = find_condition(conditions, "Progressing");
  const bool has_moved = told && progress && progress->last_update_time > told->last_update_time;
  if (draft.status.phase != "Progressing" || draft.is_promoted() || draft.reasons.empty() || has_moved)
    remove_condition(conditions, waiting);
  const std::optional<Time> due = due_at(draft);
  if (draft.status.phase != "Progressing" || draft.is_promoted() || draft.reasons.empty() || !due) return;
  const Reason& first = draft.reasons.front();
  const std::string guard = reason_of(first.guard);
  told = find_condition(conditions, waiting);
  if (told && told->reason == guard) return;
  if (draft.now < *due) return draft.wake(*due);
  remove_condition(conditions, waiting);
  set_condition(conditions, waiting, "True", guard, text_of(first), draft.stamp);
  draft.tell("RolloutWaiting", text_of(first));
}

}  // namespace sluice::controller
