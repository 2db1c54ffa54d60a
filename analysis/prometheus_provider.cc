// Measures by asking Prometheus' query API over HTTP or HTTPS.
#include "analysis/prometheus_provider.h"

#include <fmt/format.h>

#include "analysis/egress.h"
#include "analysis/phase.h"
#include "analysis/prometheus_answer.h"
#include "analysis/verdict.h"
#include "kube/base64.h"
#include "kube/percent_encoding.h"

namespace sluice::analysis {
namespace {

using kube::HttpRequest;
using kube::HttpResponse;
using kube::Result;

constexpr std::int64_t default_timeout = 30;  // seconds

// Seconds since the epoch in the shortest decimal form.
std::string print_seconds(kube::Time time) {
  return expression::print_decimal(static_cast<double>(time.time_since_epoch().count()) / 1e6);
}

std::string without_trailing_slash(std::string address) {
  while (address.ends_with('/')) address.pop_back();
  return address;
}

std::string form_of(const std::string& query, kube::Time now) {
  return "query=" + kube::percent_encoded(query) + "&time=" + kube::percent_encoded(print_seconds(now));
}

HttpRequest request_for(const crds::PrometheusMetric& metric, const std::string& address, kube::Time now) {
  HttpRequest request;
  request.method = "POST";
  request.url = without_trailing_slash(address) + "/api/v1/query";
  request.headers.add("Content-Type", "application/x-www-form-urlencoded");
  request.headers.add("Accept-Encoding", "identity");
  const crds::BasicAuthentication& basic = metric.authentication.basic_auth;
  if (!basic.username.empty())
    request.headers.add("Authorization", "Basic " + kube::encode_base64(basic.username + ":" + basic.password));
  for (const crds::HttpHeader& header : metric.headers) request.headers.set(header.key, header.value);
  request.body = form_of(metric.query, now);
  request.deadline = std::chrono::seconds{metric.timeout.value_or(default_timeout)};
  return request;
}

// Servers and proxies that take no POST get the same question as a GET.
bool wants_get(const Result<HttpResponse>& answer) {
  return answer && (answer->status == 403 || answer->status == 405 || answer->status == 501);
}
HttpRequest as_get(HttpRequest request) {
  request.method = "GET";
  request.url += "?" + request.body;
  request.body.clear();
  kube::HttpHeaders headers;
  for (const auto& [name, value] : request.headers)
    if (name != "Content-Type") headers.add(name, value);
  request.headers = std::move(headers);
  return request;
}

// Why the metric cannot be asked; "" when it can.
std::string refusal(const crds::PrometheusMetric& metric, const std::string& address) {
  if (address.empty()) return "prometheus address is not configured";
  if (const auto refused = refusal_of_url(address)) return *refused;
  for (std::size_t i = 0; i < metric.headers.size(); ++i) {
    const crds::HttpHeader& header = metric.headers[i];
    if (header.key.empty() || is_reserved_header(header.key))
      return fmt::format("headers[{}].key: \"{}\" cannot be set", i, header.key);
    const std::string_view control("\r\n\0", 3);
    if (header.key.find_first_of(control) != std::string::npos ||
        header.value.find_first_of(control) != std::string::npos)
      return fmt::format("headers[{}]: control characters are not allowed", i);
  }
  if (metric.timeout && *metric.timeout == 0) return "context deadline exceeded: timeout is 0 s";
  return {};
}

void judge_answer(const crds::Metric& metric, const HttpResponse& response, kube::Time now,
                  crds::Measurement& measurement) {
  const Result<PrometheusAnswer> answer =
      read_prometheus_answer(response.status, response.headers.get("Content-Type"), response.body);
  if (!answer) {
    measurement.phase = name_of(Phase::error);
    measurement.message = answer.error().message;
    return;
  }
  const Judgement judgement = judge(metric.success_condition, metric.failure_condition, answer->value, now);
  measurement.phase = name_of(judgement.phase);
  measurement.message = judgement.message;
  if (judgement.phase == Phase::error) return;
  measurement.value = answer->text;
  if (!answer->warnings.empty()) measurement.metadata.set("warnings", print_warnings(answer->warnings));
}

}  // namespace

FetchHttp fetch_over_network() {
  kube::HttpClientOptions options;
  options.connect_deadline = std::chrono::seconds{5};
  options.body_limit = std::size_t{8} << 20;
  options.header_limit = std::size_t{32} << 10;
  auto verifying = std::make_shared<kube::HttpClient>(options);
  options.tls.verify = false;
  auto trusting = std::make_shared<kube::HttpClient>(options);
  return [verifying, trusting](HttpRequest request, bool verify) {
    return (verify ? verifying : trusting)->send(std::move(request));
  };
}

PrometheusProvider::PrometheusProvider(FetchHttp fetch, std::string default_address, kube::Clock& clock)
    : fetch_(std::move(fetch)), default_address_(std::move(default_address)), clock_(clock) {}

net::awaitable<Result<HttpResponse>> PrometheusProvider::ask(crds::PrometheusMetric metric, kube::Time at) {
  const std::string address = metric.address.empty() ? default_address_ : metric.address;
  std::string refused = refusal(metric, address);
  if (!refused.empty()) co_return kube::Error{kube::Fault::invalid, std::move(refused)};
  HttpRequest request = request_for(metric, address, at);
  HttpRequest again = as_get(request);
  Result<HttpResponse> response = co_await fetch_(std::move(request), !metric.insecure);
  const bool retry = wants_get(response);
  if (retry) response = co_await fetch_(std::move(again), !metric.insecure);
  co_return response;
}

net::awaitable<crds::Measurement> PrometheusProvider::run(MeasurementTask task) {
  crds::Measurement measurement;
  measurement.started_at = clock_.now();
  measurement.phase = name_of(Phase::error);
  const Result<HttpResponse> response = co_await ask(*task.metric.provider.prometheus, clock_.now());
  if (response)
    judge_answer(task.metric, *response, clock_.now(), measurement);
  else
    measurement.message = response.error().message;
  measurement.finished_at = clock_.now();
  co_return measurement;
}

// A query is over when run() returns, so there is never an unfinished one; one that a status shows is begun anew by
// being told as an error.
net::awaitable<crds::Measurement> PrometheusProvider::resume(MeasurementTask, crds::Measurement unfinished) {
  unfinished.phase = name_of(Phase::error);
  unfinished.message = "a Prometheus query cannot be resumed";
  unfinished.finished_at = clock_.now();
  co_return unfinished;
}

net::awaitable<crds::Measurement> PrometheusProvider::terminate(MeasurementTask, crds::Measurement unfinished) {
  unfinished.phase = name_of(Phase::inconclusive);
  unfinished.message = "Metric Terminated";
  unfinished.finished_at = clock_.now();
  co_return unfinished;
}

net::awaitable<void> PrometheusProvider::collect_garbage(MeasurementTask, std::vector<crds::Measurement>) { co_return; }

kube::StringMap PrometheusProvider::metadata(const crds::Metric& metric) const {
  return {{"ResolvedPrometheusQuery", metric.provider.prometheus->query}};
}

}  // namespace sluice::analysis
