// What a `compare` metric asks for, with every default filled in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/analysis.h"
#include "crds/metric.h"
#include "kube/time.h"

namespace sluice::analysis::compare {

enum class Kind : std::uint8_t { error_rate, latency, mean };
enum class Insufficient : std::uint8_t { inconclusive, successful, failed, wait };

struct Settings {
  Kind kind = Kind::error_rate;
  bool clustered = true;        // the share engine; else the ratio engine
  bool lower_is_better = true;  // mean only
  double tolerance = 1.25;      // ratio that is harmless
  double effect = 2;            // ratio that may not be missed
  double delta = 0;             // added to the baseline's rate, or mean
  double alpha = .01;           // chance to fail a harmless canary
  double beta = .05;            // chance to pass one that is worse by `effect`
  std::optional<double> cluster_size;
  double max_factor = 9;
  double least_requests = 100;  // per arm, before a pass
  double least_bad = 0;
  std::int64_t least_blocks = 3;  // before any verdict
  kube::Duration block{};         // a multiple of `scrape`
  kube::Duration scrape{};
  kube::Duration lag{};
  kube::Duration warm_up{};
  kube::Duration max_duration{};
  std::optional<kube::Duration> interval;  // between looks; nullopt: a look per block
  Insufficient on_insufficient = Insufficient::inconclusive;
  bool stop_on_pass = true;
  std::vector<double> boundaries;  // latency; empty until they are chosen
  std::int64_t error_limit = 4;    // lost looks in a row
};

// `alpha` is this metric's part of the run's; the metric's own goes before it. What cannot be read has its default:
// crds::validate_compare has told the author by then.
Settings settings_of(const crds::Metric& metric, double alpha);

// alpha of each compare metric of a run that does not name its own: the run's 0.01 divided among those that count.
double alpha_of_each(const crds::AnalysisRunSpec& spec);

}  // namespace sluice::analysis::compare
