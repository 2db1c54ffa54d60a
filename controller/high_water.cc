// The most pods of the newest revision that were available at once in this attempt.
#include "controller/high_water.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "controller/conditions.h"

namespace sluice::controller {
namespace {

constexpr std::string_view type = "MostAvailable";

std::string text_of(const Draft& draft, int pods) {
  return fmt::format("{} of {} were available at once", counted(pods, "pod"), draft.sets.newest->meta.name);
}

bool is_resizing(const Draft& draft) {
  return std::any_of(draft.writes.begin(), draft.writes.end(), [](const Write& write) {
    return std::holds_alternative<ScaleReplicaSet>(write.effect) ||
           std::holds_alternative<CreateReplicaSet>(write.effect);
  });
}

}  // namespace

int most_available(const Draft& draft) {
  const crds::Condition* record = find_condition(draft.before.conditions, type);
  if (!record || !draft.sets.newest) return 0;
  const std::string_view text = record->message.view();
  int pods = 0;
  std::from_chars(text.data(), text.data() + text.size(), pods);
  // The record may be about an earlier revision.
  return text == text_of(draft, pods) ? std::min(pods, desired_of(draft.sets.newest)) : 0;
}

bool has_gained_pods(const Draft& draft) {
  return available_of(draft.sets.newest) > most_available(draft) || is_resizing(draft);
}

void record_most_available(Draft& draft) {
  std::vector<crds::Condition>& conditions = draft.status.conditions;
  const int pods = std::max(most_available(draft), available_of(draft.sets.newest));
  if (pods == 0 || draft.status.abort || is_healthy(draft)) return remove_condition(conditions, type);
  const std::string text = text_of(draft, pods);
  const crds::Condition* record = find_condition(conditions, type);
  if (record && record->message == text) return;
  remove_condition(conditions, type);
  set_condition(conditions, type, "True", "HighWaterMark", text, draft.stamp);
}

}  // namespace sluice::controller
