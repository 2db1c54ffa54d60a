// Where faults can strike in one telling of a scenario, and the copies that are made there: one for each plan.
//
// The points are met in one run without faults: each write of the controllers, each line of their watches, each query
// of a metric. At a point every fault that can strike there gets a copy of the simulation, in which it does.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sandbox/api.h"
#include "snapshots.h"
#include "test/simulation/story.h"

namespace sluice::faults {

// The families of spec/reliability.md §4, by their short names.
enum class Family {
  crash,
  failed_write,
  stale,
  time_travel,
  skipped,
  watch_loss,
  writers,
  users,
  metrics,
  stopped,
  late_write
};
inline constexpr int families = 11;
std::string name_of(Family family);  // "F1", "F3", ...
// One of so many plans is told when not all are.
int told_one_in(Family family);

struct Counts {
  int enumerated = 0;
  int pruned = 0;    // the same state with the same fault was met before
  int left_out = 0;  // by the sample of the short profile
  int executed = 0;
  int failed = 0;
};

struct Fault {
  Family family = Family::crash;
  std::string what;              // in words, for the report
  simulation::WriteFault write;  // F1, F3, F12, F13
  simulation::LineFault line;    // F4, F6, F7
  kube::Duration restart_delay{0};
  std::string old_kind;  // F5: the next life's first list of this kind is old
  int versions = 0;      // F5: by so many changes
  std::string user;      // F9: what a person does
  int restores = 0;      // F8: how often another writer puts the old value back
  kube::Duration restores_after{0};
  int metric = 0;  // F11: which bad answer
};

// Ends a story that a person has turned elsewhere.
struct StoryAbandoned {};

// What all plans of one scenario share. `wanted`: only this plan is executed ("scenario/F1/17"); "" for all.
struct StrikeOptions {
  std::string scenario;
  std::string wanted;
  bool is_long = false;        // nothing is left out
  std::uint64_t rotation = 0;  // which part is left out otherwise
  int one_in = 1;              // of what would be told otherwise, one in so many is
};

class Strikes {
 public:
  // All of them outlive it. `snapshots` is null for a telling that only counts.
  Strikes(simulation::Story& story, Snapshots* snapshots, StrikeOptions options);

  // From now on every life of the controllers can be struck.
  void arm();
  // No faults strike any more.
  void disarm() { is_armed_ = false; }

  // In a copy: the fault that struck in it.
  const std::optional<Fault>& struck() const { return struck_; }
  const std::string& plan() const { return plan_; }
  const std::map<Family, Counts>& counts() const { return counts_; }

 private:
  simulation::WriteFault at_write(const kube::ApiRequest& request);
  simulation::LineFault at_line(const std::string& target, const std::string& line);
  std::optional<kube::Result<kube::HttpResponse>> at_query(const kube::HttpRequest& request);
  void age(const kube::ApiRequest& request, kube::ApiResponse& answer);
  // Makes a copy for the fault, if it is wanted and new; true in the copy.
  bool branch(const Fault& fault, const std::string& state);
  void act(const std::string& user);
  void remember_value(const kube::ApiRequest& request);
  void put_back(const kube::ApiRequest& request, const kube::ApiResponse& answer);

  simulation::Story& story_;
  Snapshots* snapshots_;
  StrikeOptions options_;
  bool is_armed_ = false;
  std::map<Family, Counts> counts_;
  std::set<std::string> met_;
  std::string after_last_write_;  // version and time
  std::optional<Fault> struck_;
  std::string plan_;
  std::map<std::string, std::vector<sandbox::Change>> history_;  // by plural
  std::set<std::string> may_be_old_;  // kinds that the program lists in a way that allows old answers
  std::optional<kube::Time> hold_old_kind_until_;
  bool has_aged_ = false;
  std::string other_target_, other_path_, other_value_;  // F8: the object, the field and its value before
  int restores_left_ = 0;
};

// The acts of people that F9 puts before every write.
const std::vector<std::string>& user_acts();

}  // namespace sluice::faults
