// What load balancers were last seen to do: asked again and again while an Ingress waits for its weights.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/clock.h"
#include "kube/log.h"
#include "kube/metadata.h"
#include "kube/tasks.h"
#include "kube/work_queue.h"
#include "traffic/load_balancer.h"

namespace sluice::controller {

// What was seen for one Ingress.
struct SeenLoadBalancer {
  traffic::LoadBalancerState state;
  kube::Time since;     // since when the answer has been the same
  std::string trouble;  // why the last question got no answer; "" when it did
};

class LoadBalancerView {
 public:
  using Listener = std::function<void(const kube::ObjectKey&)>;
  // All outlive the view's tasks.
  LoadBalancerView(traffic::LoadBalancerApi& api, kube::Clock& clock, const kube::Log& log)
      : api_(api), clock_(clock), log_(log), queue_(clock) {}

  // How long it waits before it asks again; 10 s otherwise.
  void ask_every(kube::Duration interval) { interval_ = interval; }
  // Runs the questions; call once.
  void start(kube::Tasks& tasks);
  // Called when an answer differs from the one before.
  void listen(Listener changed) { changed_ = std::move(changed); }

  // Asks about an Ingress now, whose weights and host names `version` stands for, unless that is done already, and
  // again after each interval until settle().
  void want(const kube::ObjectKey& ingress, const std::string& version, std::vector<std::string> host_names);
  // The answer is what was waited for, so that nothing more is asked.
  void settle(const kube::ObjectKey& ingress);
  // nullptr when this version has not been answered yet.
  const SeenLoadBalancer* find(const kube::ObjectKey& ingress, const std::string& version) const;

 private:
  struct Question {
    std::string version;
    std::vector<std::string> host_names;
    bool is_open = true;
    std::optional<SeenLoadBalancer> seen;
  };
  kube::net::awaitable<void> work();
  void take(const kube::ObjectKey& ingress, const std::string& version,
            kube::Result<traffic::LoadBalancerState> answer);

  traffic::LoadBalancerApi& api_;
  kube::Clock& clock_;
  const kube::Log& log_;
  kube::Duration interval_ = std::chrono::seconds(10);
  kube::WorkQueue queue_;  // Ingresses to ask about
  Listener changed_;
  std::map<kube::ObjectKey, Question> questions_;
};

}  // namespace sluice::controller
