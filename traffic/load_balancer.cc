// Comparing what a load balancer does with what an Ingress asks for.
#include "traffic/load_balancer.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "traffic/alb.h"

namespace sluice::traffic {
namespace {

const ForwardedGroup* find(const ForwardRule& rule, const std::string& tag) {
  for (const ForwardedGroup& group : rule.groups)
    if (group.tag == tag) return &group;
  return nullptr;
}

}  // namespace

std::string difference_from(const LoadBalancerState& state, const kube::ObjectKey& ingress, const Backends& backends,
                            const Split& split, int port) {
  if (!state.is_found) return fmt::format("no load balancer of Ingress {} is known yet", ingress.name);
  std::vector<std::pair<std::string, int>> wanted{{backends.canary_service, split.canary},
                                                  {backends.stable_service, split.stable}};
  for (const Destination& other : split.additional)
    if (!other.service.empty()) wanted.emplace_back(other.service, other.weight);
  const std::string canary = target_group_tag(ingress, backends.canary_service, port);
  const std::string stable = target_group_tag(ingress, backends.stable_service, port);
  bool is_split = false;
  for (const ForwardRule& rule : state.rules) {
    if (!find(rule, canary) || !find(rule, stable)) continue;
    is_split = true;
    for (const auto& [service, weight] : wanted) {
      const ForwardedGroup* group = find(rule, target_group_tag(ingress, service, port));
      const int given = group ? group->weight : 0;
      if (given != weight)
        return fmt::format("the load balancer gives target group {} weight {} and should give {}",
                           target_group_tag(ingress, service, port), given, weight);
    }
  }
  if (!is_split) return fmt::format("no rule of the load balancer forwards to target groups {} and {}", canary, stable);
  return {};
}

bool has_header_rule(const LoadBalancerState& state, const std::string& tag,
                     const std::vector<HeaderCondition>& headers) {
  const auto same_headers = [&](const ForwardRule& rule) {
    return std::is_permutation(rule.headers.begin(), rule.headers.end(), headers.begin(), headers.end(),
                               [](const HeaderCondition& left, const HeaderCondition& right) {
                                 return left.name == right.name &&
                                        std::is_permutation(left.values.begin(), left.values.end(),
                                                            right.values.begin(), right.values.end());
                               });
  };
  return std::any_of(state.rules.begin(), state.rules.end(), [&](const ForwardRule& rule) {
    return rule.groups.size() == 1 && rule.groups.front().tag == tag && rule.groups.front().weight > 0 &&
           same_headers(rule);
  });
}

std::string group_arn(const LoadBalancerState& state, const std::string& tag) {
  for (const ForwardRule& rule : state.rules)
    if (const ForwardedGroup* group = find(rule, tag)) return group->arn;
  return {};
}

}  // namespace sluice::traffic
