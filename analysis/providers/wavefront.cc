// Asks Wavefront (Tanzu Observability) for a chart and takes one point of each series.
#include <cmath>
#include <limits>

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
using expression::Kind;
using expression::List;
using kube::Error;
using kube::Fault;
using kube::Result;

bool is_asked(const crds::MetricProvider& provider) { return provider.wavefront.has_value(); }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::WavefrontMetric& wavefront = *metric.provider.wavefront;
  if (wavefront.address.empty()) mistakes.emplace_back("provider.wavefront.address is required");
  if (wavefront.address.find("://") != std::string::npos)
    mistakes.emplace_back("provider.wavefront.address is a host without a scheme, such as example.wavefront.com");
  if (wavefront.query.empty()) mistakes.emplace_back("provider.wavefront.query is required");
}

std::optional<SecretNeed> secret(const crds::Metric&) {
  return SecretNeed{"wavefront-api-tokens", false, {}, "API token not found"};
}

std::int64_t asked_second(const Inquiry& inquiry) { return unix_seconds(inquiry.now); }

Result<Turn> ask(const Inquiry& inquiry) {
  const crds::WavefrontMetric& wavefront = *inquiry.metric.provider.wavefront;
  const std::string_view token = inquiry.secret.get(wavefront.address);
  if (token.empty()) return Error{Fault::invalid, "API token not found"};
  const std::string address = "https://" + wavefront.address;
  if (const auto refused = refusal_of_url(address, "wavefront address")) return Error{Fault::invalid, *refused};
  const std::string moment = std::to_string(asked_second(inquiry) * 1000);
  kube::Query query;
  query.add("q", wavefront.query);
  query.add("s", moment);
  query.add("e", moment);
  for (const auto& [name, value] :
       {std::pair("g", "s"), std::pair("p", "1"), std::pair("i", "true"), std::pair("autoEvents", "false"),
        std::pair("listmode", "false"), std::pair("strict", "false"), std::pair("includeObsoleteMetrics", "false")})
    query.add(name, value);
  Question question;
  question.request.url = address + "/api/v2/chart/api" + query.text();
  question.request.headers = {{"Authorization", "Bearer " + std::string(token)}, {"Accept-Encoding", "identity"}};
  question.request.deadline = std::chrono::seconds{30};
  return Turn{std::move(question)};
}

struct Point {
  double second = 0;
  double value = 0;
};

// The point of a series that is nearest to the moment that was asked for.
Result<Point> nearest_point(const json::value& series, double moment) {
  const json::value* data = kube::find_at(series, {"data"});
  const json::array* points = data ? data->if_array() : nullptr;
  Point nearest;
  double distance = std::numeric_limits<double>::infinity();
  for (std::size_t at = 0; points && at < points->size(); ++at) {
    const json::array* pair = (*points)[at].if_array();
    if (!pair || pair->size() != 2 || !(*pair)[0].is_number() || !(*pair)[1].is_number())
      return Error{Fault::internal, fmt::format("point {} of a series is no pair of numbers", at)};
    const Point point{(*pair)[0].to_number<double>(), (*pair)[1].to_number<double>()};
    if (std::abs(point.second - moment) >= distance) continue;
    distance = std::abs(point.second - moment);
    nearest = point;
  }
  if (!std::isfinite(distance)) return Error{Fault::invalid, "a TimeSeries of Wavefront has no points"};
  return nearest;
}

Result<Turn> read(const json::value& body, double moment) {
  const json::value* found = kube::find_at(body, {"timeseries"});
  const json::array* all = found ? found->if_array() : nullptr;
  if (!all || all->empty()) return Error{Fault::invalid, "No TimeSeries found in response from Wavefront"};
  List list;
  list.elements = Kind::floating;
  std::string values, seconds, drifts;
  for (const json::value& series : *all) {
    const Result<Point> point = nearest_point(series, moment);
    if (!point) return point.error();
    list.items.emplace_back(point->value);
    const std::string comma = values.empty() ? "" : ",";
    values += comma + fmt::format("{:.2f}", point->value);
    seconds += comma + fmt::format("{:.0f}", point->second);
    drifts += comma + fmt::format("{:.0f}", moment - point->second);
  }
  const bool is_one = list.items.size() == 1;
  const auto framed = [&](const std::string& text) { return is_one ? text : "[" + text + "]"; };
  Reading reading;
  reading.text = framed(values);
  reading.metadata = {{"timestamps", framed(seconds)}, {"drift", framed(drifts)}};
  const std::string_view warnings = kube::text_at(body, {"warnings"});
  if (!warnings.empty()) reading.metadata.set("warnings", warnings.substr(0, 256));
  if (is_one)
    reading.value = list.items.front();
  else
    reading.value = expression::Value(std::move(list));
  return Turn{std::move(reading)};
}

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry);
  const kube::HttpResponse& response = inquiry.answers.back();
  if (response.status / 100 != 2) return status_error(response.status);
  const Result<json::value> body = kube::parse_json(response.body);
  if (!body || !body->is_object()) return Error{Fault::internal, "the answer of Wavefront is no JSON object"};
  return read(*body, static_cast<double>(asked_second(inquiry)));
}

}  // namespace

constinit const ProviderKind wavefront_kind{"wavefront", is_asked, check, converse, secret};

}  // namespace sluice::analysis
