// Giving Services back that no Rollout uses any more.
#include "controller/service_release.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "controller/keys.h"
#include "controller/observation.h"
#include "crds/decode.h"
#include "traffic/service.h"

namespace sluice::controller {
namespace {

using kube::Fault;
using kube::ObjectKey;
using kube::Result;
namespace json = boost::json;
namespace net = kube::net;

bool names(const crds::Rollout& rollout, const std::string& service) {
  const std::vector<std::string> all = services_named_by(rollout);
  return std::find(all.begin(), all.end(), service) != all.end();
}

// While a spec is wrong or not judged yet, the Services of the one before stay in use.
bool is_followed(const crds::Rollout& rollout) {
  const auto& conditions = rollout.status.conditions;
  return rollout.status.observed_generation == std::to_string(rollout.meta.generation) &&
         std::none_of(conditions.begin(), conditions.end(),
                      [](const crds::Condition& one) { return one.type == "InvalidSpec"; });
}

}  // namespace

ServiceRelease::ServiceRelease(kube::Client& client, Stores& stores, kube::Clock& clock, const kube::Log& log)
    : client_(client), stores_(stores), log_(log), queue_(clock) {
  stores_.services.listen([this](const ObjectKey& key, const crds::Service*, const crds::Service* after) {
    if (after && after->meta.annotations.contains(keys::managed_by)) queue_.add(key);
  });
  stores_.rollouts.listen([this](const ObjectKey&, const crds::Rollout* before, const crds::Rollout* after) {
    if (before) leave(*before, after);
  });
}

void ServiceRelease::start(kube::Tasks& tasks) { tasks.start("release of Services", work()); }

// Notes the Services that a Rollout named and names no more.
void ServiceRelease::leave(const crds::Rollout& before, const crds::Rollout* after) {
  if (after && after->meta.generation == before.meta.generation) return;
  std::set<std::string> hashes;
  for (const std::string& service : services_named_by(before)) {
    if (after && names(*after, service)) continue;
    if (hashes.empty())
      for (const auto& set : stores_.replica_sets.owned_by(before.meta.uid))
        hashes.emplace(set->meta.labels.get(keys::hash_label));
    const ObjectKey key{before.meta.ns, service};
    left_[key].insert(hashes.begin(), hashes.end());
    queue_.add(key);
  }
}

net::awaitable<void> ServiceRelease::work() {
  for (;;) {
    const ObjectKey key = co_await queue_.next();
    const Result<> done = co_await look_at(key);
    const bool has_gone = !done && done.error().fault == Fault::not_found;
    if (done || has_gone) {
      left_.erase(key);
      queue_.forget(key);
    } else {
      log_.debug("a Service cannot be given back yet", {{"service", key.text()}, {"error", done.error().message}});
      queue_.failed(key);
    }
    queue_.done(key);
  }
}

net::awaitable<Result<>> ServiceRelease::look_at(ObjectKey key) {
  const auto service = stores_.services.find(key);
  if (!service || !stores_.services.is_current(key)) co_return Result<>();
  const std::string manager(service->meta.annotations.get(keys::managed_by));
  const std::string hash(service->spec.selector.get(keys::hash_label));
  if (manager.empty()) {
    const auto left = left_.find(key);
    if (hash.empty() || left == left_.end() || !left->second.contains(hash)) co_return Result<>();
  } else {
    const ObjectKey rollout{key.ns, manager};
    const auto known = stores_.rollouts.find(rollout);
    if (known && names(*known, key.name)) co_return Result<>();
    if (known && !is_followed(*known)) co_return kube::Error{Fault::unavailable, "its Rollout is not followed now"};
    // Rollouts that another controller looks after are not in the store.
    const Result<bool> is_used = co_await is_named_by(rollout, key.name);
    if (!is_used) co_return is_used.error();
    if (*is_used) co_return Result<>();
  }
  kube::Patch patch;
  patch.body = traffic::service_release_patch(service->meta.uid, service->meta.resource_version);
  const Result<json::value> answer = co_await client_.patch(kube::resources::services, key, std::move(patch));
  if (!answer) co_return answer.error();
  stores_.services.note_own_write(key, std::string(kube::text_at(*answer, {"metadata", "resourceVersion"})));
  log_.info("gave a Service back", {{"service", key.text()}, {"rollout", manager}});
  co_return Result<>();
}

net::awaitable<Result<bool>> ServiceRelease::is_named_by(ObjectKey rollout, std::string service) {
  const Result<json::value> found = co_await client_.get(kube::resources::rollouts, rollout);
  if (!found && found.error().fault == Fault::not_found) co_return false;
  if (!found) co_return found.error();
  kube::Mistakes ignored;
  const auto decoded = crds::decode_rollout(*found, ignored);
  co_return names(*decoded, service);
}

}  // namespace sluice::controller
