// One Rollout of a scenario on a real cluster: what people do to it, and what must hold of all that came of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "test/cluster/expect.h"
#include "test/cluster/journal.h"
#include "test/cluster/moment.h"
#include "test/cluster/rollout_words.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {

// What differs between scenarios. Lines of YAML, indented as they stand below their parent; "{ns}" is the namespace.
struct Plan {
  int replicas = 4;
  std::string strategy;      // below spec.strategy, indented by 4
  std::string objects;       // documents that are applied before the Rollout
  std::string spec;          // more lines of spec, indented by 2
  std::string pods;          // more lines of the pods' spec, indented by 6
  std::string pod_metadata;  // more lines of their metadata, indented by 6
  bool has_gateway = false;
  kube::Duration gateway_delay{};  // from a change of a route until the gateway says that it has it
};

// The parts of a strategy that most scenarios share; `more` is indented by 6.
Plan basic_canary(int replicas, const std::string& more);   // C: no router
Plan routed_canary(int replicas, const std::string& more);  // T: an HTTPRoute, web-stable and web-canary
Plan mesh_canary(int replicas, const std::string& more);    // I: a VirtualService and subsets of a DestinationRule
Plan blue_green(int replicas, const std::string& more);     // B: web-active and web-preview
// An AnalysisTemplate that measures once by a Job whose container does this: "exit 0", "sleep 5; exit 1".
std::string job_template(const std::string& name, const std::string& script);
std::string service(const std::string& name, const std::string& more = "");

using Holds = std::function<bool(const Moment&)>;

class Release {
 public:
  Release(Scene scene, Plan plan);

  // Services, routes and the first version; until it is healthy.
  net::awaitable<void> begin();
  // Applies the Rollout with this image. Those with "does-not-exist" in their name never start.
  net::awaitable<void> release(std::string version);
  // Applies it with the present image and what was changed in `plan`.
  net::awaitable<void> apply();
  Plan plan;

  // As the plugin does it.
  net::awaitable<void> promote();
  net::awaitable<void> promote_full();
  net::awaitable<void> abort();
  net::awaitable<void> retry();
  net::awaitable<void> undo();
  net::awaitable<void> scale(int replicas);
  // Merge patches.
  net::awaitable<void> spec(std::string patch);
  net::awaitable<void> status(std::string patch);
  // Says of so many pods of a version that they are ready, or that they are not.
  net::awaitable<void> set_ready(std::string version, int count, bool is_ready);

  net::awaitable<void> pass(kube::Duration time) { return scene.w.clock.sleep_for(time); }
  // Waits until so; throws Unmet with `text` and what there is instead.
  net::awaitable<void> until(std::string text, Holds holds, kube::Duration limit = std::chrono::minutes(4));
  net::awaitable<void> until_phase(std::string phase);
  net::awaitable<void> until_paused_at(int step);
  // Until the newest version is the stable one and the Rollout is Healthy.
  net::awaitable<void> until_promoted(std::string version);
  net::awaitable<void> until_size(std::string version, int pods);
  // Until nothing was written about the Rollout, its sets, Services and routes for this long; what alternates never is
  // quiet.
  net::awaitable<void> until_quiet(kube::Duration time = std::chrono::seconds(4));

  const Moment& now();
  // The number of the newest write that is known.
  std::int64_t mark();

  // Throws Unmet unless it holds after every write from `since` on.
  void always(const std::string& text, const Holds& holds, std::int64_t since = 0);
  // The first write after which it holds, after `since`; throws Unmet when there is none.
  std::int64_t first(const std::string& text, const Holds& holds, std::int64_t since = 0);
  // How often an object was written after `since`. An empty name stands for all of the kind.
  int writes(const std::string& kind, const std::string& name, std::int64_t since);
  // The different values that a reading took, one after the other.
  std::vector<std::string> course(const std::function<std::string(const Moment&)>& reading, std::int64_t since = 0);

  Scene scene;

 private:
  std::vector<const Page*> history();
  std::string yaml() const;

  std::shared_ptr<Chronicle> chronicle_;
  std::unique_ptr<TestGateway> gateway_;
  std::string version_ = "v1";
  Moment now_;
  std::size_t read_ = 0;
};

}  // namespace sluice::cluster_test
