// Looking at the cluster with the controller's eyes.
#include "kubectl/cluster_view.h"

#include <boost/asio/this_coro.hpp>
#include <boost/json/value.hpp>

#include "controller/decide.h"
#include "controller/keys.h"
#include "controller/observe.h"
#include "controller/read_pods.h"
#include "controller/read_set_templates.h"
#include "controller/stores.h"
#include "crds/decode.h"
#include "kube/json.h"
#include "kube/selector.h"
#include "kube/tasks.h"
#include "kubectl/fetch.h"

namespace sluice::kubectl {
namespace {

namespace net = kube::net;

constexpr auto patience = std::chrono::seconds(10);
constexpr auto glance = std::chrono::milliseconds(5);

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(", ", at), list.size());
    words.push_back(list.substr(at, end - at));
    at = end + 2;
  }
  return words;
}

net::awaitable<void> until_synced(const controller::Stores& stores, kube::Clock& clock) {
  const kube::Time end = clock.now() + patience;
  while (!stores.not_synced().empty() && clock.now() < end) co_await clock.sleep_for(glance);
}

net::awaitable<void> until_ended(kube::Tasks& tasks, kube::Clock& clock) {
  tasks.stop();
  while (tasks.running() > 0) co_await clock.sleep_for(glance);
}

}  // namespace

net::awaitable<kube::Result<SeenByController>> see_as_controller(kube::Client& client, kube::Clock& clock,
                                                                 kube::ObjectKey key) {
  const auto rollout = co_await fetch_rollout(client, key);
  if (!rollout) co_return rollout.error();
  controller::DecideOptions options;
  if (const std::string* id = (*rollout)->meta.labels.find(controller::keys::instance_id_label))
    options.instance_id = *id;

  const kube::Log silent(
      kube::LogLevel::error, kube::LogFormat::text, [&] { return clock.now(); }, [](std::string_view) {});
  controller::Stores stores({key.ns, options.instance_id});
  kube::Tasks tasks(co_await net::this_coro::executor, silent);
  stores.start(tasks, client, clock, silent);
  // The kinds of routes that are watched only where a Rollout names them.
  for (const std::string& kind : controller::route_kinds_of(stores, **rollout)) stores.routes.need(kind);
  co_await until_synced(stores, clock);

  SeenByController result;
  result.unread = words_of(stores.not_synced());
  const auto stored = stores.rollouts.find(key);
  result.seen = controller::observe(stores, stored ? stored : *rollout, options);
  kube::Result<void> pods;
  const bool are_pods_needed = controller::needs_pods(result.seen, clock.now());
  if (are_pods_needed) pods = co_await controller::read_pods(client, result.seen);
  if (!pods) result.unread.push_back("pods");
  result.decision = controller::decide(result.seen, clock.now());
  if (!result.decision.wants_templates_of.empty()) {
    const auto read = co_await controller::read_set_templates(client, result.seen, result.decision.wants_templates_of);
    if (read)
      result.decision = controller::decide(result.seen, clock.now());
    else
      result.unread.push_back("pod templates of replicasets");
  }
  co_await until_ended(tasks, clock);
  co_return result;
}

}  // namespace sluice::kubectl
