// Asks Datadog: the query API of version 1, the scalar API of version 2.
#include <algorithm>
#include <tuple>

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
using expression::Value;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::string_view review = "Please review the Analysis Template.";
constexpr std::size_t shown_groups = 100;

bool is_asked(const crds::MetricProvider& provider) { return provider.datadog.has_value(); }
bool is_v2(const crds::DatadogMetric& datadog) { return datadog.api_version == "v2"; }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::DatadogMetric& datadog = *metric.provider.datadog;
  const auto say = [&](std::string_view what) { mistakes.push_back(fmt::format("{} {}", what, review)); };
  const bool has_query = !datadog.query.empty(), has_queries = !datadog.queries.empty();
  if (!datadog.api_version.empty() && datadog.api_version != "v1" && datadog.api_version != "v2")
    say(fmt::format("apiVersion \"{}\" is neither v1 nor v2.", datadog.api_version.substr(0, 32)));
  if (!has_query && !has_queries) say("Must have either a query or queries.");
  if (has_query && has_queries) say("Cannot have both a query and queries.");
  if (!is_v2(datadog) && !has_query && has_queries)
    say("Query is empty. API Version v1 only supports using the query parameter.");
  if (!datadog.formula.empty() && !has_queries) say("Formula are only valid when queries are set.");
  if (datadog.queries.size() > 1 && datadog.formula.empty())
    say("When multiple queries are provided you must include a formula.");
  if (!is_v2(datadog) && !datadog.aggregator.empty()) say("Aggregator is not supported in v1.");
  check_duration("interval", datadog.interval, mistakes);
  if (!datadog.request_timeout.empty() && !has_argument(datadog.request_timeout)) {
    const Result<kube::Duration> timeout = kube::parse_duration(datadog.request_timeout);
    if (!timeout)
      say(fmt::format("Could not parse the request timeout: {}.", timeout.error().message));
    else if (*timeout <= kube::Duration::zero())
      say("Request timeout must be a positive duration.");
    else if (*timeout > std::chrono::seconds{longest_timeout})
      say(fmt::format("Request timeout is too long (limit {} s).", longest_timeout));
  }
  if (datadog.secret_ref.namespaced && datadog.secret_ref.name.empty())
    say("secret name is required for namespaced credentials.");
}

std::optional<SecretNeed> secret(const crds::Metric& metric) {
  const crds::DatadogSecret& named = metric.provider.datadog->secret_ref;
  SecretNeed need;
  need.missing = "failed to find the credentials for datadog metrics provider";
  need.in_run_namespace = named.namespaced;
  need.name = named.name.empty() ? "datadog" : named.name;
  if (named.name.empty())
    need.environment = {{"DD_API_KEY", "api-key"}, {"DD_APP_KEY", "app-key"}, {"DD_ADDRESS", "address"}};
  return need;
}

std::string scalar_request(const crds::DatadogMetric& datadog, kube::Time from, kube::Time to) {
  const auto query_of = [&](const std::string& name, const std::string& text) {
    json::object query;
    query["aggregator"] = datadog.aggregator.empty() ? "last" : datadog.aggregator;
    query["data_source"] = "metrics";
    query["name"] = name;
    query["query"] = text;
    return query;
  };
  json::array queries, formulas;
  if (!datadog.query.empty()) queries.push_back(query_of("query", datadog.query));
  for (const auto& [name, text] : datadog.queries) queries.push_back(query_of(name, text));
  if (!datadog.formula.empty()) formulas.push_back(json::object{{"formula", datadog.formula}});
  json::object attributes;
  attributes["from"] = unix_milliseconds(from);
  attributes["to"] = unix_milliseconds(to);
  attributes["queries"] = std::move(queries);
  attributes["formulas"] = std::move(formulas);
  json::object data;
  data["type"] = "scalar_request";
  data["attributes"] = std::move(attributes);
  return kube::print_json(json::object{{"data", std::move(data)}});
}

Result<Turn> ask(const Inquiry& inquiry) {
  const crds::DatadogMetric& datadog = *inquiry.metric.provider.datadog;
  const std::string_view key = inquiry.secret.get("api-key"), app = inquiry.secret.get("app-key");
  if (key.empty() || app.empty())
    return Error{Fault::invalid, "failed to find the credentials for datadog metrics provider (keys api-key, app-key)"};
  std::string address(inquiry.secret.get("address"));
  if (address.empty()) address = "https://api.datadoghq.com";
  address = without_trailing_slash(std::move(address));
  if (const auto refused = refusal_of_url(address, "datadog address")) return Error{Fault::invalid, *refused};
  const kube::Time to = std::chrono::floor<std::chrono::seconds>(inquiry.now);
  const kube::Time from = to - duration_or(datadog.interval, std::chrono::minutes{5});
  Question question;
  kube::HttpRequest& request = question.request;
  request.headers = {{"Content-Type", "application/json"},
                     {"DD-API-KEY", std::string(key)},
                     {"DD-APPLICATION-KEY", std::string(app)},
                     {"Accept-Encoding", "identity"}};
  request.deadline = duration_or(datadog.request_timeout, std::chrono::seconds{10});
  if (is_v2(datadog)) {
    request.method = "POST";
    request.url = address + "/api/v2/query/scalar";
    request.body = scalar_request(datadog, from, to);
  } else {
    kube::Query query;
    query.add("from", std::to_string(unix_seconds(from)));
    query.add("query", datadog.query);
    query.add("to", std::to_string(unix_seconds(to)));
    request.url = address + "/api/v1/query" + query.text();
  }
  return Turn{std::move(question)};
}

Result<Turn> read_v1(const json::value& body) {
  if (const std::string_view error = kube::text_at(body, {"error"}); !error.empty())
    return Error{Fault::invalid, fmt::format("There were errors in your query: {}", error.substr(0, 256))};
  const json::value* series = kube::find_at(body, {"series"});
  if (!series || series->is_null()) return Turn{Reading{{}, "null", {}}};
  if (!series->is_array()) return Error{Fault::internal, "Could not parse JSON body: series is not a list"};
  if (series->get_array().empty()) return Turn{Reading{{}, "[]", {}}};
  const json::value* points = kube::find_at(series->get_array().front(), {"pointlist"});
  if (!points || !points->is_array() || points->get_array().empty()) return Turn{Reading{{}, "[]", {}}};
  const json::value& last = points->get_array().back();
  if (!last.is_array() || last.get_array().size() != 2)
    return Error{Fault::invalid, "Datapoint does not have 2 values"};
  const json::value& value = last.get_array()[1];
  if (value.is_null()) return Turn{Reading{{}, "null", {}}};  // a gap in the series is no zero
  if (!value.is_number()) return Error{Fault::invalid, "Could not parse JSON body: the value of a point is no number"};
  const double number = value.to_number<double>();
  return Turn{Reading{number, expression::print_decimal(number), {}}};
}

// "name,name" of each group, in the order of the values.
Result<std::vector<std::string>> group_names(const json::array& values) {
  std::vector<std::string> names;
  for (std::size_t at = 0; at < values.size(); ++at) {
    const json::array* tags = values[at].if_array();
    std::string name;
    for (std::size_t tag = 0; tags && tag < tags->size(); ++tag) {
      if (!(*tags)[tag].is_string())
        return Error{Fault::invalid, fmt::format("could not parse group label at index {}", at)};
      name += (tag > 0 ? "," : "") + std::string((*tags)[tag].get_string());
    }
    if (!tags) return Error{Fault::invalid, fmt::format("could not parse group label at index {}", at)};
    names.push_back(std::move(name));
  }
  return names;
}

struct Group {
  std::string name;
  double value = 0;
};

// The groups of a grouped query for people: all of them, or the lowest and the highest.
kube::StringMap describe_groups(std::vector<Group> groups) {
  kube::StringMap metadata;
  if (groups.size() > shown_groups) {
    std::ranges::sort(groups, {}, [](const Group& group) { return std::tie(group.value, group.name); });
    groups.erase(groups.begin() + shown_groups / 2, groups.end() - shown_groups / 2);
    metadata.set("groups_truncated", "true");
  }
  json::array list;
  for (const Group& group : groups) {
    json::object entry;
    entry["name"] = group.name;
    entry["value"] = group.value;
    list.push_back(std::move(entry));
  }
  metadata.set("groups", kube::print_json(json::value(std::move(list))));
  return metadata;
}

Result<Turn> read_v2(const json::value& body) {
  std::string errors(kube::text_at(body, {"errors"}));
  if (errors.empty()) errors = kube::text_at(body, {"data", "errors"});
  if (!errors.empty())
    return Error{Fault::invalid, fmt::format("There were errors in your query: {}", errors.substr(0, 256))};
  const json::value* columns = kube::find_at(body, {"data", "attributes", "columns"});
  if (!columns || !columns->is_array()) return Turn{Reading{{}, "[]", {}}};
  const json::array* values = nullptr;
  const json::array* labels = nullptr;
  for (const json::value& column : columns->get_array()) {
    const std::string_view type = kube::text_at(column, {"type"});
    const json::value* entries = kube::find_at(column, {"values"});
    const json::array* list = entries ? entries->if_array() : nullptr;
    if (type == "group") labels = list;
    if (!values && (type == "number" || type.empty())) values = list;
  }
  std::vector<std::string> names;
  if (labels) {
    Result<std::vector<std::string>> read = group_names(*labels);
    if (!read) return read.error();
    names = std::move(*read);
  }
  List list;
  list.elements = Kind::floating;
  std::vector<Group> groups;
  std::string text = "[";
  for (std::size_t at = 0; values && at < values->size(); ++at) {
    const json::value& value = (*values)[at];
    if (value.is_null()) continue;
    if (!value.is_number()) return Error{Fault::invalid, fmt::format("could not parse numeric value at index {}", at)};
    const double number = value.to_number<double>();
    list.items.emplace_back(number);
    groups.push_back({at < names.size() ? names[at] : std::string(), number});
    text += (text.size() > 1 ? "," : "") + expression::print_decimal(number);
  }
  if (list.items.empty()) return Turn{Reading{{}, "[]", {}}};
  if (labels) return Turn{Reading{std::move(list), text + "]", describe_groups(std::move(groups))}};
  const Value first = list.items.front();
  return Turn{Reading{first, expression::print_decimal(first.number()), {}}};
}

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry);
  const kube::HttpResponse& response = inquiry.answers.back();
  if (response.status == 401 || response.status == 403)
    return Error{Fault::unauthorized, fmt::format("received authentication error response code: {}", response.status)};
  if (response.status != 200) return status_error(response.status);
  const Result<json::value> body = kube::parse_json(response.body);
  if (!body || !body->is_object()) return Error{Fault::internal, "Could not parse JSON body: it is no JSON object"};
  return is_v2(*inquiry.metric.provider.datadog) ? read_v2(*body) : read_v1(*body);
}

}  // namespace

constinit const ProviderKind datadog_kind{"datadog", is_asked, check, converse, secret};

}  // namespace sluice::analysis
