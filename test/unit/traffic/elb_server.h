// The wire format of AWS' Elastic Load Balancing API on this machine: pages, tags, throttling; signatures are checked.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "kube/http/server.h"

namespace sluice::traffic {

// One load balancer with one listener for each list of rules.
struct ServedBalancer {
  std::string name = "k8s-web-shop";
  std::string dns_name = "k8s-web-shop-1.eu-central-1.elb.amazonaws.com";
  std::vector<std::vector<std::string>> listeners;  // the rules of each, as <member> elements
  std::string arn() const {
    return "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/" + name + "/50dc6c495c0c9188";
  }
  std::string listener_arn(std::size_t at) const { return arn() + "/listener-" + std::to_string(at); }
};

class ElbServer {
 public:
  explicit ElbServer(boost::asio::io_context& io);

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/"; }

  std::vector<ServedBalancer> balancers;
  std::map<std::string, std::map<std::string, std::string>> tags;  // by ARN
  std::map<std::string, std::vector<std::string>> targets;         // <member> elements by ARN of the group
  std::size_t page_size = 100;                                     // at most this many members on a page
  std::string secret = "the-secret";                               // that requests must be signed with
  std::string session_token;                                       // that they must carry
  // Answers instead of the API when it gives something: status and body.
  std::function<std::optional<std::pair<unsigned, std::string>>(const std::string& action)> refusal;
  std::vector<std::string> asked;                 // actions, in order
  std::vector<kube::HttpServerRequest> requests;  // the same

 private:
  boost::asio::awaitable<void> serve(kube::HttpServerRequest request, kube::HttpResponder& responder);
  kube::HttpServerResponse answer(const kube::HttpServerRequest& request);
  std::string page(const std::string& list, const std::vector<std::string>& members, const std::string& marker) const;

  kube::HttpServer server_;
};

// A rule as the API prints it: groups by ARN with weights, and the conditions as elements.
std::string rule_xml(const std::string& arn, const std::vector<std::pair<std::string, int>>& groups,
                     const std::string& conditions = "");
std::string header_condition_xml(const std::string& header, const std::vector<std::string>& values);
std::string group_arn_of(const std::string& name);
// "<ErrorResponse>..." with this code.
std::string error_xml(const std::string& code, const std::string& message);

// The signature of a request as the server computes it, from what arrived alone.
std::string expected_signature(const kube::HttpServerRequest& request, const std::string& secret);

}  // namespace sluice::traffic
