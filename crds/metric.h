// A metric of an analysis: what is measured, how often, and what the values mean.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis_input.h"
#include "crds/compare.h"
#include "crds/metric_providers.h"
#include "crds/raw_json.h"
#include "crds/seldom.h"
#include "kube/int_or_string.h"

namespace sluice::crds {

// Exactly one is meant to be set.
struct MetricProvider {
  Seldom<PrometheusMetric> prometheus;
  Seldom<JobMetric> job;
  Seldom<KayentaMetric> kayenta;
  Seldom<WebMetric> web;
  Seldom<DatadogMetric> datadog;
  Seldom<WavefrontMetric> wavefront;
  Seldom<NewRelicMetric> new_relic;
  Seldom<CloudWatchMetric> cloud_watch;
  Seldom<GraphiteMetric> graphite;
  Seldom<InfluxdbMetric> influxdb;
  Seldom<SkyWalkingMetric> skywalking;
  std::map<std::string, RawJson> plugin;  // by name
  bool operator==(const MetricProvider&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("prometheus", self.prometheus);
    visit("kayenta", self.kayenta);
    visit("web", self.web);
    visit("datadog", self.datadog);
    visit("wavefront", self.wavefront);
    visit("newRelic", self.new_relic);
    visit("job", self.job);
    visit("cloudWatch", self.cloud_watch);
    visit("graphite", self.graphite);
    visit("influxdb", self.influxdb);
    visit("skywalking", self.skywalking);
    visit("plugin", self.plugin);
  }
};

// Counts and limits may hold "{{args.x}}" in a template; in a run that is being measured they are numbers.
struct Metric {
  std::string name;
  std::string interval;       // Go duration between measurements
  std::string initial_delay;  // Go duration before the first one
  Seldom<kube::IntOrString> count;
  std::string success_condition;
  std::string failure_condition;
  Seldom<kube::IntOrString> failure_limit;              // 0 when absent, -1 switches it off
  Seldom<kube::IntOrString> inconclusive_limit;         // 0 when absent
  Seldom<kube::IntOrString> consecutive_error_limit;    // 4 when absent
  Seldom<kube::IntOrString> consecutive_success_limit;  // 0 (off) when absent
  MetricProvider provider;
  Seldom<Compare> compare;
  bool operator==(const Metric&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit("interval", self.interval);
    visit("initialDelay", self.initial_delay);
    visit("count", self.count);
    visit("successCondition", self.success_condition);
    visit("failureCondition", self.failure_condition);
    visit("failureLimit", self.failure_limit);
    visit("inconclusiveLimit", self.inconclusive_limit);
    visit("consecutiveErrorLimit", self.consecutive_error_limit);
    visit("consecutiveSuccessLimit", self.consecutive_success_limit);
    visit.required("provider", self.provider);
    visit("compare", self.compare);
  }
};

}  // namespace sluice::crds
