// What a rehearsed update did, moment by moment, and how it ended: plain values, and their text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kube/time.h"

namespace sluice::rehearsal {

struct Moment {
  kube::Duration at{0};  // since the change was applied
  std::string what;      // "step 2 of 5 begins (pause: 30s)"
  bool operator==(const Moment&) const = default;
};

// One course that the update may take.
struct Course {
  std::string title;            // "If all is well"
  std::vector<Moment> moments;  // in order
  std::string outcome;          // one sentence: "the new version is promoted after 3m12s"
  bool is_as_hoped = false;     // it ended as this course should
  std::string cut;              // why the rehearsal was ended before anything came to rest; "" when it was not
  int most_pods = 0;            // ready ones of all versions together, at the moment when they were most
  kube::Duration length{0};     // until nothing changed any more
  std::uint64_t requests_sent = 0;
  std::uint64_t requests_lost = 0;
};

struct Rehearsal {
  std::string rollout;  // "shop/web"
  std::vector<Course> courses;
  std::vector<std::string> warnings;  // what was assumed, and what cannot be observed
  bool is_as_hoped() const;
};

// Several lines with a line feed at the end of each.
std::string text_of(const Rehearsal& rehearsal);

}  // namespace sluice::rehearsal
