// The rules of a Gateway API route: which are ours, what they weigh, and the header and mirror rules made from them.
#pragma once

#include <optional>
#include <vector>

#include <boost/json.hpp>

#include "traffic/route.h"

namespace sluice::traffic {

// Our two backendRefs within one rule.
struct RuleBackends {
  std::size_t rule = 0;
  std::size_t canary = 0;  // indices into backendRefs
  std::size_t stable = 0;
  std::optional<std::int64_t> canary_weight;  // as written; absent counts as 1
  std::optional<std::int64_t> stable_weight;
  std::vector<Destination> additional;  // those of RoutingPart::additional that the rule has, by name

  // The canary's weight of `max`, rounded up: a canary that gets a little of the traffic never counts as none.
  int canary_of(int max) const;
};

// The rules with both backends, but for rules that the Rollout has made itself. A rule with one of the backends only is
// somebody's choice and stays as it is.
std::vector<RuleBackends> our_rules(const boost::json::value& route, const RoutingPart& part);
// A header or mirror rule that the Rollout has made: by its name, or, where the API server drops the names of rules, by
// being what some step would make.
bool is_managed_rule(const boost::json::value& rule, const boost::json::value& route, const RoutingPart& part);
bool has_managed_rule(const boost::json::value& route, const RoutingPart& part);

// The rule that is stored says what was made, perhaps with defaults that an API server adds, or without the name that
// an older one drops.
bool is_stored_form(const boost::json::value& stored, const boost::json::value& made);

// Gives the rules this split, destinations of experiments included.
void set_weights(boost::json::value& route, const RoutingPart& part, const Split& split);
// The rules that a managed route stands for, one for each of our rules; the first is named like the route, the next
// "<name>-1".
kube::Result<boost::json::array> managed_rules(const boost::json::value& route, const RoutingPart& part,
                                               const ManagedRoute& managed);
void remove_managed_rules(boost::json::value& route, const RoutingPart& part);

}  // namespace sluice::traffic
