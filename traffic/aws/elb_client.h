// The Elastic Load Balancing API of AWS as a LoadBalancerApi: signed questions, within a rate that leaves others
// theirs.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "analysis/auth/aws_credentials.h"
#include "analysis/auth/container_credentials.h"
#include "analysis/fetch/fetcher.h"
#include "analysis/providers/xml.h"
#include "kube/clock.h"
#include "kube/kubeconfig.h"
#include "traffic/aws/answers.h"
#include "traffic/load_balancer.h"

namespace sluice::traffic {

struct ElbSettings {
  analysis::FetchHttp wire;
  kube::Environment environment = kube::process_environment();
  std::string tag_key = "ingress.k8s.aws/resource";  // names the Service of a target group
  // All questions together. An account has some 10 a second for everybody.
  analysis::PaceLimits pace{4, 20};
  analysis::RetryRules retry{5, std::chrono::milliseconds{500}, std::chrono::seconds{5}};
  kube::Duration deadline = std::chrono::seconds{20};  // of one question with its retries
  // How long it is kept which load balancer has a DNS name, and which tags a target group has.
  kube::Duration names_kept_for = std::chrono::minutes{10};
};

// Asks DescribeLoadBalancers, DescribeListeners, DescribeRules, DescribeTags and DescribeTargetHealth, page by page.
// The region is AWS_REGION or AWS_DEFAULT_REGION, the credentials are those of AwsCredentialSource, but those of the
// container's platform where it names them and no others stand in the environment, and the address is that of the
// region unless AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2 or AWS_ENDPOINT_URL names another one. Throttling and server
// errors are asked again with backoff until the deadline.
class ElbClient final : public LoadBalancerApi {
 public:
  // `clock` outlives the client and its questions.
  ElbClient(ElbSettings settings, kube::Clock& clock);

  boost::asio::awaitable<kube::Result<LoadBalancerState>> describe(std::vector<std::string> host_names) override;
  // What is registered in a target group; targets that are on their way out do not count.
  boost::asio::awaitable<kube::Result<std::vector<RegisteredTarget>>> targets(std::string group_arn);

  // Whether there is a region and there are credentials; nothing is asked of the load balancers.
  boost::asio::awaitable<kube::Result<>> check();

 private:
  using Form = std::vector<std::pair<std::string, std::string>>;
  struct Kept {
    std::string value;
    kube::Duration until{0};
  };

  boost::asio::awaitable<kube::Result<analysis::AwsIdentity>> identity();
  boost::asio::awaitable<kube::Result<analysis::XmlElement>> ask(std::string action, Form form);
  boost::asio::awaitable<kube::Result<analysis::XmlElement>> ask_once(std::string action, Form form,
                                                                      kube::Duration end);
  // Every page of the answer.
  boost::asio::awaitable<kube::Result<std::vector<analysis::XmlElement>>> ask_all(std::string action, Form form);
  boost::asio::awaitable<kube::Result<std::vector<ElbLoadBalancer>>> find(std::vector<std::string> host_names);
  boost::asio::awaitable<kube::Result<std::vector<ElbRule>>> rules_of(std::string balancer_arn);
  // By ARN of the target group.
  boost::asio::awaitable<kube::Result<std::map<std::string, std::string>>> tags_of(std::vector<std::string> groups);

  ElbSettings settings_;
  kube::Clock& clock_;
  analysis::Fetcher fetcher_;
  analysis::AwsCredentialSource credentials_;
  analysis::ContainerCredentials container_;
  std::map<std::string, Kept> tags_;                                             // by ARN of the target group
  std::map<std::string, std::pair<ElbLoadBalancer, kube::Duration>> balancers_;  // by DNS name, and until when
  std::uint64_t seeds_ = 0;
};

}  // namespace sluice::traffic
