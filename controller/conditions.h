// status.conditions of a Rollout: each one a function of what was observed and of the status before.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/draft.h"
#include "crds/condition.h"

namespace sluice::controller {

// nullptr when there is none of the type.
const crds::Condition* find_condition(const std::vector<crds::Condition>& conditions, std::string_view type);

// Nothing when the condition has this status and reason already, whatever the message. Otherwise it moves to the end;
// its transition time stays when the status does. Answers whether anything changed.
bool set_condition(std::vector<crds::Condition>& conditions, std::string_view type, std::string_view status,
                   std::string_view reason, std::string_view message, Time stamp);
void remove_condition(std::vector<crds::Condition>& conditions, std::string_view type);

// All pods of the newest revision, and only those, are there and available, and nothing is left to do.
bool is_healthy(const Draft& draft);

// Brings all conditions in line with the rest of the status that is being made; tells of what
// begins.
void update_conditions(Draft& draft);

// `The Rollout "web" is invalid: ...` with every mistake.
void set_invalid_spec(Draft& draft);

// A route that cannot be read or written; removed when all is well again.
void set_router_condition(Draft& draft);

}  // namespace sluice::controller
