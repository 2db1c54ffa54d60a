// What must hold of every request of the program, on the model.
#pragma once

#include <string>

#include "model.h"

namespace sluice::exploration {

// Compares the state before a request with the one after it, and with what the decision had seen. Told in
// model.violations.
class Invariants {
 public:
  Invariants(Model& model, const Decided& decision) : model_(model), decision_(decision) {}

  void check_write(const State& before, const State& after, const controller::Effect& effect);
  void check_status(const State& before, const State& after);

 private:
  void fail(const std::string& text);
  int shortfall(const State& state, int service) const;
  void check_capacity(const State& before, const State& after, const std::string& what);
  void check_promotion(const crds::RolloutStatus& was, const crds::RolloutStatus& is, bool has_skipped);
  void check_step(const crds::RolloutStatus& was, const crds::RolloutStatus& is);
  bool has_successful_run(const std::string& type, int step, const std::string& hash) const;
  int allowed_share() const;
  bool hash_matches_template(int version) const;
  const crds::Rollout& seen() const { return *model_.rollouts_[decision_.view.rollout]; }

  Model& model_;
  const Decided& decision_;
};

}  // namespace sluice::exploration
