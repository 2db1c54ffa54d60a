// The `compare` part of a metric: the canary against the stable version, by a sequential test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/raw_json.h"
#include "kube/string_map.h"

namespace sluice::crds {

// Requests and bad requests that each arm must have had before a pass.
struct MinimumSamples {
  std::optional<double> requests;  // 100 when absent
  std::optional<double> bad;       // 0 when absent
  bool operator==(const MinimumSamples&) const = default;
  static void fields(auto& self, auto& visit) {
    visit("requests", self.requests);
    visit("bad", self.bad);
  }
};

// Queries are templates in which $SELECTOR and $RANGE are replaced. Defaults are filled in by analysis/sequential.
struct Compare {
  std::string kind;       // errorRate, latency or mean
  std::string total;      // errorRate: requests
  std::string bad;        // errorRate: bad requests
  std::string good;       // errorRate: instead of bad
  std::string buckets;    // latency: cumulative series with the label le
  RawJson boundaries;     // latency: a list of numbers, or "auto"
  std::string sum;        // mean, with count
  std::string count;      // mean, with sum
  std::string value;      // mean: a gauge
  std::string direction;  // mean: lower or higher is better
  kube::StringMap canary;
  kube::StringMap baseline;
  std::optional<double> tolerance;
  std::optional<double> minimum_effect;
  std::optional<double> absolute_tolerance;
  std::optional<double> alpha;
  std::optional<double> beta;
  std::string model;  // clustered or independent
  std::optional<double> cluster_size;
  std::string block;
  std::string scrape_interval;
  std::string lag;
  std::string warm_up;
  MinimumSamples minimum_samples;
  std::optional<std::int64_t> minimum_blocks;
  std::string max_duration;
  std::string on_insufficient;  // Inconclusive, Successful, Failed or Wait
  std::optional<bool> stop_on_pass;
  std::optional<double> max_factor;
  bool operator==(const Compare&) const = default;
  static void fields(auto& self, auto& visit) {
    visit.required("kind", self.kind);
    visit("total", self.total);
    visit("bad", self.bad);
    visit("good", self.good);
    visit("buckets", self.buckets);
    visit("boundaries", self.boundaries);
    visit("sum", self.sum);
    visit("count", self.count);
    visit("value", self.value);
    visit("direction", self.direction);
    visit.required("canary", self.canary);
    visit.required("baseline", self.baseline);
    visit("tolerance", self.tolerance);
    visit("minimumEffect", self.minimum_effect);
    visit("absoluteTolerance", self.absolute_tolerance);
    visit("alpha", self.alpha);
    visit("beta", self.beta);
    visit("model", self.model);
    visit("clusterSize", self.cluster_size);
    visit("block", self.block);
    visit("scrapeInterval", self.scrape_interval);
    visit("lag", self.lag);
    visit("warmUp", self.warm_up);
    visit("minimumSamples", self.minimum_samples);
    visit("minimumBlocks", self.minimum_blocks);
    visit("maxDuration", self.max_duration);
    visit("onInsufficient", self.on_insufficient);
    visit("stopOnPass", self.stop_on_pass);
    visit("maxFactor", self.max_factor);
  }
};

}  // namespace sluice::crds
