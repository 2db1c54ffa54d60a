// What is kept of the reconciles of one object, for its reasons and its metrics.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "controller/decision.h"
#include "controller/metrics_page.h"
#include "kube/log.h"
#include "kube/metadata.h"

namespace sluice::controller {

class ReconcileRecord {
 public:
  // Logs reasons when they change. `kind` is the field that names the object in the log: "rollout".
  void tell(const kube::Log& log, const std::string& kind, const kube::ObjectKey& key,
            const std::vector<Reason>& reasons);
  void count(kube::Duration took);
  void count_error() { ++errors_; }

  // Those of the last decision.
  const std::vector<Reason>& reasons() const { return reasons_; }
  // `<prefix>_reconcile` and, when there were errors, `<prefix>_reconcile_error`.
  void add_metrics(MetricFamilies& families, const std::string& prefix, const kube::ObjectKey& key) const;

 private:
  std::vector<Reason> reasons_;
  std::array<std::uint32_t, 6> reconciles_{};  // by duration, in the buckets of reconcile_bounds()
  double seconds_ = 0;
  std::uint32_t errors_ = 0;
};

}  // namespace sluice::controller
