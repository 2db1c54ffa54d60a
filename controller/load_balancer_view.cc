// Asking load balancers while an Ingress waits for its weights.
#include "controller/load_balancer_view.h"

#include <algorithm>
#include <utility>

#include "kube/backoff.h"

namespace sluice::controller {
namespace {

constexpr kube::Duration ask_again_at_latest = std::chrono::minutes(1);
constexpr kube::Duration remind_after = std::chrono::hours(1);
constexpr int workers = 4;

}  // namespace

void LoadBalancerView::start(kube::Tasks& tasks) {
  for (int at = 0; at < workers; ++at) tasks.start("questions to load balancers", work());
}

void LoadBalancerView::want(const kube::ObjectKey& ingress, const std::string& version,
                            std::vector<std::string> host_names) {
  Question& question = questions_[ingress];
  question.is_wanted = true;
  const bool is_new = question.version != version || question.round == 0;
  if (!is_new && question.is_open) return;
  question.host_names = std::move(host_names);
  question.is_open = true;
  question.due = clock_.now();
  question.told = question.due;
  if (is_new) {
    question.version = version;
    question.round = ++rounds_;
    question.failures = 0;
    question.seen.reset();
  }
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

// Everybody who waits for this load balancer and for whom nobody is asking yet.
std::vector<LoadBalancerView::Asked> LoadBalancerView::all_with(const std::vector<std::string>& host_names) {
  std::vector<Asked> all;
  for (auto& [ingress, question] : questions_) {
    if (!question.is_open || question.is_under_way || question.host_names != host_names) continue;
    question.is_under_way = true;
    all.push_back({ingress, question.round});
  }
  return all;
}

kube::net::awaitable<void> LoadBalancerView::work() {
  for (;;) {
    const kube::ObjectKey ingress = co_await queue_.next();
    const auto at = questions_.find(ingress);
    const bool is_open = at != questions_.end() && at->second.is_open && !at->second.is_under_way;
    if (is_open && at->second.due > clock_.now()) {
      queue_.add_at(ingress, at->second.due);
    } else if (is_open) {
      std::vector<std::string> host_names = at->second.host_names;
      const std::vector<Asked> all = all_with(host_names);
      const kube::Result<traffic::LoadBalancerState> answer = co_await api_.describe(std::move(host_names));
      for (const Asked& asked : all) take(asked, answer);
    }
    queue_.done(ingress);
  }
}

void LoadBalancerView::take(const Asked& asked, const kube::Result<traffic::LoadBalancerState>& answer) {
  const auto at = questions_.find(asked.ingress);
  if (at == questions_.end()) return;
  Question& question = at->second;
  question.is_under_way = false;
  if (!question.is_open) return;
  if (question.round != asked.round) {
    // The Ingress has changed while the answer was on its way, which may tell of either state.
    question.due = clock_.now();
  } else {
    record(asked.ingress, question, answer);
    question.due = clock_.now() + kube::backoff_after(std::max(1, question.failures),
                                                      {interval_, std::max(interval_, ask_again_at_latest)});
  }
  queue_.add_at(asked.ingress, question.due);
}

void LoadBalancerView::record(const kube::ObjectKey& ingress, Question& question,
                              const kube::Result<traffic::LoadBalancerState>& answer) {
  std::optional<SeenLoadBalancer>& seen = question.seen;
  const SeenLoadBalancer before = seen.value_or(SeenLoadBalancer{});
  if (!seen) seen.emplace();
  seen->trouble = answer ? std::string() : answer.error().message;
  question.failures = answer ? 0 : question.failures + 1;
  if (answer && (!seen->is_answered || !(*answer == before.state))) {
    seen->state = *answer;
    seen->since = clock_.now();
    seen->is_answered = true;
  }
  if (!seen->trouble.empty() && seen->trouble != before.trouble)
    log_.warning("cannot ask the load balancer", {{"ingress", ingress.text()}, {"error", seen->trouble}});
  const bool is_other =
      seen->is_answered != before.is_answered || seen->trouble != before.trouble || !(seen->state == before.state);
  const bool is_reminder = clock_.now() - question.told >= remind_after;
  if (!is_other && !is_reminder) return;
  // Nobody has wanted to know since the last reminder: the Rollout is gone, or does not look at this Ingress any more.
  if (is_reminder && !is_other && !question.is_wanted) {
    question.is_open = false;
    return;
  }
  question.told = clock_.now();
  question.is_wanted = false;
  if (changed_) changed_(ingress);
}

}  // namespace sluice::controller
