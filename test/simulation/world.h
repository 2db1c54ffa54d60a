// A cluster and the controllers on virtual time, in one process: what scenarios are told in.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "acting.h"
#include "analysis/run_controller.h"
#include "controller/experiment_controller.h"
#include "controller/load_balancer_view.h"
#include "controller/rollout_controller.h"
#include "controller/stores.h"
#include "faulty_transport.h"
#include "kube/clock.h"
#include "kube/events.h"
#include "kube/log.h"
#include "kube/tasks.h"
#include "oracle.h"
#include "sandbox/sandbox.h"
#include "sandbox/traffic/traffic.h"

namespace sluice::simulation {

namespace json = boost::json;

// The controllers of one process. Destroying it is a SIGKILL: nothing is sent any more.
class Controllers {
 public:
  Controllers(sandbox::Api& api, Acting& acting, boost::asio::io_context& io, kube::Clock& clock, const kube::Log& log,
              analysis::FetchHttp fetch, const std::function<void(FaultyTransport&)>& fit);
  ~Controllers();

  FaultyTransport& transport() { return faulty_; }
  const FaultyTransport& transport() const { return faulty_; }
  controller::RolloutController& rollouts() { return rollouts_; }
  const controller::RolloutController& rollouts() const { return rollouts_; }
  controller::ExperimentController& experiments() { return experiments_; }
  const controller::Stores& stores() const { return stores_; }
  // Weights of Ingresses count when this load balancer answers so; it outlives the controllers.
  void confirm_by(traffic::LoadBalancerApi& balancers, kube::Clock& clock, const kube::Log& log);

 private:
  // As the program does it: nothing is decided before every store has its first list.
  kube::net::awaitable<void> lead();

  boost::asio::io_context& io_;
  kube::Clock& clock_;
  ActingTransport api_;
  FaultyTransport faulty_;
  kube::Client client_;
  kube::EventRecorder events_;
  controller::Stores stores_;
  controller::RolloutController rollouts_;
  controller::ExperimentController experiments_;
  analysis::AnalysisRunController runs_;
  std::unique_ptr<controller::LoadBalancerView> balancers_;
  kube::Tasks tasks_;
};

// Every World has requests flowing (see sandbox/traffic/traffic.h) and the oracle on; `options.traffic` may say how
// many.
class World {
 public:
  explicit World(sandbox::SandboxOptions options = {});
  ~World();

  // Creates the objects of one or more YAML documents, or merges them into those that exist; fails the test when one is
  // refused.
  void apply(std::string_view yaml);
  // Gives an object the spec of this YAML document; what is not in it goes.
  void replace_spec(std::string_view yaml);
  // A merge patch by a person; fails the test when it is refused.
  void patch(const kube::Resource& resource, const std::string& name, const std::string& body,
             const std::string& subresource = "");
  void remove(const kube::Resource& resource, const std::string& name);

  // The object in the namespace default; null when it does not exist.
  json::value get(const kube::Resource& resource, const std::string& name) const;
  std::vector<json::value> list(const kube::Resource& resource) const;
  // The same without copies, for what is asked at every moment: the stored objects, nullptr when there is none.
  std::shared_ptr<const json::value> find(const kube::Resource& resource, const std::string& name) const;
  std::vector<std::shared_ptr<const json::value>> all(const kube::Resource& resource) const;

  void start();
  void kill();
  bool is_running() const { return controllers_ != nullptr; }
  int lives() const { return lives_; }
  Controllers& controllers() { return *controllers_; }
  const Controllers& controllers() const { return *controllers_; }

  // Lets the time pass until `done`; false when that did not happen within `limit`. A controller that crashed by a
  // planned fault is started again at once.
  bool until(const std::function<bool()>& done, kube::Duration limit = std::chrono::minutes(5));
  void pass(kube::Duration time);

  // Told of the transport of each life of the controllers before it sends anything; makes planned faults.
  std::function<void(FaultyTransport&)> fit;
  // From a crash to the next life.
  kube::Duration restart_delay{0};
  // Is added to each limit of until(): the faults of a plan take time.
  kube::Duration patience{0};
  // Asked whenever all tasks wait; what it throws ends until(), and so the story that waits there.
  std::function<void()> interrupt;
  // A request of a process that is dead reaches the server after all.
  void send_late(kube::ApiRequest request, kube::Duration delay);
  // Does something once so much time has passed.
  void later(kube::Duration delay, std::function<void()> act);
  // A person changes an object; its refusal is the answer and no failure.
  kube::ApiResponse attempt(const kube::ApiRequest& request);

  // From now on this holds after every committed change and at every look, or the oracle tells that it did not; `what`
  // is the sentence that is told. For what a story promises for all of its length.
  void always(std::string what, std::function<bool()> holds);
  void no_longer(const std::string& what) { promises_.erase(what); }

  // The end of every story: waits until nothing is written for so long, then checks that nothing is written in an hour
  // (I9), and that no request was lost.
  void come_to_rest(kube::Duration quiet = std::chrono::minutes(1));
  // Until nothing has been written for so long, by controllers that could have.
  void wait_for_quiet(kube::Duration quiet);
  // No request was lost up to now; for worlds that never come to rest.
  void check_requests();
  // No request is sent from now on; for a story that takes the capacity away by its own hands.
  void stop_traffic() { traffic_.reset(); }
  const sandbox::RequestCounts* requests() const { return traffic_ ? &traffic_->counts() : nullptr; }
  Oracle& oracle() { return oracle_; }
  const Oracle& oracle() const { return oracle_; }
  Acting& acting() { return acting_; }
  // Writes of all lives of the controllers, events and leases left out.
  int writes() const;

  // What stands there in an object; "" without one.
  std::string text(const kube::Resource& resource, const std::string& name,
                   std::initializer_list<std::string_view> path) const;
  // Of the Rollout `name`.
  std::string phase(const std::string& name) const;
  std::string message(const std::string& name) const;
  std::string stable(const std::string& name) const;
  // True when the controller has seen the newest generation and the phase is this.
  bool is(const std::string& name, std::string_view phase) const;
  // The hash that a Service selects; "" without one.
  std::string selected(const std::string& service) const;
  // The canary weight of an HTTPRoute's first rule with that backend; -1 without one.
  int weight(const std::string& route, const std::string& canary_service) const;
  // Reasons of the Events about an object, oldest first.
  std::vector<std::string> events(const std::string& name) const;
  // All that was logged, one line each.
  const std::vector<std::string>& log_lines() const { return lines_; }

  // What Prometheus answers to a query; without it every query fails as if the server were away.
  std::function<kube::Result<kube::HttpResponse>(const kube::HttpRequest&)> prometheus;

  // What confirms the weights of Ingresses; set before start(). Without it they count as written.
  std::unique_ptr<traffic::LoadBalancerApi> load_balancer;

  // How long an answer takes; a query whose own time limit is shorter fails by that.
  kube::Duration prometheus_delay{0};

  kube::VirtualClock& clock() { return clock_; }
  boost::asio::io_context& io() { return io_; }
  sandbox::Api& api() { return sandbox_.api(); }
  const sandbox::Sandbox& sandbox() const { return sandbox_; }

 private:
  // False while the controllers are down, to be started again, or stand still.
  bool can_act() const;
  kube::Duration wakes_in() const;
  // Lets the time pass until `done` or `end`, through crashes and restarts; false when the end came first.
  bool run(const std::function<bool()>& done, kube::Time end);

  boost::asio::io_context io_{1};
  kube::VirtualClock clock_{io_};
  std::vector<std::string> lines_;
  kube::Log log_;
  sandbox::Sandbox sandbox_;
  void check_promises();

  Acting acting_;
  Oracle oracle_;
  std::map<std::string, std::function<bool()>> promises_;
  std::optional<sandbox::Traffic> traffic_;
  std::unique_ptr<Controllers> controllers_;
  ActingTransport late_;
  std::optional<kube::Time> restart_at_;
  int writes_ = 0;  // of lives that are over
  int lives_ = 0;
};

}  // namespace sluice::simulation
