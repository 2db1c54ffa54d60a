// Reads the objects that a command shows, once or kept up to date.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "crds/rollout.h"
#include "kube/client.h"
#include "view/experiment_view.h"
#include "view/rollout_view.h"

namespace sluice::kubectl {

// A Rollout; Fault::not_found names it.
kube::net::awaitable<kube::Result<std::shared_ptr<const crds::Rollout>>> fetch_rollout(kube::Client& client,
                                                                                       kube::ObjectKey key);
// A Rollout with everything that its view shows.
kube::net::awaitable<kube::Result<view::RolloutObjects>> fetch_objects(kube::Client& client, kube::ObjectKey key);

// An Experiment with everything that its view shows, and an AnalysisRun; Fault::not_found names it.
kube::net::awaitable<kube::Result<view::ExperimentObjects>> fetch_experiment_objects(kube::Client& client,
                                                                                     kube::ObjectKey key);
kube::net::awaitable<kube::Result<std::shared_ptr<const crds::AnalysisRun>>> fetch_run(kube::Client& client,
                                                                                       kube::ObjectKey key);

// All pages of a list.
kube::net::awaitable<kube::Result<std::vector<kube::json::value>>> list_all(kube::Client& client,
                                                                            kube::Resource resource, std::string ns,
                                                                            std::string label_selector);

}  // namespace sluice::kubectl
