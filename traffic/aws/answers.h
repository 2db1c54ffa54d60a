// What the Elastic Load Balancing API of AWS answers (query protocol, version 2015-12-01), read from its XML.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/providers/xml.h"
#include "kube/result.h"
#include "traffic/load_balancer.h"

namespace sluice::traffic {

// What <Action>Result holds of a good answer. Errors are those that the API names: Fault::throttled for all that asks
// for patience, Fault::unauthorized and Fault::forbidden for credentials and permissions, Fault::not_found,
// Fault::unavailable for its own troubles, Fault::internal for what is no answer of this API. The message names the
// action and the API's words.
kube::Result<analysis::XmlElement> read_elb_answer(std::string_view action, unsigned status, std::string_view body);

// NextMarker of a page; "" on the last one.
std::string next_marker(const analysis::XmlElement& result);

struct ElbLoadBalancer {
  std::string name;
  std::string arn;
  std::string dns_name;
};
std::vector<ElbLoadBalancer> read_load_balancers(const analysis::XmlElement& result);
std::vector<std::string> read_listener_arns(const analysis::XmlElement& result);

// A target group within one forward action, by its ARN.
struct ElbGroup {
  std::string arn;
  int weight = 0;
};
struct ElbRule {
  std::string arn;
  std::vector<ElbGroup> groups;
  std::vector<HeaderCondition> headers = {};
};
// Only rules that forward.
std::vector<ElbRule> read_rules(const analysis::XmlElement& result);
// The value of this tag by the ARN of its resource, "" for a resource without it.
std::map<std::string, std::string> read_tags(const analysis::XmlElement& result, std::string_view key);

// One target of a target group, whatever its health.
struct RegisteredTarget {
  std::string id;  // the address, of a group of addresses
  int port = 0;
  bool operator==(const RegisteredTarget&) const = default;
};
// Targets that are on their way out do not count.
std::vector<RegisteredTarget> read_targets(const analysis::XmlElement& result);

}  // namespace sluice::traffic
