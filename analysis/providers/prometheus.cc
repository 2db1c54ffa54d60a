// Asks Prometheus' query API: instant and range queries.
#include <charconv>

#include <fmt/format.h>

#include "analysis/egress.h"
#include "analysis/expression/expression.h"
#include "analysis/prometheus_answer.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/request_parts.h"
#include "analysis/providers/rows.h"
#include "kube/percent_encoding.h"

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;
using kube::HttpRequest;
using kube::Result;

constexpr std::int64_t default_timeout = 30;  // seconds
// Prometheus refuses more points than this; asking would be in vain.
constexpr std::int64_t most_points = 11'000;

const crds::PrometheusMetric& metric_of(const Inquiry& inquiry) { return *inquiry.metric.provider.prometheus; }

bool is_asked(const crds::MetricProvider& provider) { return provider.prometheus.has_value(); }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::PrometheusMetric& prometheus = *metric.provider.prometheus;
  if (prometheus.query.empty() && !metric.compare) mistakes.emplace_back("provider.prometheus.query is required");
  if (prometheus.timeout && *prometheus.timeout < 0) mistakes.emplace_back("prometheus timeout should not be negative");
  check_timeout("prometheus timeout", prometheus.timeout, mistakes);
  check_headers(prometheus.headers, mistakes);
  check_authentication(prometheus.authentication, mistakes);
  if (!prometheus.range_query) return;
  const crds::PrometheusRangeQuery& range = *prometheus.range_query;
  if (range.step.empty()) mistakes.emplace_back("failed to parse rangeQuery.step as duration: it is empty");
  check_duration("rangeQuery.step", range.step, mistakes);
  for (const auto& [name, text] : {std::pair("start", &range.start), std::pair("end", &range.end)})
    if (const auto time = expression::evaluate_time(*text, {}); !time && !has_argument(*text))
      mistakes.push_back(fmt::format("failed to parse rangeQuery.{} as time: {}", name, time.error().message));
}

// Why the metric cannot be asked; "" when it can.
std::string refusal(const crds::PrometheusMetric& metric, const std::string& address) {
  if (address.empty()) return "prometheus address is not configured";
  if (const auto refused = refusal_of_url(address, "prometheus address")) return *refused;
  if (metric.timeout && *metric.timeout == 0) return "context deadline exceeded: timeout is 0 s";
  return mistake_in_headers(metric.headers);
}

// Seconds in the shortest decimal form.
std::string print_seconds(kube::Duration length) {
  return expression::print_decimal(static_cast<double>(length.count()) / 1e6);
}
std::string print_moment(kube::Time time) { return print_seconds(time.time_since_epoch()); }

// The moment is cut to whole seconds, so that metrics that are due together ask the same question once.
Result<std::string> form_of(const crds::PrometheusMetric& metric, kube::Time now) {
  const std::string query = "query=" + kube::percent_encoded(metric.query);
  if (!metric.range_query) return query + "&time=" + std::to_string(unix_seconds(now));
  const crds::PrometheusRangeQuery& range = *metric.range_query;
  const kube::Time second = std::chrono::floor<std::chrono::seconds>(now);
  const auto start = expression::evaluate_time(range.start, second);
  if (!start) return Error{Fault::invalid, "failed to parse rangeQuery.start as time: " + start.error().message};
  const auto end = expression::evaluate_time(range.end, second);
  if (!end) return Error{Fault::invalid, "failed to parse rangeQuery.end as time: " + end.error().message};
  const kube::Duration step = duration_or(range.step, std::chrono::minutes{1});
  if (*end < *start) return Error{Fault::invalid, "rangeQuery.end is before rangeQuery.start"};
  if ((*end - *start) / step > most_points)
    return Error{Fault::invalid, fmt::format("rangeQuery has too many points (limit {}, got {}); use a longer step",
                                             most_points, (*end - *start) / step)};
  return query + "&start=" + print_moment(*start) + "&end=" + print_moment(*end) + "&step=" + print_seconds(step);
}

Result<Question> question_for(const Inquiry& inquiry, bool as_get) {
  const crds::PrometheusMetric& metric = metric_of(inquiry);
  const std::string& address = metric.address.empty() ? inquiry.default_address : metric.address;
  const std::string refused = refusal(metric, address);
  if (!refused.empty()) return Error{Fault::invalid, refused};
  const Result<std::string> form = form_of(metric, inquiry.now);
  if (!form) return form.error();
  Question question;
  HttpRequest& request = question.request;
  request.url = without_trailing_slash(address) + (metric.range_query ? "/api/v1/query_range" : "/api/v1/query");
  request.headers.add("Accept-Encoding", "identity");
  if (as_get) {
    request.url += "?" + *form;
  } else {
    request.method = "POST";
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = *form;
  }
  add_headers(request, metric.headers, metric.authentication.basic_auth);
  request.deadline = std::chrono::seconds{metric.timeout.value_or(default_timeout)};
  question.verify = !metric.insecure;
  question.oauth2 = metric.authentication.oauth2;
  question.aws = metric.authentication.sigv4;
  const bool is_signed = question.aws != crds::SigV4Authentication{};
  if (is_signed && address.find("aps-workspaces") != std::string::npos) question.aws_service = "aps";
  return question;
}

Result<Turn> ask(const Inquiry& inquiry, bool as_get) {
  Result<Question> question = question_for(inquiry, as_get);
  if (!question) return question.error();
  return Turn{std::move(*question)};
}

// Servers and proxies that take no POST get the same question as a GET.
bool wants_get(unsigned status) { return status == 403 || status == 405 || status == 501; }

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry, false);
  const kube::HttpResponse& response = inquiry.answers.back();
  if (inquiry.answers.size() == 1 && wants_get(response.status)) return ask(inquiry, true);
  const Result<PrometheusAnswer> answer =
      read_prometheus_answer(response.status, response.headers.get("Content-Type"), response.body);
  if (!answer) return answer.error();
  Reading reading{answer->value, answer->text, {}};
  if (!answer->warnings.empty()) reading.metadata.set("warnings", print_warnings(answer->warnings));
  return Turn{std::move(reading)};
}

kube::StringMap metadata(const crds::Metric& metric) {
  return {{"ResolvedPrometheusQuery", metric.provider.prometheus->query}};
}

}  // namespace

constinit const ProviderKind prometheus_kind{"prometheus", is_asked, check, converse, nullptr, metadata};

}  // namespace sluice::analysis
