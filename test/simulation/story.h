// One Rollout named "web" and what people do to it: the words in which stories about updates are told.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "manifests.h"
#include "world.h"

namespace sluice::simulation {

// What differs between stories. Lines of YAML, indented as they stand below their parent.
struct Plan {
  int replicas = 4;
  std::string strategy;  // below spec.strategy, indented by 4
  std::string spec;      // more lines of spec, indented by 2
  // Definitions, routes and Services beside web-stable and web-canary; without it the HTTPRoute "web" is made.
  std::string objects = {};
  // By version, the annotations of its pods: "sluice.test/ready-after: '60'".
  std::map<std::string, std::string> pods = {};
};

// The parts of a strategy that most stories share; `more` is indented by 6.
std::string blue_green_with(const std::string& more = "");
std::string basic_canary_with(const std::string& more = "");
// On the HTTPRoute "web", with the Services web-stable and web-canary.
std::string routed_canary_with(const std::string& more = "");

// An AnalysisTemplate that measures once by a Job whose container does this: "exit 0", "sleep 5; exit 1".
std::string job_template(const std::string& name, const std::string& script);
// One that asks World::prometheus: `count` measurements, 2 s apart; 0 means without end.
std::string prometheus_template(const std::string& name, int count,
                                const std::string& conditions =
                                    "successCondition: result[0] >= 0.95\n"
                                    "      failureCondition: result[0] < 0.95");
// An answer of Prometheus with this sample value, such as "0.99" or "NaN"; "" for an empty vector.
kube::Result<kube::HttpResponse> prometheus_says(const std::string& value);

class Story {
 public:
  explicit Story(Plan plan, sandbox::SandboxOptions options = {});

  // Services, route and the first version; until it is healthy. `more` is applied before.
  void begin(const std::string& more = "");
  // Applies the Rollout with this image: "v2". Images with "does-not-exist" never start.
  void release(const std::string& version);
  // The same with changes of the plan.
  void change(Plan plan);
  const Plan& plan() const { return plan_; }
  std::string yaml(const std::string& version) const;
  static std::string service(const std::string& name, const std::string& annotations = "{}");
  static std::string route();

  // As the plugin does it.
  void promote();
  void promote_full() { status(R"({"promoteFull":true})"); }
  void abort() { status(R"({"abort":true})"); }
  void retry() { status(R"({"abort":false})"); }
  void pause() { spec(R"({"paused":true})"); }
  void resume() { spec(R"({"paused":false})"); }
  void scale(int replicas);
  void status(const std::string& patch);
  void spec(const std::string& patch);

  // Let time pass until so; false when it does not come within five minutes.
  bool until(const std::string& phase) {
    return world.until([&] { return world.is("web", phase); });
  }
  bool until_stable(const std::string& version);
  bool until_weight(int weight);
  bool until_size(const std::string& version, int pods);
  bool until_step(int index);
  // At the pause that is the step with this index.
  bool until_paused_at(int index);
  // Releases this version and promotes it as often as it takes to stand in the pause that is the step with this index.
  bool release_to_pause(const std::string& version, int index);

  // The version behind a hash: "v2"; "" for none.
  std::string version_of(const std::string& hash) const;
  std::string hash_of(const std::string& version) const;
  std::string stable() const { return version_of(world.stable("web")); }
  std::string active() const { return version_of(world.selected("web-active")); }
  std::string preview() const { return version_of(world.selected("web-preview")); }
  int weight() const { return world.weight("web", "web-canary"); }
  // spec.replicas of its set; -1 without one.
  int size(const std::string& version) const;
  // Pods of a version, those first that are ready; terminating ones are left out.
  std::vector<std::string> pods(const std::string& version) const;
  int ready(const std::string& version) const;
  // The largest share, in percent, that any proxy gives to pods of this version at this moment.
  int share(const std::string& version) const;
  // status.canary.weights.canary.weight; -1 without one.
  int status_weight() const;
  // What holds the rollout, as the controller knows it: "capacity: 2 of 5 canary pods are available", a line each.
  std::string reasons() const;
  // Deletes so many ready pods of a version, as a node that fails would.
  void lose_pods(const std::string& version, int count);
  // So many ready pods of a version fail their readiness probes from now on; and all that do are well again.
  void break_pods(const std::string& version, int count);
  void mend_pods(const std::string& version);
  // No node takes further pods; and all do again.
  void cordon_nodes(bool is_cordoned = true);
  // Requests of this life of the controllers that changed this object: "services/web-canary".
  int writes_of(const std::string& object) const;
  int step() const;
  std::string message() const { return world.message("web"); }
  // Phases of all AnalysisRuns in the order of their creation: "Successful", "Failed".
  std::vector<std::string> runs() const;
  std::vector<std::string> revisions() const;  // versions that have a set, the oldest first
  bool has_event(const std::string& reason) const;

  World world;

 private:
  Plan plan_;
  std::string version_ = "v1";
};

}  // namespace sluice::simulation
