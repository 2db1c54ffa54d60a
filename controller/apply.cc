// Sending a decision.
#include "controller/apply.h"

#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/requests.h"
#include "kube/json.h"

namespace sluice::controller {
namespace {

using kube::Error;
using kube::Fault;
using kube::ObjectKey;
using kube::Result;
namespace json = boost::json;
namespace net = kube::net;

std::optional<WrittenObject::Kind> kind_of(const kube::Resource& resource, const std::string& subresource) {
  if (subresource == "scale")
    return resource.plural == kube::resources::deployments.plural ? WrittenObject::Kind::deployment
                                                                  : WrittenObject::Kind::referenced_replica_set;
  if (resource.plural == kube::resources::rollouts.plural) return WrittenObject::Kind::rollout;
  if (resource.plural == kube::resources::replica_sets.plural) return WrittenObject::Kind::replica_set;
  if (resource.plural == kube::resources::services.plural) return WrittenObject::Kind::service;
  if (resource.plural == kube::resources::analysis_runs.plural) return WrittenObject::Kind::analysis_run;
  if (resource.plural == kube::resources::experiments.plural) return WrittenObject::Kind::experiment;
  return std::nullopt;
}

void note(Stores& stores, const WrittenObject& written, const std::string& version) {
  switch (written.kind) {
    case WrittenObject::Kind::rollout:
      return stores.rollouts.note_own_write(written.key, version);
    case WrittenObject::Kind::replica_set:
      return stores.replica_sets.note_own_write(written.key, version);
    case WrittenObject::Kind::service:
      return stores.services.note_own_write(written.key, version);
    case WrittenObject::Kind::route:
      return stores.routes.of(written.route_kind).note_own_write(written.key, version);
    case WrittenObject::Kind::analysis_run:
      return stores.analysis_runs.note_own_write(written.key, version);
    case WrittenObject::Kind::deployment:
      return stores.deployments.note_own_write(written.key, version);
    case WrittenObject::Kind::referenced_replica_set:
      return stores.referenced_replica_sets.note_own_write(written.key, version);
    case WrittenObject::Kind::experiment:
      return stores.experiments.note_own_write(written.key, version);
  }
}

RouteObject route_of(const Stores& stores, const Effect& effect) {
  const auto* change = std::get_if<SetRouteWeights>(&effect);
  if (!change || !stores.routes.is_known(change->kind)) return {};
  const auto route = stores.routes.of(change->kind).find(change->key);
  return {route ? route->text : std::string(), stores.routes.resource(change->kind)};
}

// What the server made of the object; null for deletions and evictions.
net::awaitable<Result<json::value>> send(kube::Client& client, WriteRequest request) {
  switch (request.verb) {
    case Verb::create:
      co_return co_await client.create(request.resource, request.key.ns, std::move(request.body));
    case Verb::patch: {
      kube::Patch patch;
      patch.type = request.patch_type;
      patch.body = std::move(request.body);
      patch.subresource = std::move(request.subresource);
      co_return co_await client.patch(request.resource, request.key, std::move(patch));
    }
    case Verb::remove: {
      const Result<> removed = co_await client.remove(request.resource, request.key, std::move(request.remove));
      if (!removed) co_return removed.error();
      break;
    }
    case Verb::evict: {
      const Result<> evicted = co_await client.evict(request.key);
      if (!evicted) co_return evicted.error();
      break;
    }
  }
  co_return json::value();
}

kube::EventText text_of(const Event& event) { return {event.is_warning, event.reason, event.message}; }

bool is_change_of_others(Fault fault) {
  return fault == Fault::conflict || fault == Fault::already_exists || fault == Fault::not_found;
}

net::awaitable<Result<>> send_write(ApplyTools tools, DecisionOwner owner, Write write, Applied& applied) {
  const ObjectKey key{owner.reference.ns, owner.reference.name};
  // The Rollout that was decided on has moved on by an earlier write of the same decision.
  if (auto* again = std::get_if<PatchRolloutMetadata>(&write.effect); again && !applied.rollout_version.empty())
    again->precondition.resource_version = applied.rollout_version;
  Result<WriteRequest> request = request_for(write.effect, key, route_of(tools.stores, write.effect));
  if (!request) co_return request.error();
  if (request->verb == Verb::patch && request->body.empty()) co_return Result<>();
  const auto* change = std::get_if<SetRouteWeights>(&write.effect);
  const std::optional<WrittenObject::Kind> kind =
      change ? WrittenObject::Kind::route : kind_of(request->resource, request->subresource);
  const ObjectKey target = request->key;
  const WriteTarget about{request->resource, target.name, request->verb == Verb::create};
  const kube::Resource resource = request->resource;
  const bool absent_is_fine = request->absent_is_fine;
  const bool leaves_object = request->verb == Verb::create || request->verb == Verb::patch;
  const Result<json::value> answer = co_await send(tools.client, std::move(*request));
  if (!answer) {
    if (absent_is_fine && answer.error().fault == Fault::not_found) co_return Result<>();
    applied.failed = about;
    co_return answer.error();
  }
  tools.log.info(describe(write.effect), {{owner.kind, key.text()}});
  if (about.is_creation) applied.created.push_back(about);
  if (leaves_object && kind) {
    applied.written.push_back({*kind, target, resource, change ? change->kind : std::string()});
    const std::string version(kube::text_at(*answer, {"metadata", "resourceVersion"}));
    if (*kind == WrittenObject::Kind::rollout) applied.rollout_version = version;
    note(tools.stores, applied.written.back(), version);
  }
  co_return Result<>();
}

// Whatever a person or another process has put there since the decision is not written over: an abort, a pause, the
// steps of a process that took over. The server refuses the status then, and everything is looked at again.
net::awaitable<Result<>> send_status(ApplyTools tools, std::shared_ptr<const crds::Rollout> rollout,
                                     crds::RolloutStatus status, Applied& applied) {
  kube::Patch patch;
  const Precondition unchanged{
      rollout->meta.uid, applied.rollout_version.empty() ? rollout->meta.resource_version : applied.rollout_version};
  patch.body = status_patch(rollout->status, status, unchanged);
  patch.subresource = "status";
  if (patch.body.empty()) co_return Result<>();
  tools.log.debug("patch status", {{"rollout", rollout->meta.key().text()}, {"patch", patch.body}});
  const Result<json::value> answer =
      co_await tools.client.patch(kube::resources::rollouts, rollout->meta.key(), std::move(patch));
  if (!answer) co_return answer.error();
  applied.written.push_back({WrittenObject::Kind::rollout, rollout->meta.key(), kube::resources::rollouts});
  note(tools.stores, applied.written.back(), std::string(kube::text_at(*answer, {"metadata", "resourceVersion"})));
  co_return Result<>();
}

kube::ObjectReference reference_to(const crds::Rollout& rollout) {
  return {"argoproj.io/v1alpha1", "Rollout", rollout.meta.ns, rollout.meta.name, rollout.meta.uid, ""};
}

}  // namespace

bool is_current(const Stores& stores, const WrittenObject& written) {
  switch (written.kind) {
    case WrittenObject::Kind::rollout:
      return stores.rollouts.is_current(written.key);
    case WrittenObject::Kind::replica_set:
      return stores.replica_sets.is_current(written.key);
    case WrittenObject::Kind::service:
      return stores.services.is_current(written.key);
    case WrittenObject::Kind::route:
      return stores.routes.of(written.route_kind).is_current(written.key);
    case WrittenObject::Kind::analysis_run:
      return stores.analysis_runs.is_current(written.key);
    case WrittenObject::Kind::deployment:
      return stores.deployments.is_current(written.key);
    case WrittenObject::Kind::referenced_replica_set:
      return stores.referenced_replica_sets.is_current(written.key);
    case WrittenObject::Kind::experiment:
      return stores.experiments.is_current(written.key);
  }
  return true;
}

net::awaitable<Applied> send_writes(ApplyTools tools, DecisionOwner owner, std::vector<Write> writes) {
  Applied applied;
  for (Write& write : writes) {
    const std::vector<Event> events = std::move(write.events);
    std::optional<Event> failure_event = std::move(write.failure_event);
    const auto* made = std::get_if<CreateReplicaSet>(&write.effect);
    const std::string made_set = made ? made->name : std::string();
    const Result<> sent = co_await send_write(tools, owner, std::move(write), applied);
    if (!sent) {
      if (failure_event && !is_change_of_others(sent.error().fault)) {
        failure_event->message += sent.error().message;
        tools.events.record(owner.reference, text_of(*failure_event));
        applied.unmade_set = made_set;
      }
      applied.failure = sent.error();
      co_return applied;
    }
    for (const Event& event : events) tools.events.record(owner.reference, text_of(event));
  }
  co_return applied;
}

net::awaitable<Applied> apply(ApplyTools tools, std::shared_ptr<const crds::Rollout> rollout, Decision decision,
                              bool write_status) {
  const kube::ObjectReference about = reference_to(*rollout);
  DecisionOwner owner{"rollout", about};
  Applied applied = co_await send_writes(tools, std::move(owner), std::move(decision.writes));
  if (applied.failure) co_return applied;
  if (decision.status && write_status) {
    const Result<> sent = co_await send_status(tools, rollout, std::move(*decision.status), applied);
    if (!sent) {
      applied.failure = sent.error();
      co_return applied;
    }
  }
  if (!decision.status || write_status)
    for (const Event& event : decision.events) tools.events.record(about, text_of(event));
  co_return applied;
}

}  // namespace sluice::controller
