// Lists for the views.
#include "kubectl/fetch.h"

#include <boost/json.hpp>

#include "crds/decode.h"
#include "kube/selector.h"

namespace sluice::kubectl {
namespace {

using kube::Error;
using kube::Mistakes;
using kube::Result;
namespace json = boost::json;
namespace net = kube::net;
namespace resources = kube::resources;

template <class T>
std::vector<std::shared_ptr<const T>> decode_all(const std::vector<json::value>& items,
                                                 std::shared_ptr<const T> (*decode)(const json::value&, Mistakes&)) {
  std::vector<std::shared_ptr<const T>> decoded;
  for (const json::value& item : items) {
    Mistakes ignored;
    decoded.push_back(decode(item, ignored));
  }
  return decoded;
}

}  // namespace

net::awaitable<Result<std::vector<json::value>>> list_all(kube::Client& client, kube::Resource resource, std::string ns,
                                                          std::string label_selector) {
  std::vector<json::value> items;
  kube::ListOptions options;
  options.limit = 500;
  options.label_selector = std::move(label_selector);
  do {
    Result<json::value> page = co_await client.list(resource, ns, options);
    if (!page) co_return page.error();
    if (json::value* list = page->get_object().if_contains("items"); list && list->is_array())
      for (json::value& item : list->get_array()) items.push_back(std::move(item));
    options.continue_token = kube::text_at(*page, {"metadata", "continue"});
  } while (!options.continue_token.empty());
  co_return items;
}

net::awaitable<Result<std::shared_ptr<const crds::Rollout>>> fetch_rollout(kube::Client& client, kube::ObjectKey key) {
  const Result<json::value> object = co_await client.get(resources::rollouts, key);
  if (!object) co_return object.error();
  Mistakes ignored;
  co_return crds::decode_rollout(*object, ignored);
}

net::awaitable<Result<view::RolloutObjects>> fetch_objects(kube::Client& client, kube::ObjectKey key) {
  view::RolloutObjects objects;
  Result<std::shared_ptr<const crds::Rollout>> rollout = co_await fetch_rollout(client, key);
  if (!rollout) co_return rollout.error();
  objects.rollout = *rollout;
  std::string selector;
  if (objects.rollout->spec->selector) selector = kube::format_selector(*objects.rollout->spec->selector);

  const Result<std::vector<json::value>> sets =
      co_await list_all(client, resources::replica_sets, key.ns, "rollouts-pod-template-hash");
  if (!sets) co_return sets.error();
  objects.replica_sets = decode_all<crds::ReplicaSet>(*sets, crds::decode_replica_set);
  const Result<std::vector<json::value>> pods = co_await list_all(client, resources::pods, key.ns, selector);
  if (!pods) co_return pods.error();
  objects.pods = decode_all<crds::Pod>(*pods, crds::decode_pod);
  const Result<std::vector<json::value>> runs = co_await list_all(client, resources::analysis_runs, key.ns, "");
  if (!runs) co_return runs.error();
  objects.analysis_runs = decode_all<crds::AnalysisRun>(*runs, crds::decode_analysis_run);
  // Who may read rollouts alone is shown all the rest.
  const Result<std::vector<json::value>> experiments = co_await list_all(client, resources::experiments, key.ns, "");
  if (experiments) objects.experiments = decode_all<crds::Experiment>(*experiments, crds::decode_experiment);
  co_return objects;
}

net::awaitable<Result<std::shared_ptr<const crds::AnalysisRun>>> fetch_run(kube::Client& client, kube::ObjectKey key) {
  const Result<json::value> object = co_await client.get(resources::analysis_runs, key);
  if (!object) co_return object.error();
  Mistakes ignored;
  co_return crds::decode_analysis_run(*object, ignored);
}

net::awaitable<Result<view::ExperimentObjects>> fetch_experiment_objects(kube::Client& client, kube::ObjectKey key) {
  view::ExperimentObjects objects;
  const Result<json::value> object = co_await client.get(resources::experiments, key);
  if (!object) co_return object.error();
  Mistakes ignored;
  objects.experiment = crds::decode_experiment(*object, ignored);
  const Result<std::vector<json::value>> sets = co_await list_all(client, resources::replica_sets, key.ns, "");
  if (!sets) co_return sets.error();
  objects.replica_sets = decode_all<crds::ReplicaSet>(*sets, crds::decode_replica_set);
  const Result<std::vector<json::value>> pods = co_await list_all(client, resources::pods, key.ns, "");
  if (!pods) co_return pods.error();
  objects.pods = decode_all<crds::Pod>(*pods, crds::decode_pod);
  const Result<std::vector<json::value>> runs = co_await list_all(client, resources::analysis_runs, key.ns, "");
  if (!runs) co_return runs.error();
  objects.analysis_runs = decode_all<crds::AnalysisRun>(*runs, crds::decode_analysis_run);
  co_return objects;
}

}  // namespace sluice::kubectl
