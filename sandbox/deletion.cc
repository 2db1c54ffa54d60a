// Deletion: preconditions, finalizers, grace, propagation.
#include <algorithm>
#include <charconv>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/bodies.h"
#include "sandbox/object_parts.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view orphan_finalizer = "orphan";
constexpr std::string_view foreground_finalizer = "foregroundDeletion";

// The finalizers that an object has once its deletion is asked for.
json::array finalizers_for(const Kind& kind, const json::value& object, std::string_view propagation) {
  const std::vector<std::string_view> before = finalizers_of(object);
  const auto has = [&](std::string_view name) { return std::find(before.begin(), before.end(), name) != before.end(); };
  bool orphans = propagation == "Orphan";
  bool foreground = propagation == "Foreground";
  if (propagation.empty()) {
    orphans = has(orphan_finalizer) || (!has(foreground_finalizer) && kind.kind == "Job" && kind.group == "batch");
    foreground = has(foreground_finalizer) && !orphans;
  }
  json::array names;
  for (const std::string_view name : before)
    if (name != orphan_finalizer && name != foreground_finalizer) names.push_back(json::string(name));
  if (orphans) names.push_back(json::string(orphan_finalizer));
  if (foreground) names.push_back(json::string(foreground_finalizer));
  return names;
}

// Seconds between the request and the end of a pod; 0 for what has no grace period or no longer needs it.
std::int64_t grace_of(const Kind& kind, const json::value& object, const Deletion& deletion) {
  if (!kind.graceful) return 0;
  const std::string_view phase = kube::text_at(object, {"status", "phase"});
  if (kube::text_at(object, {"spec", "nodeName"}).empty() || phase == "Succeeded" || phase == "Failed") return 0;
  if (deletion.grace_seconds) return std::max<std::int64_t>(0, *deletion.grace_seconds);
  return kube::number_at(object, {"spec", "terminationGracePeriodSeconds"}, 30);
}

Outcome<> check_preconditions(const Kind& kind, const json::value& object, const Deletion& deletion) {
  const std::string_view name = kube::text_at(object, {"metadata", "name"});
  const std::string_view uid = kube::text_at(object, {"metadata", "uid"});
  const std::string_view version = kube::text_at(object, {"metadata", "resourceVersion"});
  const auto refuse = [&](std::string why) {
    Refusal refusal = conflict(kind, name, why);
    refusal.kind = kind.kind;
    refusal.message = fmt::format("Operation cannot be fulfilled on {} {}: {}", kind.kind_name(), quoted(name), why);
    return refusal;
  };
  if (!deletion.uid.empty() && deletion.uid != uid)
    return refuse(
        fmt::format("the UID in the precondition ({}) does not match the UID in record ({}). The object "
                    "might have been deleted and then recreated",
                    deletion.uid, uid));
  if (!deletion.resource_version.empty() && deletion.resource_version != version)
    return refuse(
        fmt::format("the ResourceVersion in the precondition ({}) does not match the ResourceVersion in "
                    "record ({}). The object might have been modified",
                    deletion.resource_version, version));
  return {};
}

}  // namespace

Outcome<Deletion> deletion_of(const Request& request) {
  Deletion deletion;
  deletion.dry_run = request.dry_run();
  deletion.propagation = request.target.option("propagationPolicy");
  const auto number = [](std::string_view text) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    if (text.empty() || std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
      return std::nullopt;
    return value;
  };
  deletion.grace_seconds = number(request.target.option("gracePeriodSeconds"));
  if (!request.body.empty()) {
    const Outcome<json::value> body = value_in_body(request);
    if (!body) return body.error();
    if (!body->is_object()) return bad_request("the options of a deletion are an object");
    deletion.uid = kube::text_at(*body, {"preconditions", "uid"});
    deletion.resource_version = kube::text_at(*body, {"preconditions", "resourceVersion"});
    if (const std::string_view policy = kube::text_at(*body, {"propagationPolicy"}); !policy.empty())
      deletion.propagation = policy;
    if (const json::value* grace = kube::find_at(*body, {"gracePeriodSeconds"}); grace && grace->is_number())
      deletion.grace_seconds = grace->to_number<std::int64_t>();
    if (const json::value* dry = kube::find_at(*body, {"dryRun"}); dry && dry->is_array() && !dry->get_array().empty())
      deletion.dry_run = true;
    if (const json::value* orphans = kube::find_at(*body, {"orphanDependents"}); orphans && orphans->is_bool())
      deletion.propagation = orphans->get_bool() ? "Orphan" : "Background";
  }
  if (!deletion.propagation.empty() && deletion.propagation != "Background" && deletion.propagation != "Foreground" &&
      deletion.propagation != "Orphan") {
    Kind options;
    options.group = "meta.k8s.io";
    options.kind = "DeleteOptions";
    return invalid(options, "",
                   {unsupported_value("propagationPolicy", quoted(deletion.propagation),
                                      R"("Foreground", "Background", "Orphan", "nil")")});
  }
  return deletion;
}

Outcome<Deleted> delete_object(ApiState& state, const Kind& kind, const kube::ObjectKey& key,
                               const Deletion& deletion) {
  const Api::Store::Object existing = state.store.find(kind.storage, key);
  if (!existing) return not_found(kind, key.name);
  const Outcome<> allowed = check_preconditions(kind, *existing, deletion);
  if (!allowed) return allowed.error();

  json::value next = *existing;
  json::object& metadata = metadata_of(next);
  json::array finalizers = finalizers_for(kind, next, deletion.propagation);
  std::int64_t grace = grace_of(kind, next, deletion);
  const bool is_namespace = kind.kind == "Namespace" && kind.group.empty();
  const bool stays = !finalizers.empty() || grace > 0 || is_namespace;
  if (!stays) {
    // What has grace periods says that it had none left.
    if (kind.graceful) {
      if (!is_terminating(next) && metadata.contains("generation"))
        metadata["generation"] = kube::number_at(next, {"metadata", "generation"}) + 1;
      metadata["deletionTimestamp"] = kube::format_time(state.clock.now());
      metadata["deletionGracePeriodSeconds"] = 0;
    }
    if (deletion.dry_run) return Deleted{std::make_shared<const json::value>(std::move(next)), true};
    return Deleted{state.store.erase(kind.storage, key, std::move(next)), true};
  }

  const bool began = is_terminating(next);
  if (began) grace = std::min(grace, kube::number_at(next, {"metadata", "deletionGracePeriodSeconds"}));
  const bool changes = !began || grace < kube::number_at(next, {"metadata", "deletionGracePeriodSeconds"});
  if (changes) {
    metadata["deletionTimestamp"] = kube::format_time(state.clock.now() + kube::seconds(grace));
    if (!is_namespace) metadata["deletionGracePeriodSeconds"] = grace;
    if (metadata.contains("generation") && !began)
      metadata["generation"] = kube::number_at(next, {"metadata", "generation"}) + 1;
  }
  if (finalizers.empty())
    erase_member(metadata, "finalizers");
  else
    metadata["finalizers"] = std::move(finalizers);
  if (is_namespace) object_in(next.as_object(), "status")["phase"] = "Terminating";
  if (next == *existing) return Deleted{existing, false};
  if (deletion.dry_run) return Deleted{std::make_shared<const json::value>(std::move(next)), false};
  return Deleted{state.store.put(kind.storage, key, std::move(next)), false};
}

}  // namespace sluice::sandbox
