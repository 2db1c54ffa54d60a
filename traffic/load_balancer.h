// What the API of a cloud load balancer says about the rules in force, and whether that is what an Ingress asks for.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "crds/traffic_routing.h"
#include "kube/metadata.h"
#include "kube/result.h"
#include "traffic/split.h"

namespace sluice::traffic {

// A target group within one forward action.
struct ForwardedGroup {
  std::string tag;  // value of its tag ingress.k8s.aws/resource (see target_group_tag); "" without one
  int weight = 0;
  std::string arn = {};
  bool operator==(const ForwardedGroup&) const = default;
};

// Requests with one of these values in the header match.
struct HeaderCondition {
  std::string name;
  std::vector<std::string> values;
  bool operator==(const HeaderCondition&) const = default;
};

// One rule of one listener that forwards.
struct ForwardRule {
  std::string arn;
  std::vector<ForwardedGroup> groups;
  std::vector<HeaderCondition> headers = {};  // all must match; other conditions of the rule are not kept
  bool operator==(const ForwardRule&) const = default;
};

struct LoadBalancer {
  std::string name;
  std::string arn;
  bool operator==(const LoadBalancer&) const = default;
};

struct LoadBalancerState {
  bool is_found = false;           // a load balancer with one of the host names exists
  std::vector<ForwardRule> rules;  // of all its listeners, every page
  std::vector<LoadBalancer> balancers = {};
  bool operator==(const LoadBalancerState&) const = default;
};

// The control plane of a cloud. Throttling is Fault::throttled and says nothing about the weights.
class LoadBalancerApi {
 public:
  virtual ~LoadBalancerApi() = default;
  // The load balancer with these DNS names, as an Ingress's status tells them.
  virtual boost::asio::awaitable<kube::Result<LoadBalancerState>> describe(std::vector<std::string> host_names) = 0;
};

// Why the load balancer does not give this split of one Ingress; "" when every rule that names both target groups does.
// Rules that forward to one of them only (header routes) are no split and do not count.
std::string difference_from(const LoadBalancerState& state, const kube::ObjectKey& ingress, const Backends& backends,
                            const Split& split, int port);

// True when some rule sends requests with exactly these headers to this target group alone.
bool has_header_rule(const LoadBalancerState& state, const std::string& tag,
                     const std::vector<HeaderCondition>& headers);

// The ARN of the target group with this tag; "" when no rule names it.
std::string group_arn(const LoadBalancerState& state, const std::string& tag);

}  // namespace sluice::traffic
