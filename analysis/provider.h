// Where measurements come from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "crds/analysis.h"
#include "kube/metadata.h"
#include "kube/string_map.h"
#include "kube/time.h"

namespace sluice::analysis {

namespace net = boost::asio;

// What is to be measured, complete: arguments and secrets are filled in.
struct MeasurementTask {
  kube::ObjectKey run;
  std::string run_uid;
  crds::Metric metric;
  std::int64_t number = 1;  // of the measurement, from 1
  double alpha = .01;       // what a comparison that names none may spend of the run's chance of a false alarm
  std::optional<double> canary_pods;  // ready ones of the arms of a comparison, where they are known
  std::optional<double> baseline_pods;
  std::optional<kube::Time> run_started;
};

// One kind of source. Nothing here fails: what goes wrong is an Error measurement with the reason as its message. Tasks
// may be cancelled at any co_await. Methods may run at the same time for different metrics.
class Provider {
 public:
  virtual ~Provider() = default;

  // Begins a measurement; the answer is complete, or unfinished with what resume() needs in its metadata. Doing it
  // again for the same task finds the measurement that was begun before.
  virtual net::awaitable<crds::Measurement> run(MeasurementTask task) = 0;

  // Looks at an unfinished measurement again; the same measurement when there is nothing new.
  virtual net::awaitable<crds::Measurement> resume(MeasurementTask task, crds::Measurement unfinished) = 0;

  // True when resume() asks a backend: it then runs beside the run's other work, with secrets filled in, and one that
  // cannot be read is told to interrupt().
  virtual bool resumes_by_asking() const { return false; }
  // An unfinished measurement could not be looked at.
  virtual crds::Measurement interrupt(const MeasurementTask&, crds::Measurement unfinished, const std::string&) const {
    return unfinished;
  }

  // Ends an unfinished measurement; the answer is complete.
  virtual net::awaitable<crds::Measurement> terminate(MeasurementTask task, crds::Measurement unfinished) = 0;

  // Removes what measurements of this metric have left behind in the cluster, except for those in `kept`.
  virtual net::awaitable<void> collect_garbage(MeasurementTask task, std::vector<crds::Measurement> kept) = 0;

  // Told once per metric in its result, such as the query that was really asked.
  virtual kube::StringMap metadata(const crds::Metric& metric) const = 0;
};

}  // namespace sluice::analysis
