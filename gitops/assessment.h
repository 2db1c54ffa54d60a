// How an application stands: what Git says, what the cluster has, and what is wrong with either.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "crds/application.h"
#include "gitops/application_check.h"
#include "gitops/compare.h"
#include "gitops/health.h"
#include "gitops/live_cluster.h"
#include "gitops/served_kinds.h"
#include "gitops/sources.h"
#include "gitops/targets.h"
#include "kube/clock.h"

namespace sluice::gitops {

// A condition of an application: its type and what it says.
struct Finding {
  std::string type;
  std::string message;
};

enum class Standing {
  compared,  // everything is known
  invalid,   // the Application itself is wrong
  failed,    // Git or the cluster cannot be read, or what Git holds is wrong
  waiting    // not known yet; what was known before still holds
};

struct Assessment {
  Standing standing = Standing::waiting;
  CheckedApplication checked;
  std::string commit;                   // "" when it could not be found out
  std::vector<Finding> findings;        // errors and warnings
  Comparison comparison;                // when compared
  Ownership ownership;                  // when compared
  std::vector<ResourceHealth> healths;  // of comparison.resources, in their order
  Health health;                        // of the application
  std::optional<kube::Time> look_again;
};

// What was learned about one object from the server's answer to a trial: members that it does not keep.
struct Trial {
  std::shared_ptr<const json::value> desired;
  std::string live_version;
  std::vector<std::string> dropped;  // JSON pointers
};

// What is remembered of an application between two assessments. Losing it costs time, nothing else.
struct Remembered {
  std::string asked;  // url, revision and tag prefix that `commit` answers
  std::string commit;
  std::string rendered_from;  // url, path and filters of `rendered`
  SourceId id;
  std::shared_ptr<const Rendered> rendered;
  std::vector<std::string> warnings;
  std::optional<kube::Error> refused;       // what the question was answered instead of a commit
  std::optional<kube::Time> failing_since;  // the world's faults, not the user's
  std::optional<kube::Time> retry_at;       // when the world is asked again
  int failures = 0;
  bool remote_fails = false;  // the last question to the remote had no answer
  std::optional<kube::Time> unsynced_since;
  std::map<ResourceId, Trial> trials;
  std::size_t renders = 0;  // how often it was rendered
};

struct AssessorOptions {
  std::string controller_namespace = "argocd";
  RepositoryAccess access;
  Marking marking = Marking::annotation;
  kube::Duration grace = kube::seconds{180};  // how long faults of the world change no status
};

class Assessor {
 public:
  // Everything outlives it.
  Assessor(kube::Client& client, kube::Clock& clock, Sources& sources, ServedKinds& kinds, LiveCluster& live,
           AssessorOptions options)
      : client_(client), clock_(clock), sources_(sources), kinds_(kinds), live_(live), options_(std::move(options)) {}

  std::string instance_of(const kube::ObjectKey& application) const;

  // Compares at `revision` ("" for that of the spec). The remote's answer may be `max_age` old; nullopt reuses the
  // commit of last time, if it was for the same question.
  net::awaitable<Assessment> assess(std::shared_ptr<const crds::Application> application, Remembered& memory,
                                    std::string revision, std::optional<kube::Duration> max_age);

 private:
  net::awaitable<bool> find_commit(Assessment& result, Remembered& memory, std::optional<kube::Duration> max_age);
  net::awaitable<bool> load(Assessment& result, Remembered& memory);
  net::awaitable<bool> learn_kinds(Assessment& result, Remembered& memory);
  net::awaitable<bool> watch_kinds(Assessment& result, Remembered& memory, const Targets& targets,
                                   std::shared_ptr<const crds::Application> application);
  net::awaitable<bool> want(Assessment& result, Remembered& memory, const Targets& targets, std::string instance);
  void fail(Assessment& result, Remembered& memory, const kube::Error& error);
  void compare_again(Assessment& result, const Remembered& memory, const Targets& targets, const std::string& instance);
  net::awaitable<bool> try_unkept(Assessment& result, Remembered& memory);
  void judge(Assessment& result, const Remembered& memory, const Targets& targets);

  kube::Client& client_;
  kube::Clock& clock_;
  Sources& sources_;
  ServedKinds& kinds_;
  LiveCluster& live_;
  AssessorOptions options_;
};

}  // namespace sluice::gitops
