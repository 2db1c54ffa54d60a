// Changes of existing objects: what a write may touch, what counts as a change, and what it leads to.
#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/managed_fields.h"
#include "sandbox/object_parts.h"
#include "sandbox/object_rules.h"
#include "sandbox/preparation.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

// Equal apart from the parts that the server itself writes.
bool same_content(const json::value& a, const json::value& b, bool with_status, bool with_metadata) {
  const json::object& left = a.get_object();
  const json::object& right = b.get_object();
  const auto counts = [&](std::string_view name) {
    return (name != "metadata" || with_metadata) && (name != "status" || with_status);
  };
  std::size_t members = 0;
  for (const auto& member : left) {
    if (!counts(member.key())) continue;
    ++members;
    const json::value* other = right.if_contains(member.key());
    if (!other || *other != member.value()) return false;
  }
  return members == static_cast<std::size_t>(std::count_if(right.begin(), right.end(),
                                                           [&](const auto& member) { return counts(member.key()); }));
}

// What nobody may change by a write.
void keep_identity(const json::object& before, json::object& after) {
  for (const char* name : {"name", "generateName", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
                           "deletionGracePeriodSeconds", "generation", "resourceVersion", "selfLink"})
    copy_member(before, after, name);
}

// Keeps from the old object what this kind of write does not reach.
void keep_unreached(const Kind& kind, const json::value& before, json::value& after, const std::string& subresource) {
  if (subresource == "status") {
    json::value status;
    bool has_status = false;
    if (const json::value* given = after.as_object().if_contains("status")) {
      status = *given;
      has_status = true;
    }
    json::value metadata = before.get_object().at("metadata");
    copy_member(after.as_object().at("metadata").as_object(), metadata.as_object(), "managedFields");
    after = before;
    after.as_object()["metadata"] = std::move(metadata);
    if (has_status)
      after.as_object()["status"] = std::move(status);
    else
      erase_member(after.as_object(), "status");
  } else if (kind.has_status) {
    copy_member(before.get_object(), after.as_object(), "status");
  }
}

Outcome<> check_finalizers(const Kind& kind, const json::value& before, const json::value& after) {
  if (!is_terminating(before)) return {};
  const std::vector<std::string_view> known = finalizers_of(before);
  std::string added;
  for (const std::string_view name : finalizers_of(after))
    if (std::find(known.begin(), known.end(), name) == known.end())
      added += fmt::format("{}{}", added.empty() ? "" : ", ", quoted(name));
  if (added.empty()) return {};
  // A real server finds the mistake twice and says it once.
  return invalid(
      kind, kube::text_at(before, {"metadata", "name"}),
      std::vector<Cause>(
          2, forbidden_field("metadata.finalizers", fmt::format("no new finalizers can be added if the object is being "
                                                                "deleted, found new finalizers []string{{{}}}",
                                                                added))));
}

bool specification_changed(const Kind& kind, const json::value& before, const json::value& after) {
  if (!same_content(before, after, !kind.has_status, false)) return true;
  if (kind.kind != "Deployment") return false;
  const json::value* old_notes = kube::find_at(before, {"metadata", "annotations"});
  const json::value* new_notes = kube::find_at(after, {"metadata", "annotations"});
  return (old_notes ? *old_notes : json::value()) != (new_notes ? *new_notes : json::value());
}

// Times in managedFields do not count as a change.
bool changes_nothing(const json::value& before, json::value& after) {
  json::object& metadata = metadata_of(after);
  const json::value* earlier = kube::find_at(before, {"metadata", "managedFields"});
  json::value* now = metadata.if_contains("managedFields");
  if (!earlier || !now || !same_apart_from_times(*earlier, *now)) return same_content(before, after, true, true);
  json::value kept = std::move(*now);
  *now = *earlier;
  const bool same = same_content(before, after, true, true);
  metadata["managedFields"] = std::move(kept);
  return same;
}

}  // namespace

Outcome<Api::Store::Object> update_object(ApiState& state, const Kind& kind, const Api::Store::Object& existing,
                                          json::value next, const WriteTerms& terms) {
  const bool forgets = forgets_managers(next);
  const Outcome<> completed = complete_written(kind, next, terms);
  if (!completed) return completed.error();
  const json::value& before = *existing;
  const std::string name(kube::text_at(before, {"metadata", "name"}));
  json::object& metadata = metadata_of(next);
  const std::string_view given_version = text_of(metadata, "resourceVersion");
  if (!given_version.empty() && given_version != kube::text_at(before, {"metadata", "resourceVersion"}))
    return modified_meanwhile(kind, name);
  const std::string_view given_uid = text_of(metadata, "uid");
  const std::string_view uid = kube::text_at(before, {"metadata", "uid"});
  if (!given_uid.empty() && given_uid != uid)
    return conflict(
        kind, name,
        fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}", given_uid, uid));

  keep_identity(before.get_object().at("metadata").get_object(), metadata);
  keep_unreached(kind, before, next, terms.subresource);
  const Outcome<> finalizers = check_finalizers(kind, before, next);
  if (!finalizers) return finalizers.error();
  if (!terms.applied) note_update({kind, terms.manager, terms.subresource, state.clock.now(), forgets}, &before, next);
  prepare_change(state, kind, before, next);
  const Outcome<> good = check_object(kind, next, &before);
  if (!good) return good.error();
  if (changes_nothing(before, next)) return existing;

  json::object& stored_metadata = metadata_of(next);
  if (terms.subresource != "status" && (kind.has_generation || kind.custom) &&
      specification_changed(kind, before, next))
    stored_metadata["generation"] = kube::number_at(before, {"metadata", "generation"}) + 1;

  const kube::ObjectKey key{kind.namespaced ? std::string(text_of(stored_metadata, "namespace")) : "", name};
  if (terms.dry_run) return std::make_shared<const json::value>(std::move(next));
  const bool ends = is_terminating(next) && finalizers_of(next).empty() &&
                    kube::number_at(next, {"metadata", "deletionGracePeriodSeconds"}) == 0;
  if (!ends) return state.store.put(kind.storage, key, std::move(next));
  // The write that removes the last finalizer is answered with its own result, and told only as the deletion.
  const auto last = std::make_shared<const json::value>(std::move(next));
  state.store.erase(kind.storage, key, *last);
  return last;
}

}  // namespace sluice::sandbox
