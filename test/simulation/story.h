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

  // The version behind a hash: "v2"; "" for none.
  std::string version_of(const std::string& hash) const;
  std::string hash_of(const std::string& version) const;
  std::string stable() const { return version_of(world.stable("web")); }
  std::string active() const { return version_of(world.selected("web-active")); }
  std::string preview() const { return version_of(world.selected("web-preview")); }
  int weight() const { return world.weight("web", "web-canary"); }
  // spec.replicas of its set; -1 without one.
  int size(const std::string& version) const;
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
