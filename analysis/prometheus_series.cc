// Labels of series, beside the values that read_prometheus_answer() has checked.
#include "analysis/prometheus_series.h"

#include <boost/json.hpp>

#include "analysis/prometheus_answer.h"
#include "kube/json.h"

namespace sluice::analysis {

namespace json = kube::json;

kube::Result<std::vector<PrometheusSeries>> read_prometheus_series(unsigned status, std::string_view content_type,
                                                                   std::string_view body) {
  const kube::Result<PrometheusAnswer> answer = read_prometheus_answer(status, content_type, body);
  if (!answer) return answer.error();
  std::vector<PrometheusSeries> series;
  if (answer->value.kind() != expression::Kind::list) {
    series.push_back({{}, answer->value.number()});
    return series;
  }
  const kube::Result<json::value> parsed = kube::parse_json(body);
  const json::value* result = kube::find_at(*parsed, {"data", "result"});
  if (kube::text_at(*parsed, {"data", "resultType"}) != "vector")
    return kube::Error{kube::Fault::invalid, "an instant vector is needed, not a range of values"};
  const expression::List& values = answer->value.list();
  for (std::size_t i = 0; i < values.items.size(); ++i) {
    PrometheusSeries& one = series.emplace_back();
    one.value = values.items[i].number();
    const json::value* labels = kube::find_at(result->get_array()[i], {"metric"});
    if (!labels || !labels->is_object()) continue;
    for (const auto& [name, value] : labels->get_object())
      if (value.is_string()) one.labels.set(name, value.get_string());
  }
  return series;
}

}  // namespace sluice::analysis
