// Lets Kayenta compare two versions: starts its judgement and asks until it is there.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/egress.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/request_parts.h"
#include "analysis/providers/rows.h"
#include "kube/json.h"
#include "kube/percent_encoding.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::string_view execution_key = "canaryExecutionId";
constexpr kube::Duration look_again = std::chrono::seconds{15};
constexpr kube::Duration timeout = std::chrono::seconds{15};

bool is_asked(const crds::MetricProvider& provider) { return provider.kayenta.has_value(); }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::KayentaMetric& kayenta = *metric.provider.kayenta;
  if (kayenta.address.empty()) mistakes.emplace_back("provider.kayenta.address is required");
  for (const crds::KayentaScope& scope : kayenta.scopes) {
    const auto pair = [&](std::string_view name, const std::string& control, const std::string& experiment) {
      if (control.empty() != experiment.empty())
        mistakes.push_back(fmt::format(
            "controlScope.{0} and experimentScope.{0} must both be set or be empty (scope \"{1}\")", name, scope.name));
    };
    pair("start", scope.control_scope.start, scope.experiment_scope.start);
    pair("end", scope.control_scope.end, scope.experiment_scope.end);
    if (scope.control_scope.start.empty() && !kayenta.lookback && metric.interval.empty())
      mistakes.push_back(
          fmt::format("scope \"{}\" has no start: give the metric an interval, or set lookback", scope.name));
  }
}

Question get(const std::string& url) {
  Question question;
  question.request.url = url;
  question.request.headers.add("Accept-Encoding", "identity");
  question.request.deadline = timeout;
  return question;
}

Result<Turn> ask_for_configuration(const crds::KayentaMetric& kayenta) {
  if (const auto refused = refusal_of_url(kayenta.address, "kayenta address")) return Error{Fault::invalid, *refused};
  kube::Query query;
  query.add("application", kayenta.application);
  // Kayenta finds configurations by the account that stores them.
  query.add("configurationAccountName", kayenta.storage_account_name);
  return Turn{get(without_trailing_slash(kayenta.address) + "/canaryConfig" + query.text())};
}

Result<std::string> configuration_id(const crds::KayentaMetric& kayenta, const kube::HttpResponse& response) {
  if (response.status != 200) return Error{Fault::invalid, fmt::format("Invalid Response: HTTP {}", response.status)};
  const Result<json::value> body = kube::parse_json(response.body);
  if (!body || !body->is_array()) return Error{Fault::internal, "Invalid Response: it is no list of configurations"};
  for (const json::value& configuration : body->get_array())
    if (kube::text_at(configuration, {"name"}) == kayenta.canary_config_name)
      return std::string(kube::text_at(configuration, {"id"}));
  return Error{Fault::not_found, "Canary config not found"};
}

json::object scope_of(const Inquiry& inquiry, const crds::KayentaScopeDetail& detail) {
  const crds::KayentaMetric& kayenta = *inquiry.metric.provider.kayenta;
  const kube::Time start = kayenta.lookback
                               ? inquiry.run_started
                               : inquiry.now - duration_or(inquiry.metric.interval, std::chrono::minutes{1});
  json::object scope;
  scope["scope"] = detail.scope;
  scope["location"] = detail.region;
  scope["step"] = detail.step;
  scope["start"] = detail.start.empty() ? kube::format_time(start) : detail.start;
  scope["end"] = detail.end.empty() ? kube::format_time(inquiry.now) : detail.end;
  return scope;
}

Turn start_judgement(const Inquiry& inquiry, const std::string& configuration) {
  const crds::KayentaMetric& kayenta = *inquiry.metric.provider.kayenta;
  json::object scopes;
  for (const crds::KayentaScope& scope : kayenta.scopes) {
    json::object both;
    both["controlScope"] = scope_of(inquiry, scope.control_scope);
    both["experimentScope"] = scope_of(inquiry, scope.experiment_scope);
    scopes[scope.name] = std::move(both);
  }
  json::object thresholds;
  thresholds["pass"] = kayenta.threshold.pass;
  thresholds["marginal"] = kayenta.threshold.marginal;
  json::object body;
  body["scopes"] = std::move(scopes);
  body["thresholds"] = std::move(thresholds);
  kube::Query query;
  query.add("application", kayenta.application);
  query.add("metricsAccountName", kayenta.metrics_account_name);
  query.add("configurationAccountName", kayenta.configuration_account_name);
  query.add("storageAccountName", kayenta.storage_account_name);
  Question question =
      get(without_trailing_slash(kayenta.address) + "/canary/" + kube::percent_encoded(configuration) + query.text());
  question.request.method = "POST";
  question.request.headers.add("Content-Type", "application/json");
  question.request.body = kube::print_json(json::value(std::move(body)));
  question.repeatable = false;  // each of them is a judgement of its own
  return {std::move(question)};
}

Result<Turn> read_start(const kube::HttpResponse& response) {
  if (response.status != 200) return Error{Fault::invalid, fmt::format("Invalid Response: HTTP {}", response.status)};
  const Result<json::value> body = kube::parse_json(response.body);
  const std::string id(body ? kube::text_at(*body, {execution_key}) : std::string_view());
  if (id.empty()) return Error{Fault::internal, "Invalid Response: it names no canaryExecutionId"};
  return Turn{Unfinished{{{std::string(execution_key), id}}, look_again}};
}

Result<Turn> read_judgement(const crds::KayentaMetric& kayenta, const kube::HttpResponse& response,
                            const kube::StringMap& unfinished) {
  if (response.status != 200) return Error{Fault::invalid, fmt::format("Invalid Response: HTTP {}", response.status)};
  const Result<json::value> body = kube::parse_json(response.body);
  const json::value* complete = body ? kube::find_at(*body, {"complete"}) : nullptr;
  if (!complete || !complete->is_bool()) return Error{Fault::internal, "Missing Complete Status"};
  if (!complete->get_bool()) return Turn{Unfinished{unfinished, look_again}};
  const json::value* score = kube::find_at(*body, {"result", "judgeResult", "score", "score"});
  if (!score || !score->is_number()) return Error{Fault::internal, "Missing Score"};
  const double exact = score->to_number<double>();
  if (!(exact >= -1e9 && exact <= 1e9)) return Error{Fault::internal, "Missing Score"};
  const auto whole = static_cast<std::int64_t>(exact);  // 89.9 does not reach 90
  const Phase phase = whole >= kayenta.threshold.pass       ? Phase::successful
                      : whole >= kayenta.threshold.marginal ? Phase::inconclusive
                                                            : Phase::failed;
  return Turn{Judged{phase, std::to_string(whole)}};
}

Result<Turn> converse(const Inquiry& inquiry) {
  const crds::KayentaMetric& kayenta = *inquiry.metric.provider.kayenta;
  const std::string_view execution = inquiry.unfinished.get(execution_key);
  if (!execution.empty()) {
    if (inquiry.answers.empty())
      return Turn{get(without_trailing_slash(kayenta.address) + "/canary/" + kube::percent_encoded(execution))};
    return read_judgement(kayenta, inquiry.answers.back(), inquiry.unfinished);
  }
  if (inquiry.answers.empty()) return ask_for_configuration(kayenta);
  if (inquiry.answers.size() > 1) return read_start(inquiry.answers.back());
  const Result<std::string> id = configuration_id(kayenta, inquiry.answers.front());
  if (!id) return id.error();
  return start_judgement(inquiry, *id);
}

}  // namespace

constinit const ProviderKind kayenta_kind{"kayenta", is_asked, check, converse};

}  // namespace sluice::analysis
