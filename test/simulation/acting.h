// Who is changing the cluster at this moment: the controllers under test, a person, or the cluster itself.
#pragma once

#include <functional>

#include "kube/clock.h"
#include "kube/transport.h"
#include "sandbox/api.h"

namespace sluice::simulation {

enum class Actor { cluster, controller, person };

struct Acting {
  const kube::ApiRequest* request = nullptr;  // of the controllers, while the API carries it out
  bool by_person = false;
  // How long a request is on its way, and so long again its answer; needs `clock`.
  kube::Duration api_delay{0};
  kube::Clock* clock = nullptr;
  // Told of every request of the controllers, with the API's version before it.
  std::function<void(const kube::ApiRequest&, const kube::ApiResponse&, std::uint64_t before)> done;

  // False while nobody could put right what is wrong: the controllers are down or stand still. Empty: always true.
  std::function<bool()> can_act;

  Actor actor() const { return by_person ? Actor::person : request ? Actor::controller : Actor::cluster; }
};

// The sandbox's API as the controllers see it; notes what they are about to change. Both references outlive it.
class ActingTransport final : public kube::Transport {
 public:
  ActingTransport(sandbox::Api& api, Acting& acting) : api_(api), acting_(acting) {}
  kube::net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override;
  kube::net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override;

 private:
  sandbox::Api& api_;
  Acting& acting_;
};

}  // namespace sluice::simulation
