// The AnalysisRuns of a Rollout: which one is the gate of this attempt, making a new one, ending and pruning the rest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/draft.h"

namespace sluice::controller {

enum class RunKind { step, background, pre_promotion, post_promotion };

// "Step", "Background", "PrePromotion", "PostPromotion": the value of the label rollout-type.
std::string_view name_of(RunKind kind);

// What a run says about this attempt at this revision.
enum class Verdict {
  none,  // there is no run yet
  running,
  successful,
  failed,  // Failed or Error
  inconclusive,
};

// One place in the strategy where an analysis may be asked for.
struct Gate {
  RunKind kind = RunKind::step;
  const crds::RolloutAnalysis* analysis = nullptr;  // null or without templates: nothing is asked for
  int step = -1;                                    // index, for a step
  bool may_start = false;                           // a run may be made now if there is none
  bool is_needed = true;                            // false: a run that is there is ended, and none is made
};

// An analysis was asked for, so that its verdict counts.
bool is_asked_for(const Gate& gate);

// Finds the current run of each gate, records it in the status, makes the runs that are due, turns a bad verdict into
// an abort of the draft's status and an inconclusive one into a pause, ends all other runs and prunes finished ones.
class RolloutAnalyses {
 public:
  RolloutAnalyses(Draft& draft, std::vector<Gate> gates);

  // What the run of this kind says; `none` when there is no gate of the kind.
  Verdict verdict(RunKind kind) const;
  // Why the update has to be aborted: "Step-based analysis phase error/failed: ..."; "" when it has not.
  const std::string& abort_message() const { return abort_message_; }

 private:
  struct Current {
    Gate gate;
    std::shared_ptr<const crds::AnalysisRun> run;  // null when there is none or the store has lost it
    Verdict verdict = Verdict::none;
  };
  Current look_at(const Gate& gate) const;
  void record(const Current& current);
  void judge(Current& current);
  void make_run(Current& current);
  void end_others();
  void prune();

  Draft& draft_;
  std::vector<Current> current_;
  std::string abort_message_;
};

// The arguments of an analysis with concrete values; an argument whose field cannot be read is named in `mistakes`.
crds::RolloutAnalysis with_values(const Draft& draft, const crds::RolloutAnalysis& analysis,
                                  std::vector<std::string>& mistakes);
std::vector<crds::Argument> with_values(const Draft& draft, std::vector<crds::Argument> arguments,
                                        std::vector<std::string>& mistakes);

}  // namespace sluice::controller
