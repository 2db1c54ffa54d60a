// What a measured value means: the conditions of a metric applied to it.
#pragma once

#include <string>

#include "analysis/expression/value.h"
#include "analysis/phase.h"
#include "kube/time.h"

namespace sluice::analysis {

// Successful, Failed, Inconclusive, or Error with the reason in the message.
struct Judgement {
  Phase phase = Phase::error;
  std::string message;
};

// Without conditions every value is good. With both, failure wins; a value that meets neither is inconclusive. A
// condition that cannot be evaluated is an error, and "no data" has words of its own. `now` is what now() in a
// condition answers.
Judgement judge(const std::string& success_condition, const std::string& failure_condition,
                const expression::Value& result, kube::Time now);

}  // namespace sluice::analysis
