// A rehearsed update as text.
#include "rehearsal/timeline.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::rehearsal {
namespace {

std::string rounded(kube::Duration length) {
  return kube::format_duration(std::chrono::round<std::chrono::seconds>(length));
}

std::string text_of(const Course& course) {
  std::string text = fmt::format("{}: {}.\n", course.title, course.outcome);
  for (const Moment& moment : course.moments) text += fmt::format("  {:>9}  {}\n", rounded(moment.at), moment.what);
  if (!course.cut.empty()) text += fmt::format("  the rehearsal was cut here: {}\n", course.cut);
  if (course.requests_sent > 0)
    text += fmt::format("  {} simulated requests, {} lost\n", course.requests_sent, course.requests_lost);
  return text;
}

}  // namespace

bool Rehearsal::is_as_hoped() const {
  return std::all_of(courses.begin(), courses.end(),
                     [](const Course& course) { return course.is_as_hoped && course.requests_lost == 0; });
}

std::string text_of(const Rehearsal& rehearsal) {
  std::string text = fmt::format("Update of Rollout {}, rehearsed\n", rehearsal.rollout);
  for (const Course& course : rehearsal.courses) text += "\n" + text_of(course);
  if (!rehearsal.warnings.empty()) text += "\nBe aware\n";
  for (const std::string& warning : rehearsal.warnings) text += fmt::format("  - {}\n", warning);
  return text;
}

}  // namespace sluice::rehearsal
