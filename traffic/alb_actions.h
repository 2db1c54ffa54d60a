// The JSON texts in the annotations of an AWS load balancer's Ingress: forward actions, conditions, and the record of
// which annotations belong to which Rollout.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crds/traffic_routing.h"
#include "traffic/intent.h"
#include "traffic/load_balancer.h"

namespace sluice::traffic {

struct ForwardTarget {
  std::string service;
  int weight = 0;
  bool operator==(const ForwardTarget&) const = default;
};

// {"Type":"forward","ForwardConfig":{"TargetGroups":[...]}} with the targets in this order.
std::string forward_action(const std::vector<ForwardTarget>& targets, int port,
                           const std::optional<crds::StickinessConfig>& stickiness);
// The targets of such a text, in any notation; nullopt when it is not a forward action.
std::optional<std::vector<ForwardTarget>> targets_in(std::string_view action);

// The conditions of a header route: values of one header are alternatives, different headers must all match.
std::string header_conditions(const std::vector<crds::HeaderRouteMatch>& headers);

// The header conditions of such a text; other kinds of conditions are left out.
std::vector<HeaderCondition> conditions_in(std::string_view conditions);

// The record with the annotations of one Rollout; "" when no Rollout has any left.
std::string with_record(std::string_view record, const std::string& rollout, const std::vector<std::string>& keys);
std::vector<std::string> keys_in(std::string_view record, const std::string& rollout);

// The same JSON, whatever its notation.
bool is_same_text(std::string_view left, std::string_view right);

}  // namespace sluice::traffic
