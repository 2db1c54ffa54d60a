// Asks Apache SkyWalking's GraphQL for the last minutes.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/egress.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/request_parts.h"
#include "analysis/providers/rows.h"
#include "analysis/providers/shown.h"
#include "analysis/value_json.h"
#include "kube/json.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::Result;

bool is_asked(const crds::MetricProvider& provider) { return provider.skywalking.has_value(); }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::SkyWalkingMetric& walking = *metric.provider.skywalking;
  if (walking.address.empty()) mistakes.emplace_back("provider.skywalking.address is required");
  if (walking.query.empty()) mistakes.emplace_back("provider.skywalking.query is required");
  if (walking.interval.empty()) mistakes.emplace_back("provider.skywalking.interval is required, such as 5m");
  check_duration("provider.skywalking.interval", walking.interval, mistakes);
}

// "2026-01-02 0304", as SkyWalking writes minutes; in UTC, in which its server has to run as well.
std::string print_minute(kube::Time time) {
  std::string text = kube::format_time(time).substr(0, 16);  // 2026-01-02T03:04
  text[10] = ' ';
  text.erase(13, 1);
  return text;
}

Result<Turn> ask(const Inquiry& inquiry) {
  const crds::SkyWalkingMetric& walking = *inquiry.metric.provider.skywalking;
  if (const auto refused = refusal_of_url(walking.address, "skywalking address"))
    return Error{Fault::invalid, *refused};
  json::object duration;
  duration["start"] = print_minute(inquiry.now - duration_or(walking.interval, std::chrono::minutes{5}));
  duration["end"] = print_minute(inquiry.now);
  duration["step"] = "MINUTE";
  json::object variables;
  variables["duration"] = std::move(duration);
  json::object body;
  body["query"] = walking.query;
  body["variables"] = std::move(variables);
  Question question;
  question.request.method = "POST";
  question.request.url = without_trailing_slash(walking.address) + "/graphql";
  question.request.headers = {{"Content-Type", "application/json"}, {"Accept-Encoding", "identity"}};
  question.request.body = kube::print_json(json::value(std::move(body)));
  question.request.deadline = std::chrono::seconds{30};
  return Turn{std::move(question)};
}

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry);
  const kube::HttpResponse& response = inquiry.answers.back();
  if (response.status / 100 != 2) return status_error(response.status);
  const Result<json::value> body = kube::parse_json(response.body);
  if (!body || !body->is_object()) return Error{Fault::internal, "the answer of SkyWalking is no JSON object"};
  const json::value* errors = kube::find_at(*body, {"errors"});
  if (errors && errors->is_array() && !errors->get_array().empty())
    return Error{Fault::invalid,
                 fmt::format("graphql: {}", kube::text_at(errors->get_array().front(), {"message"}).substr(0, 256))};
  const json::value* data = kube::find_at(*body, {"data"});
  if (!data || data->is_null()) return Error{Fault::invalid, "no results returned from SkyWalking query"};
  const expression::Value value = value_from_json(*data);
  return Turn{Reading{value, shown(value), {}}};
}

}  // namespace

constinit const ProviderKind sky_walking_kind{"skywalking", is_asked, check, converse};

}  // namespace sluice::analysis
