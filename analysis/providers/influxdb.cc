// Asks InfluxDB 2 with a Flux query.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/egress.h"
#include "analysis/providers/flux_csv.h"
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

bool is_asked(const crds::MetricProvider& provider) { return provider.influxdb.has_value(); }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  if (metric.provider.influxdb->query.empty()) mistakes.emplace_back("provider.influxdb.query is required");
}

std::optional<SecretNeed> secret(const crds::Metric& metric) {
  const std::string& profile = metric.provider.influxdb->profile;
  return SecretNeed{profile.empty() ? "influxdb" : profile, false, {}, {}};
}

Result<Turn> ask(const Inquiry& inquiry) {
  const std::string address = without_trailing_slash(std::string(inquiry.secret.get("address")));
  const std::string_view token = inquiry.secret.get("authToken"), org = inquiry.secret.get("org");
  if (address.empty() || token.empty() || org.empty())
    return Error{Fault::invalid, "authToken, org, or address not found"};
  if (const auto refused = refusal_of_url(address, "influxdb address")) return Error{Fault::invalid, *refused};
  json::object dialect;
  dialect["annotations"] = json::array{"datatype", "group", "default"};
  dialect["delimiter"] = ",";
  dialect["header"] = true;
  json::object body;
  body["query"] = inquiry.metric.provider.influxdb->query;
  body["type"] = "flux";
  body["dialect"] = std::move(dialect);
  Question question;
  question.request.method = "POST";
  question.request.url = address + "/api/v2/query?org=" + kube::percent_encoded(org);
  question.request.headers = {{"Authorization", "Token " + std::string(token)},
                              {"Content-Type", "application/json"},
                              {"Accept", "application/csv"},
                              {"Accept-Encoding", "identity"}};
  question.request.body = kube::print_json(json::value(std::move(body)));
  question.request.deadline = std::chrono::seconds{30};
  return Turn{std::move(question)};
}

Error refusal(const kube::HttpResponse& response) {
  Error error = status_error(response.status);
  const Result<json::value> body = kube::parse_json(response.body);
  const std::string_view message = body ? kube::text_at(*body, {"message"}) : std::string_view();
  if (!message.empty()) error.message += fmt::format(" ({})", message.substr(0, 256));
  return error;
}

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry);
  const kube::HttpResponse& response = inquiry.answers.back();
  if (response.status / 100 != 2) return refusal(response);
  Result<std::vector<expression::Value>> values = read_flux_values(response.body);
  if (!values) return values.error();
  if (values->empty()) return Error{Fault::invalid, "no results returned from flux query"};
  expression::List list;
  list.items = std::move(*values);
  const expression::Value value(std::move(list));
  constexpr std::size_t longest = 1024;
  std::string text = expression::print_plain(value, longest);
  if (text.size() > longest) text = fmt::format("<list, {} items>", value.list().items.size());
  return Turn{Reading{value, std::move(text), {}}};
}

}  // namespace

constinit const ProviderKind influxdb_kind{"influxdb", is_asked, check, converse, secret};

}  // namespace sluice::analysis
