// Asks New Relic's NerdGraph for the rows of an NRQL query.
#include <array>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "analysis/egress.h"
#include "analysis/providers/inquiry.h"
#include "analysis/providers/request_parts.h"
#include "analysis/providers/rows.h"
#include "analysis/value_json.h"
#include "kube/json.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::int64_t default_timeout = 5;  // seconds, at New Relic
constexpr std::size_t most_attempts = 4;     // when New Relic says that it was its own fault

bool is_asked(const crds::MetricProvider& provider) { return provider.new_relic.has_value(); }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::NewRelicMetric& relic = *metric.provider.new_relic;
  if (relic.query.empty()) mistakes.emplace_back("provider.newRelic.query is required");
  if (relic.timeout && *relic.timeout < 0) mistakes.emplace_back("timeout value needs to be a positive value");
  check_timeout("newRelic.timeout", relic.timeout, mistakes);
}

std::optional<SecretNeed> secret(const crds::Metric& metric) {
  const std::string& profile = metric.provider.new_relic->profile;
  return SecretNeed{profile.empty() ? "newrelic" : profile, false, {}, {}};
}

// "" for a region that does not exist.
std::string address_of(const kube::StringMap& secret) {
  const std::string_view own = secret.get("base-url-nerdgraph");
  if (!own.empty()) return std::string(own);
  std::string region(secret.get("region"));
  for (char& c : region) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (region.empty() || region == "us") return "https://api.newrelic.com/graphql";
  if (region == "eu") return "https://api.eu.newrelic.com/graphql";
  if (region == "staging") return "https://staging-api.newrelic.com/graphql";
  return {};
}

Result<Turn> ask(const Inquiry& inquiry, kube::Duration pause) {
  const crds::NewRelicMetric& relic = *inquiry.metric.provider.new_relic;
  const std::string_view key = inquiry.secret.get("personal-api-key"), account = inquiry.secret.get("account-id");
  if (key.empty() || account.empty()) return Error{Fault::invalid, "account ID or personal API key not found"};
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(account.data(), account.data() + account.size(), id);
  if (error != std::errc() || end != account.data() + account.size())
    return Error{Fault::invalid, "could not parse account ID: it is no whole number"};
  const std::string address = address_of(inquiry.secret);
  if (address.empty()) return Error{Fault::invalid, "region is none of us, eu and staging"};
  if (const auto refused = refusal_of_url(address, "base-url-nerdgraph")) return Error{Fault::invalid, *refused};
  json::object variables;
  variables["accountId"] = id;
  variables["query"] = relic.query;
  variables["timeout"] = relic.timeout.value_or(0) > 0 ? *relic.timeout : default_timeout;
  json::object body;
  body["query"] =
      "query($accountId: Int!, $query: Nrql!, $timeout: Seconds) "
      "{ actor { account(id: $accountId) { nrql(query: $query, timeout: $timeout) { results } } } }";
  body["variables"] = std::move(variables);
  Question question;
  question.pause = pause;
  question.request.method = "POST";
  question.request.url = address;
  question.request.headers = {
      {"Api-Key", std::string(key)}, {"Content-Type", "application/json"}, {"Accept-Encoding", "identity"}};
  question.request.body = kube::print_json(json::value(std::move(body)));
  question.request.deadline = std::chrono::seconds{30};
  return Turn{std::move(question)};
}

// Errors that New Relic names its own and that are worth asking again.
bool is_transient(const json::value& error) {
  constexpr std::array<std::string_view, 3> classes{"TIMEOUT", "INTERNAL_SERVER_ERROR", "SERVER_ERROR"};
  const std::string_view name = kube::text_at(error, {"extensions", "errorClass"});
  return std::find(classes.begin(), classes.end(), name) != classes.end();
}

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry, kube::Duration{0});
  const kube::HttpResponse& response = inquiry.answers.back();
  if (response.status / 100 != 2) return status_error(response.status);
  const Result<json::value> body = kube::parse_json(response.body);
  if (!body || !body->is_object()) return Error{Fault::internal, "the answer of New Relic is no JSON object"};
  const json::value* errors = kube::find_at(*body, {"errors"});
  if (errors && errors->is_array() && !errors->get_array().empty()) {
    const json::value& first = errors->get_array().front();
    if (is_transient(first) && inquiry.answers.size() < most_attempts)
      return ask(inquiry, std::chrono::seconds{inquiry.answers.size()});
    return Error{Fault::invalid, fmt::format("New Relic: {}", kube::text_at(first, {"message"}).substr(0, 256))};
  }
  const json::value* rows = kube::find_at(*body, {"data", "actor", "account", "nrql", "results"});
  const json::array* list = rows ? rows->if_array() : nullptr;
  const bool is_one_empty =
      list && list->size() == 1 && list->front().is_object() && list->front().get_object().empty();
  if (!list || list->empty() || is_one_empty) return Error{Fault::invalid, "no results returned from NRQL query"};
  const expression::Value value = value_from_json(list->size() == 1 ? list->front() : *rows);
  return Turn{Reading{value, expression::print_compact(value), {}}};
}

kube::StringMap metadata(const crds::Metric& metric) {
  return {{"ResolvedNewRelicQuery", metric.provider.new_relic->query}};
}

}  // namespace

constinit const ProviderKind new_relic_kind{"newRelic", is_asked, check, converse, secret, metadata};

}  // namespace sluice::analysis
