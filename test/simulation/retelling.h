// A recorded story in a simulated cluster, with Sluice in the place of the reference controller.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/recordings/telling.h"
#include "world.h"

namespace sluice::simulation {

// The sandbox's API for what a person does; the oracle sees who acts.
class PersonTransport final : public kube::Transport {
 public:
  PersonTransport(sandbox::Api& api, Acting& acting) : api_(api), acting_(acting) {}
  kube::net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override;
  kube::net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override;

 private:
  sandbox::Api& api_;
  Acting& acting_;
};

// The pods of the recordings end at once when they are told to (they have no preStop hook, and one would change their
// hashes), so that no promise about requests can be kept; there are none here. The invariants are checked all the same.
class Retelling {
 public:
  enum class Start { at_once, later };  // of the controllers
  explicit Retelling(const recordings::Recording& recording, Start start = Start::at_once);

  // Tells the story from act `first` on, as if the recording had begun at `began`; fails the test when an act fails.
  void tell(std::size_t first, kube::Time began);
  void tell() { tell(0, world.clock().now()); }

  World world;
  recordings::Telling telling;
  // From now on Prometheus answers this sample; "" for an empty vector, "500" for that status.
  void answer_metrics(const std::string& answer);

  // Every write of the controllers but events that was taken: "patch rollouts/status", "create replicasets".
  std::vector<std::string> writes;
  // Every write that was refused, and how.
  std::vector<std::string> refusals;
  // Every event of the controllers: "Rollout/web Normal RolloutUpdated: Rollout updated to revision 1".
  std::vector<std::string> events;
  std::string failure;  // why the telling broke off; "" when it did not

 private:
  void note(const kube::ApiRequest& request, const kube::ApiResponse& answer);
  void note_event(const kube::ApiResponse& answer);
  const recordings::Recording& recording_;
  PersonTransport transport_;
  kube::Client client_;
};

// The name of the first field of the recording's Rollout that Sluice does not act on; "" when it acts on all of them.
std::string refused_field(const recordings::Recording& recording);

// Whether test/data/traces/not_told.tsv leaves the recording out; prints why. Fails the test when a field of it is
// refused and the list does not say so, or says so of one that is not.
bool is_left_out(const recordings::Recording& recording);

}  // namespace sluice::simulation
