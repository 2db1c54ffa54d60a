// One measurement from the filled-in metric to its outcome, secrets read on the way and hidden at its end.
#pragma once

#include <optional>

#include <boost/asio/awaitable.hpp>

#include "analysis/assess.h"
#include "analysis/plan.h"
#include "analysis/provider.h"
#include "kube/client.h"
#include "kube/clock.h"

namespace sluice::analysis {

// What is measured, taken from a plan so that it outlives a change of the run.
struct MeasurementOrder {
  MeasurementTask task;  // its metric still has placeholders where secrets belong
  crds::Metric written;  // the metric as the author wrote it
  Arguments arguments;
  std::optional<crds::Measurement> unfinished;  // what is looked at again; absent when a measurement begins
};

// Begins the measurement, or looks again at an unfinished one. A Secret that cannot be read makes an Error measurement,
// or interrupts the unfinished one. The run's namespace is searched. No secret value is in the outcome. `provider`,
// `client` and `clock` outlive the task.
net::awaitable<Outcome> measure(Provider& provider, MeasurementOrder order, kube::Client& client, kube::Clock& clock);

}  // namespace sluice::analysis
