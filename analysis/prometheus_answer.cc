// What Prometheus' query API answers, as a value or as a reason why there is none.
#include "analysis/prometheus_answer.h"

#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using expression::Kind;
using expression::List;
using expression::Value;
using kube::Error;
using kube::Fault;
using kube::Result;

Error bad_response(std::string_view why) { return {Fault::internal, fmt::format("bad_response: {}", why)}; }

// The sample value of a pair [time, "value"]. Prometheus writes NaN, +Inf, -Inf and exponents.
Result<double> read_sample(const json::value& pair) {
  if (!pair.is_array() || pair.get_array().size() != 2 || !pair.get_array()[1].is_string())
    return bad_response("a sample is not a pair of time and text");
  std::string_view text = pair.get_array()[1].get_string();
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    return bad_response("the value of a sample is not a number");
  return number;
}

Result<> add_sample(const json::value& pair, List& list) {
  const Result<double> number = read_sample(pair);
  if (!number) return number.error();
  list.items.emplace_back(*number);
  return {};
}

// All samples in the order of the answer; series of a matrix follow each other.
Result<Value> read_series(const json::value& result, bool is_matrix) {
  if (!result.is_array()) return bad_response("the result is not a list of series");
  List list;
  list.elements = Kind::floating;
  for (const json::value& series : result.get_array()) {
    const json::value* samples = kube::find_at(series, {is_matrix ? "values" : "value"});
    if (!samples && kube::find_at(series, {is_matrix ? "histograms" : "histogram"}))
      return Error{Fault::invalid, "Prometheus metric type not supported: native histogram; use histogram_quantile()"};
    if (!samples) return bad_response("a series has no value");
    Result<> added;
    if (!is_matrix) {
      added = add_sample(*samples, list);
    } else if (!samples->is_array()) {
      added = bad_response("the values of a series are not a list");
    } else {
      for (const json::value& pair : samples->get_array())
        if (added) added = add_sample(pair, list);
    }
    if (!added) return added.error();
  }
  return Value(std::move(list));
}

Result<Value> read_result(std::string_view type, const json::value& result) {
  if (type == "vector" || type == "matrix") return read_series(result, type == "matrix");
  if (type != "scalar") return bad_response(fmt::format("unexpected value type \"{}\"", type.substr(0, 64)));
  const Result<double> number = read_sample(result);
  if (!number) return number.error();
  return Value(*number);
}

std::string print(const Value& value) {
  if (value.kind() != Kind::list) return expression::print_decimal(value.number());
  std::string text = "[";
  for (const Value& item : value.list().items) {
    if (text.size() > 1) text += ',';
    text += expression::print_decimal(item.number());
  }
  return text + "]";
}

bool has_envelope(unsigned status) { return status / 100 == 2 || status == 400 || status == 422; }

Error http_error(unsigned status) {
  if (status / 100 == 4) return {Fault::invalid, fmt::format("client_error: client error: {}", status)};
  if (status / 100 == 5) return {Fault::unavailable, fmt::format("server_error: server error: {}", status)};
  return {Fault::internal, fmt::format("bad_response: bad response code {}", status)};
}

}  // namespace

Result<PrometheusAnswer> read_prometheus_answer(unsigned status, std::string_view content_type, std::string_view body) {
  if (!has_envelope(status)) return http_error(status);
  const Result<json::value> parsed = kube::parse_json(body);
  if (!parsed || !parsed->is_object())
    return bad_response(fmt::format("HTTP {} with {} instead of Prometheus' JSON; is the address that of a Prometheus?",
                                    status, content_type.empty() ? "no content type" : content_type.substr(0, 64)));
  if (kube::text_at(*parsed, {"status"}) == "error" || status / 100 != 2)
    return Error{Fault::invalid,
                 fmt::format("{}: {}", kube::text_at(*parsed, {"errorType"}), kube::text_at(*parsed, {"error"}))};
  const json::value* result = kube::find_at(*parsed, {"data", "result"});
  if (kube::text_at(*parsed, {"status"}) != "success" || !result) return bad_response("the answer has no result");
  PrometheusAnswer answer;
  Result<Value> value = read_result(kube::text_at(*parsed, {"data", "resultType"}), *result);
  if (!value) return value.error();
  answer.value = std::move(*value);
  answer.text = print(answer.value);
  const json::value* warnings = kube::find_at(*parsed, {"warnings"});
  if (warnings && warnings->is_array())
    for (const json::value& warning : warnings->get_array())
      if (warning.is_string()) answer.warnings.emplace_back(warning.get_string());
  return answer;
}

std::string print_warnings(const std::vector<std::string>& warnings) {
  std::string text;
  for (const std::string& warning : warnings) text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", warning);
  return text;
}

}  // namespace sluice::analysis
