// Asks Graphite's render API and takes the points of the first target.
#include <cctype>
#include <charconv>

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

bool is_asked(const crds::MetricProvider& provider) { return provider.graphite.has_value(); }

void check(const crds::Metric& metric, std::vector<std::string>& mistakes) {
  const crds::GraphiteMetric& graphite = *metric.provider.graphite;
  if (graphite.address.empty()) mistakes.emplace_back("provider.graphite.address is required");
  if (graphite.query.empty()) mistakes.emplace_back("provider.graphite.query is required");
}

// The query as a URL carries it: blanks are taken out, as they are only there for the reader of the manifest; what a
// URL cannot hold is encoded, what is encoded already stays.
std::string in_url(std::string_view query) {
  constexpr std::string_view allowed = "-._~!$&'()*+,;=:@/?%";
  std::string text;
  for (const char c : query) {
    if (std::isspace(static_cast<unsigned char>(c))) continue;
    if (std::isalnum(static_cast<unsigned char>(c)) || allowed.find(c) != std::string_view::npos)
      text += c;
    else
      text += kube::percent_encoded(std::string_view(&c, 1));
  }
  return text;
}

Result<Turn> ask(const Inquiry& inquiry) {
  const crds::GraphiteMetric& graphite = *inquiry.metric.provider.graphite;
  if (const auto refused = refusal_of_url(graphite.address, "graphite address"))
    return Error{Fault::invalid, refused->find("url format") == std::string::npos
                                     ? *refused
                                     : fmt::format("Graphite address {} is not a valid URL", graphite.address)};
  Question question;
  question.request.url =
      without_trailing_slash(graphite.address) + "/render?" + in_url(graphite.query) + "&format=json";
  question.request.headers.add("Accept-Encoding", "identity");
  question.request.deadline = std::chrono::seconds{10};
  return Turn{std::move(question)};
}

// A number, null, or a number in quotes.
Result<std::optional<double>> read_number(const json::value& value) {
  if (value.is_null()) return std::optional<double>();
  if (value.is_number()) return std::optional<double>(value.to_number<double>());
  double number = 0;
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text == "null") return std::optional<double>();
    if (error == std::errc() && end == text.data() + text.size()) return std::optional<double>(number);
  }
  return Error{Fault::internal, "error unmarshaling data point: a value is no number"};
}

Result<Turn> read(const json::value& body) {
  const json::array* targets = body.if_array();
  const json::value* found = targets && !targets->empty() ? kube::find_at(targets->front(), {"datapoints"}) : nullptr;
  const json::array* points = found ? found->if_array() : nullptr;
  if (!points || points->empty()) return Error{Fault::invalid, "no values found"};
  List list;
  list.elements = Kind::floating;
  std::string text = "[";
  for (const json::value& point : *points) {
    const json::array* pair = point.if_array();
    if (!pair || pair->size() != 2)
      return Error{Fault::internal, "error unmarshaling data point: it is no pair of value and time"};
    const Result<std::optional<double>> value = read_number((*pair)[0]);
    if (!value) return value.error();
    if (!*value) continue;
    list.items.emplace_back(**value);
    text += fmt::format("{}{:f}", text.size() > 1 ? "," : "", **value);
  }
  Reading reading{expression::Value(std::move(list)), text + "]", {}};
  reading.shown_on_error = true;
  return Turn{std::move(reading)};
}

Result<Turn> converse(const Inquiry& inquiry) {
  if (inquiry.answers.empty()) return ask(inquiry);
  const kube::HttpResponse& response = inquiry.answers.back();
  if (response.status / 100 != 2)
    return Error{status_error(response.status).fault, fmt::format("error response: {}", response.status)};
  const Result<json::value> body = kube::parse_json(response.body);
  if (!body) return Error{Fault::internal, "the answer of Graphite is no JSON; is the address that of a Graphite?"};
  return read(*body);
}

}  // namespace

constinit const ProviderKind graphite_kind{"graphite", is_asked, check, converse};

}  // namespace sluice::analysis
