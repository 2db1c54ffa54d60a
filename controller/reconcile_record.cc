// What is kept of the reconciles of one object, for its reasons and its metrics.
#include "controller/reconcile_record.h"

#include <chrono>

#include "controller/rollout_metrics.h"

namespace sluice::controller {

void ReconcileRecord::tell(const kube::Log& log, const std::string& kind, const kube::ObjectKey& key,
                           const std::vector<Reason>& reasons) {
  if (reasons_ == reasons) return;
  std::string text;
  for (const Reason& reason : reasons) text += (text.empty() ? "" : "; ") + reason.sentence;
  if (!reasons.empty()) log.info("waiting", {{kind, key.text()}, {"for", text}});
  reasons_ = reasons;
  reasons_.shrink_to_fit();
}

void ReconcileRecord::count(kube::Duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  seconds_ += seconds;
  ++reconciles_[reconcile_bucket(seconds)];
}

void ReconcileRecord::add_metrics(MetricFamilies& families, const std::string& prefix,
                                  const kube::ObjectKey& key) const {
  const MetricLabels labels{{"namespace", key.ns}, {"name", key.name}};
  families.histogram(prefix + "_reconcile", "Duration of reconciles in seconds", labels, reconcile_bounds(),
                     {reconciles_.begin(), reconciles_.end()}, seconds_);
  if (errors_ > 0) families.counter(prefix + "_reconcile_error", "Reconciles that failed", labels, errors_);
}

}  // namespace sluice::controller
