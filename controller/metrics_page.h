// The text of /metrics: every part of the process adds its families when the page is asked for.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

namespace sluice::controller {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// Families under construction. Series are made from the stores at the time of asking, so that an object that has gone
// leaves nothing behind and an idle object costs nothing.
class MetricFamilies {
 public:
  // `name` appears once per family; the help of the first call counts.
  void gauge(const std::string& name, const std::string& help, const MetricLabels& labels, double value);
  void counter(const std::string& name, const std::string& help, const MetricLabels& labels, double value);
  // `counts[i]` observations were at most bounds[i] and above the bound before; the last count is above all bounds.
  void histogram(const std::string& name, const std::string& help, const MetricLabels& labels,
                 const std::vector<double>& bounds, const std::vector<std::uint64_t>& counts, double sum);
  const std::vector<prometheus::MetricFamily>& all() const { return families_; }

 private:
  prometheus::ClientMetric& add(const std::string& name, const std::string& help, prometheus::MetricType type,
                                const MetricLabels& labels);

  std::vector<prometheus::MetricFamily> families_;
};

class MetricsPage {
 public:
  using Source = std::function<void(MetricFamilies&)>;

  // `source` is asked at every scrape and outlives the page.
  void add(Source source) { sources_.push_back(std::move(source)); }
  // The Prometheus text format.
  std::string text() const;

 private:
  std::vector<Source> sources_;
};

// build_info, argo_rollouts_controller_info and the usual process_* numbers.
void add_process_metrics(MetricFamilies& families);

}  // namespace sluice::controller
