// Asking load balancers while an Ingress waits for its weights.
#include "controller/load_balancer_view.h"

#include <utility>

namespace sluice::controller {

void LoadBalancerView::start(kube::Tasks& tasks) { tasks.start("questions to load balancers", work()); }

void LoadBalancerView::want(const kube::ObjectKey& ingress, const std::string& version,
                            std::vector<std::string> host_names) {
  Question& question = questions_[ingress];
  if (question.version == version && question.is_open) return;
  const bool is_new = question.version != version;
  question.version = version;
  question.host_names = std::move(host_names);
  if (is_new) question.seen.reset();
  question.is_open = true;
  queue_.add(ingress);
}

void LoadBalancerView::settle(const kube::ObjectKey& ingress) {
  if (const auto at = questions_.find(ingress); at != questions_.end()) at->second.is_open = false;
}

const SeenLoadBalancer* LoadBalancerView::find(const kube::ObjectKey& ingress, const std::string& version) const {
  const auto at = questions_.find(ingress);
  if (at == questions_.end() || at->second.version != version || !at->second.seen) return nullptr;
  return &*at->second.seen;
}

kube::net::awaitable<void> LoadBalancerView::work() {
  for (;;) {
    const kube::ObjectKey ingress = co_await queue_.next();
    const auto at = questions_.find(ingress);
    if (at != questions_.end() && at->second.is_open) {
      const std::string version = at->second.version;
      std::vector<std::string> host_names = at->second.host_names;
      kube::Result<traffic::LoadBalancerState> answer = co_await api_.describe(std::move(host_names));
      take(ingress, version, std::move(answer));
      queue_.add_at(ingress, clock_.now() + interval_);
    }
    queue_.done(ingress);
  }
}

void LoadBalancerView::take(const kube::ObjectKey& ingress, const std::string& version,
                            kube::Result<traffic::LoadBalancerState> answer) {
  const auto at = questions_.find(ingress);
  // The Ingress has changed while the answer was on its way, which may tell of either state.
  if (at == questions_.end() || at->second.version != version) return;
  std::optional<SeenLoadBalancer>& seen = at->second.seen;
  const SeenLoadBalancer before = seen.value_or(SeenLoadBalancer{});
  const bool is_first = !seen.has_value();
  if (is_first) seen.emplace();
  seen->trouble = answer ? std::string() : answer.error().message;
  if (answer && (is_first || answer->rules != before.state.rules || answer->is_found != before.state.is_found)) {
    seen->state = std::move(*answer);
    seen->since = clock_.now();
  }
  if (!seen->trouble.empty() && seen->trouble != before.trouble)
    log_.warning("cannot ask the load balancer", {{"ingress", ingress.text()}, {"error", seen->trouble}});
  const bool is_other = is_first || seen->trouble != before.trouble || !(seen->state == before.state);
  if (is_other && changed_) changed_(ingress);
}

}  // namespace sluice::controller
