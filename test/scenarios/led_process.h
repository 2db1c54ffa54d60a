// A process that takes part in the election of a leader, as the program does it, over a connection that can be cut.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controller/fenced_transport.h"
#include "controller/rollout_controller.h"
#include "controller/stores.h"
#include "kube/events.h"
#include "kube/leader_election.h"
#include "kube/tasks.h"
#include "test/simulation/world.h"

namespace sluice::simulation {

// While it is cut every request waits for its time limit and fails; nothing reaches the server later.
class CutLink final : public kube::Transport {
 public:
  CutLink(kube::Transport& inner, kube::Clock& clock) : inner_(inner), clock_(clock) {}
  kube::net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override;
  kube::net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override;

  bool is_cut = false;

 private:
  kube::Transport& inner_;
  kube::Clock& clock_;
};

// Like controller/process.cc: controllers start when it leads, and it ends for good when it ceases to lead.
class LedProcess {
 public:
  LedProcess(World& world, std::string identity);
  ~LedProcess();
  LedProcess(const LedProcess&) = delete;
  LedProcess& operator=(const LedProcess&) = delete;

  bool leads() const { return !has_ended_ && election_.is_leader(); }
  // It has lost the lease and does nothing any more.
  bool has_ended() const { return has_ended_; }
  // When its writes reached the server, leases left out.
  const std::vector<kube::Time>& writes() const { return writes_; }

  CutLink& link() { return link_; }

 private:
  kube::net::awaitable<void> start_controllers();
  void leadership_changed(bool leads);

  class Counting;

  World& world_;
  kube::Clock& clock_;
  kube::Log log_;
  std::vector<kube::Time> writes_;
  ActingTransport api_;
  std::unique_ptr<kube::Transport> counting_;
  CutLink link_;
  controller::FencedTransport fence_;
  kube::Client client_;
  kube::Client lease_client_;
  kube::LeaderElection election_;
  kube::EventRecorder events_;
  controller::Stores stores_;
  controller::RolloutController rollouts_;
  kube::Tasks tasks_;
  kube::Tasks leading_;
  bool has_ended_ = false;
};

}  // namespace sluice::simulation
