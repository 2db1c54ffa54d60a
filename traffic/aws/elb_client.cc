// The Elastic Load Balancing API of AWS as a LoadBalancerApi.
#include "traffic/aws/elb_client.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "analysis/auth/sigv4.h"
#include "kube/percent_encoding.h"
#include "traffic/aws/answers.h"

namespace sluice::traffic {
namespace {

using analysis::XmlElement;
using boost::asio::awaitable;
using kube::Duration;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr int most_pages = 100;
constexpr std::size_t tags_at_once = 20;  // more the API refuses

analysis::FetchLimits limits_of(const ElbSettings& settings) {
  analysis::FetchLimits limits;
  limits.pace = settings.pace;
  limits.redirects = 0;
  limits.concurrent = 4;
  return limits;
}

std::string endpoint_of(std::string_view region) {
  return fmt::format("https://elasticloadbalancing.{}.amazonaws.com{}/", region,
                     region.starts_with("cn-") ? ".cn" : "");
}

bool is_worth_another(Fault fault) {
  return fault == Fault::throttled || fault == Fault::unavailable || fault == Fault::timeout;
}

std::string variable(const kube::Environment& environment, std::string_view name) {
  return environment(name).value_or("");
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string encoded(const std::vector<std::pair<std::string, std::string>>& form) {
  std::string text;
  for (const auto& [name, value] : form)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", kube::percent_encoded(name), kube::percent_encoded(value));
  return text;
}

}  // namespace

ElbClient::ElbClient(ElbSettings settings, kube::Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      fetcher_(settings_.wire, clock, limits_of(settings_)),
      credentials_(fetcher_, clock, settings_.environment, variable(settings_.environment, "AWS_ENDPOINT_URL_STS")),
      container_(fetcher_, clock) {}

awaitable<Result<analysis::AwsIdentity>> ElbClient::identity() {
  if (analysis::aws_region_of(settings_.environment).empty())
    co_return Error{Fault::invalid, "aws: no region; set AWS_REGION for the controller"};
  const auto is_set = [this](std::string_view name) { return !variable(settings_.environment, name).empty(); };
  const bool is_fixed = is_set("AWS_ACCESS_KEY_ID") || is_set("AWS_WEB_IDENTITY_TOKEN_FILE");
  std::optional<Result<kube::HttpRequest>> platform;
  if (!is_fixed) platform = analysis::container_credentials_request(settings_.environment);
  if (platform && !*platform) co_return platform->error();
  if (platform) {
    kube::HttpRequest request = std::move(**platform);
    Result<analysis::AwsCredentials> found = co_await container_.fetch(std::move(request));
    if (!found) co_return found.error();
    analysis::AwsIdentity identity;
    identity.credentials = std::move(*found);
    identity.region = analysis::aws_region_of(settings_.environment);
    co_return identity;
  }
  crds::SigV4Authentication of_process;
  co_return co_await credentials_.identity(std::move(of_process));
}

awaitable<Result<>> ElbClient::check() {
  const Result<analysis::AwsIdentity> found = co_await identity();
  if (!found) co_return found.error();
  co_return Result<>();
}

awaitable<Result<XmlElement>> ElbClient::ask_once(std::string action, Form form, Duration end) {
  const Result<analysis::AwsIdentity> identity = co_await this->identity();
  if (!identity) co_return identity.error();
  std::string url = variable(settings_.environment, "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2");
  if (url.empty()) url = variable(settings_.environment, "AWS_ENDPOINT_URL");
  if (url.empty()) url = endpoint_of(identity->region);
  kube::HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.body = encoded(form);
  analysis::FetchOrder order;
  order.request = analysis::sign_for_aws(std::move(request), {identity->region, "elasticloadbalancing"},
                                         identity->credentials, clock_.now());
  order.request.deadline = std::max<Duration>(end - clock_.elapsed(), std::chrono::milliseconds{1});
  order.repeatable = false;  // a question that is asked again is signed again
  const Result<kube::HttpResponse> answer = co_await fetcher_.fetch(std::move(order));
  if (!answer) co_return answer.error();
  co_return read_elb_answer(action, answer->status, answer->body);
}

awaitable<Result<XmlElement>> ElbClient::ask(std::string action, Form form) {
  const Duration end = clock_.elapsed() + settings_.deadline;
  const std::uint64_t seed = ++seeds_;
  for (int attempt = 1;; ++attempt) {
    Result<XmlElement> answer = co_await ask_once(action, form, end);
    if (answer || !is_worth_another(answer.error().fault)) co_return answer;
    constexpr unsigned later = 429;
    const auto wait =
        analysis::wait_before_retry({later, "", attempt}, settings_.retry, clock_.now(), end - clock_.elapsed(), seed);
    if (!wait) co_return answer;
    co_await clock_.sleep_for(*wait);
  }
}

awaitable<Result<std::vector<XmlElement>>> ElbClient::ask_all(std::string action, Form form) {
  form.insert(form.begin(), {{"Action", action}, {"Version", "2015-12-01"}});
  std::vector<XmlElement> pages;
  std::string marker;
  for (int page = 0; page < most_pages; ++page) {
    Form asked = form;
    if (!marker.empty()) asked.emplace_back("Marker", marker);
    Result<XmlElement> result = co_await ask(action, std::move(asked));
    if (!result) co_return result.error();
    marker = next_marker(*result);
    pages.push_back(std::move(*result));
    if (marker.empty()) co_return pages;
  }
  co_return Error{Fault::internal, fmt::format("{}: more than {} pages", action, most_pages)};
}

awaitable<Result<std::vector<ElbLoadBalancer>>> ElbClient::find(std::vector<std::string> host_names) {
  std::vector<ElbLoadBalancer> found;
  std::set<std::string> wanted;
  for (std::string& name : host_names) {
    name = lower_case(std::move(name));
    const auto known = balancers_.find(name);
    if (known != balancers_.end() && known->second.second > clock_.elapsed())
      found.push_back(known->second.first);
    else
      wanted.insert(name);
  }
  if (wanted.empty()) co_return found;
  Form form{{"PageSize", "100"}};
  const Result<std::vector<XmlElement>> pages = co_await ask_all("DescribeLoadBalancers", std::move(form));
  if (!pages) co_return pages.error();
  for (const XmlElement& page : *pages)
    for (ElbLoadBalancer& named : read_load_balancers(page)) {
      const std::string name = lower_case(named.dns_name);
      if (!wanted.contains(name)) continue;
      balancers_[name] = {named, clock_.elapsed() + settings_.names_kept_for};
      found.push_back(std::move(named));
    }
  co_return found;
}

awaitable<Result<std::vector<ElbRule>>> ElbClient::rules_of(std::string balancer_arn) {
  std::vector<ElbRule> rules;
  Form form{{"LoadBalancerArn", balancer_arn}, {"PageSize", "100"}};
  const Result<std::vector<XmlElement>> listeners = co_await ask_all("DescribeListeners", std::move(form));
  if (!listeners) co_return listeners.error();
  for (const XmlElement& page : *listeners)
    for (const std::string& listener : read_listener_arns(page)) {
      Form of_listener{{"ListenerArn", listener}, {"PageSize", "100"}};
      const Result<std::vector<XmlElement>> answered = co_await ask_all("DescribeRules", std::move(of_listener));
      if (!answered) co_return answered.error();
      for (const XmlElement& one : *answered)
        for (ElbRule& rule : read_rules(one)) rules.push_back(std::move(rule));
    }
  co_return rules;
}

awaitable<Result<std::map<std::string, std::string>>> ElbClient::tags_of(std::vector<std::string> groups) {
  std::erase_if(tags_, [&](const auto& entry) { return entry.second.until <= clock_.elapsed(); });
  std::map<std::string, std::string> tags;
  std::vector<std::string> arns;
  for (std::string& group : groups) {
    const auto known = tags_.find(group);
    if (known != tags_.end())
      tags[group] = known->second.value;
    else if (std::find(arns.begin(), arns.end(), group) == arns.end())
      arns.push_back(std::move(group));
  }
  for (std::size_t first = 0; first < arns.size(); first += tags_at_once) {
    Form form;
    for (std::size_t at = first; at < std::min(first + tags_at_once, arns.size()); ++at)
      form.emplace_back(fmt::format("ResourceArns.member.{}", at - first + 1), arns[at]);
    const Result<std::vector<XmlElement>> pages = co_await ask_all("DescribeTags", std::move(form));
    if (!pages) co_return pages.error();
    for (const XmlElement& page : *pages)
      for (const auto& [arn, value] : read_tags(page, settings_.tag_key)) {
        tags_[arn] = {value, clock_.elapsed() + settings_.names_kept_for};
        tags[arn] = value;
      }
  }
  co_return tags;
}

awaitable<Result<LoadBalancerState>> ElbClient::describe(std::vector<std::string> host_names) {
  const Result<std::vector<ElbLoadBalancer>> found = co_await find(host_names);
  if (!found) co_return found.error();
  std::vector<ElbRule> rules;
  std::vector<std::string> groups;
  for (const ElbLoadBalancer& balancer : *found) {
    const Result<std::vector<ElbRule>> some = co_await rules_of(balancer.arn);
    if (!some) {
      // One of the same name may have taken its place.
      if (some.error().fault == Fault::not_found)
        for (const std::string& name : host_names) balancers_.erase(lower_case(name));
      co_return some.error();
    }
    rules.insert(rules.end(), some->begin(), some->end());
  }
  for (const ElbRule& rule : rules)
    for (const ElbGroup& group : rule.groups) groups.push_back(group.arn);
  const Result<std::map<std::string, std::string>> tags = co_await tags_of(std::move(groups));
  if (!tags) co_return tags.error();
  LoadBalancerState state;
  state.is_found = !found->empty();
  for (const ElbLoadBalancer& balancer : *found) state.balancers.push_back({balancer.name, balancer.arn});
  for (const ElbRule& rule : rules) {
    ForwardRule made{rule.arn, {}, rule.headers};
    for (const ElbGroup& group : rule.groups) {
      const auto tag = tags->find(group.arn);
      made.groups.push_back({tag == tags->end() ? std::string() : tag->second, group.weight, group.arn});
    }
    state.rules.push_back(std::move(made));
  }
  co_return state;
}

awaitable<Result<std::vector<RegisteredTarget>>> ElbClient::targets(std::string group_arn) {
  Form form{{"TargetGroupArn", std::move(group_arn)}};
  const Result<std::vector<XmlElement>> pages = co_await ask_all("DescribeTargetHealth", std::move(form));
  if (!pages) co_return pages.error();
  std::vector<RegisteredTarget> targets;
  for (const XmlElement& page : *pages)
    for (RegisteredTarget& target : read_targets(page)) targets.push_back(std::move(target));
  co_return targets;
}

}  // namespace sluice::traffic
