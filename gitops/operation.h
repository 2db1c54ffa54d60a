// The record of a sync operation in an Application's status, and how the progress of its tasks is kept there.
#pragma once

#include <string>
#include <vector>

#include "crds/application.h"
#include "gitops/application_check.h"
#include "gitops/assessment.h"
#include "gitops/auto_sync.h"
#include "gitops/sync_plan.h"
#include "kube/time.h"

namespace sluice::gitops {

bool is_running(const crds::OperationState& state);

// The state in which an operation begins.
crds::OperationState begin_operation(const crds::Operation& operation, const crds::ApplicationSource& source,
                                     kube::Time now);

// What the record says of each task of a plan; tasks that it does not name are pending.
std::vector<TaskProgress> progress_of(const crds::OperationState& state, const SyncPlan& plan);

// Writes progress into the record. Results of objects that the plan no longer has, because they were pruned, are kept.
void record_progress(crds::OperationState& state, const SyncPlan& plan, const std::vector<TaskProgress>& progress);

// Names the attempt that is running, for marks on hooks.
std::string run_name(const crds::OperationState& state);

// What a running operation plans: its options, or else the application's; `mistakes` says what cannot be read.
PlanRequest plan_request(const crds::Operation& operation, const CheckedApplication& checked,
                         std::vector<std::string>& mistakes);

// Everything about an operation that is not supported yet.
std::vector<std::string> mistakes_of(const crds::Operation& operation);

// An operation that nobody asked for, by the decision.
crds::Operation automated_operation(const AutoSyncDecision& decision, const crds::ApplicationSpec& spec,
                                    const std::string& revision);

// The last sync as the automation sees it; nullopt when there was none.
std::optional<SyncAttempt> last_attempt(const crds::Application& application);

// Ends an attempt: finished for good, or kept running until the next attempt when the retry plan leaves one.
void finish_attempt(crds::OperationState& state, SyncOutcome outcome, std::string message, const RetryPlan& retry,
                    kube::Time now);

// The revision that a running operation deploys: the commit that it has settled on, or else what was asked for.
std::string revision_of(const crds::OperationState& state);

// When the next attempt of a failed operation is due; nullopt while one is running.
std::optional<kube::Time> next_attempt(const crds::OperationState& state, const RetryPlan& retry);
void begin_attempt(crds::OperationState& state, const crds::ApplicationSource& source);

// Appends to the history what a succeeded operation has deployed, keeping the newest `limit` entries.
void add_history(crds::ApplicationStatus& status, const crds::OperationState& state, std::int64_t limit,
                 kube::Time now);

}  // namespace sluice::gitops
