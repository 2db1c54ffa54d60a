// A cluster with one Rollout, as small as decisions can tell: its states, and all that can happen in each of them.
//
// decide() is the real one, and so is the order in which its writes are sent, one request at a time; between two
// requests anything else may happen. Times are kept relative to now, so that equal situations at different moments are
// one state.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "components.h"
#include "controller/decide.h"
#include "state.h"

namespace sluice::exploration {

struct Configuration {
  std::string name;
  crds::RolloutSpec spec;                                  // without a pod template
  std::vector<std::string> templates;                      // of analyses
  int crashes = 0, freezes = 0, failures = 0, losses = 0;  // at most so many of each
  int acts = 0;                                            // of people, after the release of V2
  int scales = 0;                                          // of them at most so many by ±1
  bool has_errors = false;                                 // runs may also end in Error or Inconclusive
  bool is_long = false;                                    // only in the long profile
};

// What the program has decided about a view, remembered because it always decides the same.
struct Decided {
  std::vector<controller::Write> writes;
  std::optional<crds::RolloutStatus> status;
  std::uint32_t rollout_after = 0;  // what the status patch makes of the Rollout that was seen
  std::optional<kube::Duration> wake;
  Seen view;
  bool is_empty() const { return writes.empty() && !status; }
};

struct Step {
  std::string what;
  State to;
};

class Model {
 public:
  explicit Model(const Configuration& configuration);

  // V1 is healthy, and V2 has just been released.
  State first() const { return first_; }
  // All that can happen in a state. A violated invariant is told in `violations`.
  std::vector<Step> steps(const State& state);
  // The one thing that happens next when nothing goes wrong any more; runs end with this phase, and without
  // `pods_start` no further pod becomes ready. nullopt when nothing is left to happen.
  std::optional<Step> fair_step(const State& state, bool verdict_is_good);
  // Without anything that might still go wrong.
  static State without_faults(State state);

  // Why this is no good place to rest; "" when it is one.
  std::string why_not_settled(const State& state) const;
  // The same decision comes out whatever the order of what was seen, and until time says otherwise; "" when so.
  std::string why_not_pure(const State& state);

  std::vector<std::string> violations;  // of the steps that were made since it was emptied
  std::size_t decisions() const { return decided_.size(); }
  std::string described(const State& state) const;

 private:
  friend class Invariants;
  using Writes = std::vector<controller::Write>;

  controller::RolloutObservation observation(const Seen& seen) const;
  std::uint32_t decide_on(const Seen& view);
  const Decided& decided(std::uint32_t number) const { return *decided_[number - 1]; }

  // model_program.cc
  void add_program_steps(const State& state, std::vector<Step>& steps);
  std::optional<State> decided_state(const State& state);
  // Carries out the next request of the decision; false when the server refuses it.
  bool send_next(State& state);
  bool write(State& state, const controller::Effect& effect);
  bool is_rollout_unchanged(const State& state);
  bool write_status(State& state, const Decided& decided);
  void finish_request(State& state, Kind kind);

  // model_world.cc
  void add_world_steps(const State& state, std::vector<Step>& steps);
  void add_fault_steps(const State& state, std::vector<Step>& steps);
  void add_user_steps(const State& state, std::vector<Step>& steps);
  void add_steps_of_runs(const State& state, std::vector<Step>& steps);
  bool publish(State& state, int service) const;
  bool is_proxy_late(const State& state, kube::Duration time) const;
  void pass(State& state, kube::Duration time);
  void edit_spec(State& state, const std::string& what, int version, int replicas, bool paused);
  void edit_status(State& state, const std::function<void(crds::RolloutStatus&)>& change);
  void refresh_view(State& state) const;

  std::uint32_t number_of(crds::Rollout rollout);
  int version_of_set(const std::string& name) const;
  int version_of_hash(std::string_view hash) const;
  int selected(const Seen& seen, int service) const;  // the version, -1 for none
  int available(const Seen& seen, int version) const;
  int desired(const Seen& seen, int version) const;
  int replicas(const Seen& seen) const;
  bool is_routed() const { return is_routed_; }
  const crds::RolloutStatus& status(const Seen& seen) const { return rollouts_[seen.rollout]->status; }

  Configuration configuration_;
  bool is_routed_ = false;
  std::vector<std::string> service_names_;
  std::vector<crds::PodTemplatePointer> templates_of_versions_;
  std::vector<std::string> hashes_;
  std::map<std::string, std::shared_ptr<const crds::AnalysisTemplate>> templates_;
  Components<crds::Rollout> rollouts_;
  Components<crds::ReplicaSet> sets_;
  Components<crds::Service> services_;
  Components<crds::AnalysisRun> runs_;
  struct SeenHash {
    std::size_t operator()(const Seen& seen) const { return hash_of(seen, 0).low; }
  };
  std::unordered_map<Seen, std::uint32_t, SeenHash> decisions_;
  std::vector<std::shared_ptr<const Decided>> decided_;
  State first_;
};

// All moments of the model are relative to this one.
inline constexpr kube::Time present{std::chrono::seconds{1767355200}};

}  // namespace sluice::exploration
