// The status of an Application, from what an assessment found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/application.h"
#include "gitops/assessment.h"
#include "kube/time.h"

namespace sluice::gitops {

// The status as it should be: conditions, sync, health, resources and summary. What the assessment could not find out
// stays as it was; after an error the sync status is Unknown and the list of objects is kept.
crds::ApplicationStatus status_after(const crds::Application& application, const Assessment& assessment,
                                     std::string_view controller_namespace, kube::Time now);

// Replaces the conditions of the given types by `findings`. One that says the same as before keeps its time.
void set_conditions(std::vector<crds::ApplicationCondition>& conditions, const std::vector<std::string_view>& types,
                    const std::vector<Finding>& findings, kube::Time now);

// The container images of the desired objects, sorted, each once.
std::vector<std::string> images_of(const Comparison& comparison);

}  // namespace sluice::gitops
