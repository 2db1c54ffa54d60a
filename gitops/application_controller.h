// The loop that keeps clusters as Git says: it watches Applications, assesses them when something has changed, syncs
// them, and writes down how they stand.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "crds/application.h"
#include "gitops/assessment.h"
#include "gitops/live_cluster.h"
#include "gitops/operation_run.h"
#include "gitops/served_kinds.h"
#include "gitops/sources.h"
#include "gitops/sync_executor.h"
#include "gitops/turnstile.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/store.h"
#include "kube/tasks.h"

namespace sluice::gitops {

struct ApplicationControllerOptions {
  AssessorOptions assessor;
  std::string ns;                                           // the only namespace that is looked at; "" for all
  kube::Duration resync = kube::seconds{180};               // how often Git is asked for new commits; zero for never
  kube::Duration spacing = std::chrono::milliseconds{100};  // between two assessments of one application
  int at_once = 20;                                         // applications that are worked on at one time
};

// A fault in one application stops neither the loop nor another application. Everything that is passed outlives it, and
// it outlives its tasks.
class ApplicationController {
 public:
  ApplicationController(kube::Client& client, kube::Clock& clock, const kube::Log& log, Sources& sources,
                        ApplicationControllerOptions options);
  ~ApplicationController();
  ApplicationController(const ApplicationController&) = delete;
  ApplicationController& operator=(const ApplicationController&) = delete;

  void start(kube::Tasks& tasks);
  // True once the list of Applications has been read.
  bool is_ready() const;
  // How often manifests were rendered, for tests and metrics.
  std::size_t renders() const;

 private:
  struct Subject;
  struct Round;

  void note_change(const kube::ObjectKey& key, const crds::Application* before, const crds::Application* after);
  void look_at(const kube::ObjectKey& key, kube::Time when);
  void look_at_instance(const std::string& instance);
  net::awaitable<void> dispatch(kube::Tasks& tasks);
  net::awaitable<void> work_on(kube::ObjectKey key, std::shared_ptr<Subject> subject);
  net::awaitable<void> evaluate(kube::ObjectKey key, std::shared_ptr<Subject> subject);
  net::awaitable<void> delete_objects(Round& round);
  net::awaitable<void> assess(Round& round);
  net::awaitable<bool> is_superseded(Round& round, kube::Duration max_age);
  net::awaitable<void> operate(Round& round);
  void decide_automation(Round& round);
  void start_operation(Round& round, const crds::Operation& operation, const std::string& words);
  net::awaitable<void> save(Round& round);
  kube::Duration poll_interval(const kube::ObjectKey& key) const;

  kube::Client& client_;
  kube::Clock& clock_;
  const kube::Log& log_;
  Sources& sources_;
  ApplicationControllerOptions options_;
  ServedKinds kinds_;
  kube::Store<crds::Application> applications_;
  std::map<kube::ObjectKey, kube::Mistakes> mistakes_;  // of Applications that cannot be read in part
  std::map<kube::ObjectKey, std::shared_ptr<Subject>> subjects_;
  std::map<std::string, kube::ObjectKey> keys_;  // by instance
  Turnstile working_;
  std::unique_ptr<LiveCluster> live_;  // these four are made by start()
  std::unique_ptr<Assessor> assessor_;
  std::unique_ptr<SyncExecutor> executor_;
  std::unique_ptr<OperationRun> run_;
  std::shared_ptr<net::steady_timer> wake_;  // cancelled when the next moment to work has changed
};

}  // namespace sluice::gitops
