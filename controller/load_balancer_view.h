// What load balancers were last seen to do: asked again and again while an Ingress waits for its weights, once for all
// Ingresses of a load balancer, and ever more slowly while the API gives no answer.
#pragma once

#include <cstdint>
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
  kube::Time since;          // since when the answer has been the same
  bool is_answered = false;  // there was an answer for these weights, although the last question may have got none
  std::string trouble;       // why the last question got no answer; "" when it did
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
  // Called when an answer differs from the one before, and now and then while nobody has asked for a long time.
  void listen(Listener changed) { changed_ = std::move(changed); }

  // Asks about an Ingress now, whose weights and host names `version` stands for, unless that is done already, and
  // again after each interval until settle(), forget(), or an hour without a want().
  void want(const kube::ObjectKey& ingress, const std::string& version, std::vector<std::string> host_names);
  // The answer is what was waited for, so that nothing more is asked.
  void settle(const kube::ObjectKey& ingress);
  // The Ingress is gone.
  void forget(const kube::ObjectKey& ingress) { questions_.erase(ingress); }
  // nullptr when this version has not been answered yet.
  const SeenLoadBalancer* find(const kube::ObjectKey& ingress, const std::string& version) const;

 private:
  struct Question {
    std::string version;
    std::vector<std::string> host_names;
    std::uint64_t round = 0;  // counts the versions
    bool is_open = true;
    bool is_under_way = false;  // somebody is asking
    bool is_wanted = true;      // want() was called since the listener was last told
    int failures = 0;           // in a row
    kube::Time due{};           // of the next question
    kube::Time told{};          // when the listener was last called
    std::optional<SeenLoadBalancer> seen;
  };
  struct Asked {
    kube::ObjectKey ingress;
    std::uint64_t round = 0;
  };
  kube::net::awaitable<void> work();
  std::vector<Asked> all_with(const std::vector<std::string>& host_names);
  void take(const Asked& asked, const kube::Result<traffic::LoadBalancerState>& answer);
  void record(const kube::ObjectKey& ingress, Question& question,
              const kube::Result<traffic::LoadBalancerState>& answer);

  traffic::LoadBalancerApi& api_;
  kube::Clock& clock_;
  const kube::Log& log_;
  kube::Duration interval_ = std::chrono::seconds(10);
  kube::WorkQueue queue_;  // Ingresses to ask about
  Listener changed_;
  std::map<kube::ObjectKey, Question> questions_;
  std::uint64_t rounds_ = 0;
};

}  // namespace sluice::controller
