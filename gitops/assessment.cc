// Finding out how an application stands, step by step; each step may end the assessment.
#include "gitops/assessment.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/apply.h"
#include "gitops/three_way.h"
#include "gitops/tracking.h"
#include "kube/backoff.h"
#include "kube/json.h"
#include "kube/patch.h"

namespace sluice::gitops {
namespace {

using kube::Duration;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr kube::BackoffLimits retry_limits{kube::seconds{2}, kube::seconds{60}};
constexpr Duration list_patience = kube::seconds{5};  // before somebody is told that a kind cannot be listed
constexpr Duration kind_retry = kube::seconds{10};    // before a kind that was not served is looked for again

std::string api_version_of(const json::value& object) { return std::string(kube::text_at(object, {"apiVersion"})); }

std::string joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, "; ")); }

void add(Assessment& to, std::string type, std::string message) {
  to.findings.push_back({std::move(type), std::move(message)});
}

// What was learned holds for the object as Git had it then.
void forget_old_trials(Remembered& memory, const Targets& targets) {
  std::erase_if(memory.trials, [&](const auto& entry) {
    const auto at = std::ranges::find(targets.objects, entry.first, &Target::id);
    return at == targets.objects.end() ||
           (entry.second.desired && !kube::same_json(*entry.second.desired, *at->object));
  });
}

}  // namespace

std::string Assessor::instance_of(const kube::ObjectKey& application) const {
  return instance_name(application.ns, application.name, options_.controller_namespace);
}

// A user's mistake is told at once. A fault of the world is told when it has lasted, and looked at again soon.
void Assessor::fail(Assessment& result, Remembered& memory, const Error& error) {
  const bool world = kube::is_transient(error.fault);
  if (!world) {
    result.standing = Standing::failed;
    add(result, "ComparisonError", error.message);
    return;
  }
  const kube::Time now = clock_.now();
  if (!memory.failing_since) memory.failing_since = now;
  ++memory.failures;
  memory.retry_at = now + kube::backoff_after(memory.failures, retry_limits);
  result.look_again = memory.retry_at;
  if (now - *memory.failing_since < options_.grace) {
    result.standing = Standing::waiting;
    return;
  }
  result.standing = Standing::failed;
  add(result, "ComparisonError", error.message);
}

net::awaitable<bool> Assessor::find_commit(Assessment& result, Remembered& memory, std::optional<Duration> max_age) {
  const CheckedApplication& wanted = result.checked;
  const std::string asked = fmt::format("{}\n{}\n{}", wanted.url, wanted.revision, wanted.tag_prefix);
  if (memory.asked != asked) {
    memory.commit.clear();
    memory.refused.reset();
    memory.asked = asked;
  }
  if (memory.refused && !max_age) {
    result.standing = Standing::failed;
    add(result, "ComparisonError", memory.refused->message);
    result.look_again = memory.retry_at;
    co_return false;
  }
  if (!memory.commit.empty() && !max_age) {
    result.commit = memory.commit;
    co_return true;
  }
  const Result<std::string> commit =
      co_await sources_.resolve(wanted.url, wanted.revision, wanted.tag_prefix, max_age.value_or(Duration{0}));
  memory.remote_fails = !commit && kube::is_transient(commit.error().fault);
  if (commit) {
    memory.refused.reset();
    memory.commit = *commit;
    result.commit = *commit;
    co_return true;
  }
  fail(result, memory, commit.error());
  if (result.standing == Standing::failed) memory.refused = commit.error();
  // While the remote is away for a moment, what it said last still holds.
  if (result.standing == Standing::failed || memory.commit.empty()) co_return false;
  result.commit = memory.commit;
  co_return true;
}

net::awaitable<bool> Assessor::load(Assessment& result, Remembered& memory) {
  const CheckedApplication& wanted = result.checked;
  const std::string from = fmt::format("{}\n{}\n{}\n{}\n{}", wanted.url, wanted.path, wanted.directory.recurse,
                                       wanted.directory.include, wanted.directory.exclude);
  const bool known = memory.rendered && memory.rendered_from == from;
  SourceId before = known ? memory.id : SourceId{};
  const Result<SourceId> id = co_await sources_.id_of(wanted.url, result.commit, wanted.path, before);
  if (!id) {
    fail(result, memory, id.error());
    co_return false;
  }
  if (!known || *id != memory.id) {
    Result<LoadedSource> loaded = co_await sources_.load(wanted.url, result.commit, wanted.path, wanted.directory);
    if (!loaded) {
      fail(result, memory, loaded.error());
      co_return false;
    }
    memory.rendered = std::move(loaded->rendered);
    memory.rendered_from = from;
    memory.id = std::move(loaded->id);
    memory.warnings = std::move(loaded->warnings);
    ++memory.renders;
  }
  if (!memory.remote_fails) {
    memory.failing_since.reset();
    memory.retry_at.reset();
    memory.failures = 0;
  }
  if (!memory.rendered->mistakes.empty()) {
    result.standing = Standing::failed;
    add(result, "ComparisonError",
        fmt::format("the manifests at {} have mistakes: {}", result.commit.substr(0, 7),
                    joined(memory.rendered->mistakes)));
    co_return false;
  }
  co_return true;
}

net::awaitable<bool> Assessor::learn_kinds(Assessment& result, Remembered& memory) {
  std::set<std::string> versions{"argoproj.io/v1alpha1", "autoscaling/v2"};
  for (const Manifest& manifest : memory.rendered->manifests) versions.insert(api_version_of(manifest.object));
  for (const std::string& version : versions) {
    const Result<> learned = co_await kinds_.learn(version, kind_retry);
    if (learned) continue;
    fail(result, memory, learned.error());
    co_return false;
  }
  co_return true;
}

net::awaitable<bool> Assessor::watch_kinds(Assessment& result, Remembered& memory, const Targets& targets,
                                           std::shared_ptr<const crds::Application> application) {
  std::vector<const kube::Resource*> resources;
  const auto need = [&](std::string_view group, std::string_view version, std::string_view kind) {
    const kube::Resource* resource = kinds_.find(group, version, kind);
    if (resource && std::ranges::find(resources, resource) == resources.end()) resources.push_back(resource);
  };
  // These own fields of other objects.
  need("argoproj.io", "v1alpha1", "Rollout");
  need("autoscaling", "v2", "HorizontalPodAutoscaler");
  for (const Target& target : targets.objects) need(target.id.group, target.version, target.id.kind);
  // Kinds that have left Git altogether may still have objects to prune.
  for (const crds::ResourceStatus& resource : application->status.resources) {
    const std::string group(std::string_view(resource.group));
    const std::string version(std::string_view(resource.version));
    std::string api_version = group.empty() ? version : group + "/" + version;
    const Result<> learned = co_await kinds_.learn(std::move(api_version), kind_retry);
    if (learned) need(group, version, std::string_view(resource.kind));
  }
  std::vector<const kube::Resource*> unsynced;
  for (const kube::Resource* resource : resources) {
    live_.watch(*resource);
    if (!live_.is_synced(*resource)) unsynced.push_back(resource);
  }
  if (unsynced.empty()) {
    memory.unsynced_since.reset();
    co_return true;
  }
  const kube::Time now = clock_.now();
  if (!memory.unsynced_since) memory.unsynced_since = now;
  result.standing = Standing::waiting;
  result.look_again = now + list_patience;
  if (now - *memory.unsynced_since < list_patience) co_return false;
  kube::ListOptions one;
  one.limit = 1;
  const Result<json::value> probe = co_await client_.list(*unsynced.front(), "", std::move(one));
  if (probe) co_return false;
  result.standing = Standing::failed;
  add(result, "ComparisonError", fmt::format("the live objects cannot be read: {}", probe.error().message));
  co_return false;
}

net::awaitable<bool> Assessor::want(Assessment& result, Remembered& memory, const Targets& targets,
                                    std::string instance) {
  std::set<ResourceId> ids;
  for (const Target& target : targets.objects) ids.insert(target.id);
  for (const ResourceId& id : live_.want(instance, std::move(ids))) {
    const auto target = std::ranges::find(targets.objects, id, &Target::id);
    const kube::Resource* resource = kinds_.find(id.group, target->version, id.kind);
    // The first list of a kind brings what is wanted by then.
    if (!resource || !live_.is_synced(*resource)) continue;
    kube::ObjectKey key{id.ns, id.name};
    const Result<json::value> object = co_await client_.get(*resource, std::move(key));
    if (object) {
      live_.offer(*object);
    } else if (object.error().fault != Fault::not_found) {
      // Asked again next time, as if it had never been wanted.
      live_.forget(instance);
      fail(result, memory, object.error());
      co_return false;
    }
  }
  co_return true;
}

void Assessor::compare_again(Assessment& result, const Remembered& memory, const Targets& targets,
                             const std::string& instance) {
  std::vector<IgnoreRule> ignored = result.checked.ignored;
  for (const auto& [id, trial] : memory.trials)
    if (!trial.dropped.empty()) ignored.push_back({id.group, id.kind, id.ns, id.name, trial.dropped});
  result.comparison = compare(targets, live_.objects_of(instance), instance, result.ownership, ignored);
}

// A member that is in Git and was applied, and is not there, may be one that the server does not keep, such as a
// misspelt field of a custom resource. A trial tells; without it the object would be applied for ever.
net::awaitable<bool> Assessor::try_unkept(Assessment& result, Remembered& memory) {
  bool learned = false;
  for (const ComparedResource& resource : result.comparison.resources) {
    if (resource.status != SyncStatus::out_of_sync || !resource.live || !resource.desired || resource.hook) continue;
    const Difference found = difference(*resource.desired, *resource.live, result.ownership, result.checked.ignored);
    const std::vector<std::string> absent = absent_members(found.patch, resource.live->get_object());
    if (absent.empty() || !kube::same_json(last_applied(*resource.live), *resource.desired)) continue;
    Trial& trial = memory.trials[resource.id];
    const std::string version(kube::text_at(*resource.live, {"metadata", "resourceVersion"}));
    const bool known =
        trial.desired && trial.live_version == version && kube::same_json(*trial.desired, *resource.desired);
    const kube::Resource* kind = kinds_.find(resource.id.group, resource.version, resource.id.kind);
    if (known || !kind) continue;
    ApplyRequest request;
    request.resource = *kind;
    request.desired = resource.desired;
    request.live = resource.live;
    request.ownership = &result.ownership;
    request.respected = result.checked.ignored;
    request.dry_run = true;
    const Result<Applied> answer = co_await apply(client_, std::move(request));
    if (!answer) continue;  // the sync itself will tell why
    trial = {resource.desired, version, answer->dropped};
    learned = learned || !trial.dropped.empty();
  }
  co_return learned;
}

void Assessor::judge(Assessment& result, const Remembered& memory, const Targets& targets) {
  for (const ComparedResource& resource : result.comparison.resources) {
    ResourceHealth health{.id = resource.id, .is_live = resource.live != nullptr};
    health.counts = !resource.hook;
    if (resource.live) {
      health.health = assess_health(*resource.live);
      health.counts = health.counts && annotation(*resource.live, annotations::ignore_healthcheck) != "true";
    } else if (!resource.hook) {
      health.health = Health{HealthStatus::missing, ""};
    }
    result.healths.push_back(std::move(health));
  }
  result.health = assess_application(result.healths);
  if (!result.comparison.shared.empty()) add(result, "SharedResourceWarning", joined(result.comparison.shared));
  if (!targets.repeated.empty()) add(result, "RepeatedResourceWarning", joined(targets.repeated));
  std::vector<std::string> unkept;
  for (const auto& [id, trial] : memory.trials)
    for (const std::string& pointer : trial.dropped) {
      std::string path = pointer.substr(1);
      std::ranges::replace(path, '/', '.');
      unkept.push_back(fmt::format("the cluster does not keep {} of {}", path, text_of(id)));
    }
  if (!unkept.empty()) add(result, "UnknownFieldWarning", joined(unkept));
  result.standing = Standing::compared;
}

net::awaitable<Assessment> Assessor::assess(std::shared_ptr<const crds::Application> application, Remembered& memory,
                                            std::string revision, std::optional<Duration> max_age) {
  Assessment result;
  result.checked = check(*application->spec, options_.access);
  if (!result.checked.mistakes.empty()) {
    result.standing = Standing::invalid;
    add(result, "InvalidSpecError", joined(result.checked.mistakes));
    co_return result;
  }
  if (!revision.empty()) result.checked.revision = revision;
  const std::string instance = instance_of(application->meta.key());
  const bool found = co_await find_commit(result, memory, max_age);
  if (!found) co_return result;
  const bool loaded = co_await load(result, memory);
  if (!loaded) co_return result;
  const bool learned = co_await learn_kinds(result, memory);
  if (!learned) co_return result;
  if (!memory.warnings.empty()) add(result, "SourceWarning", joined(memory.warnings));
  const Targets targets = place(*memory.rendered, {instance, result.checked.default_namespace, options_.marking},
                                [this](std::string_view group, std::string_view version, std::string_view kind) {
                                  return kinds_.scope_of(group, version, kind);
                                });
  if (!targets.mistakes.empty()) {
    result.standing = Standing::failed;
    add(result, "ComparisonError", joined(targets.mistakes));
    co_return result;
  }
  const bool wanted = co_await want(result, memory, targets, instance);
  if (!wanted) co_return result;
  const bool watched = co_await watch_kinds(result, memory, targets, application);
  if (!watched) co_return result;
  forget_old_trials(memory, targets);
  std::set<std::string> namespaces;
  for (const Target& target : targets.objects) namespaces.insert(target.id.ns);
  result.ownership = live_.ownership(namespaces);
  compare_again(result, memory, targets, instance);
  const bool learned_more = co_await try_unkept(result, memory);
  if (learned_more) compare_again(result, memory, targets, instance);
  judge(result, memory, targets);
  if (std::ranges::any_of(targets.objects, [](const Target& target) { return !target.kind_is_known; }))
    result.look_again = clock_.now() + kind_retry;
  co_return result;
}

}  // namespace sluice::gitops
