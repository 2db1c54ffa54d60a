// Collects what nobody owns any more.
#include "sandbox/workloads/collector.h"

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view foreground = "foregroundDeletion";
constexpr std::string_view orphan = "orphan";

const json::array& owners_of(const json::value& object) { return array_at(object, {"metadata", "ownerReferences"}); }

bool waits_for_dependents(const json::value& object) {
  return is_terminating(object) && has_finalizer(object, foreground);
}

json::object metadata_with(std::string_view member, json::array list) {
  json::object metadata;
  if (list.empty())
    metadata[member] = nullptr;
  else
    metadata[member] = std::move(list);
  json::object body;
  body["metadata"] = std::move(metadata);
  return body;
}

// The names on its agenda are uids.
class Collector final : public Behaviour {
 public:
  explicit Collector(World& world) : world_(world), requests_(world.api, world.log, "kube-controller-manager") {}

  void noted(const Change& change) override;
  bool reconcile(const kube::ObjectKey& key) override;

 private:
  using Object = std::shared_ptr<const json::value>;

  void look_at(std::string_view uid) {
    world_.agenda.within(world_.options.collection_delay, *this, {"", std::string(uid)});
  }
  Object load(const ObjectRef& ref) const { return world_.api.find(world_.index.resource(ref.kind), ref.key); }
  // The owner that a reference of an object in `ns` means; nullptr when it is absent.
  Object owner_named(const json::value& reference, std::string_view ns) const;
  bool drop_finalizer(const ObjectRef& ref, const json::value& object, std::string_view finalizer);
  bool release_dependents(const ObjectRef& ref, const json::value& object);
  bool delete_dependents(const ObjectRef& ref, const json::value& object);
  bool look_for_owners(const ObjectRef& ref, const json::value& object);

  World& world_;
  Requests requests_;
};

void Collector::noted(const Change& change) {
  if (change.type == kube::WatchType::deleted) {
    const json::value& gone = change.after ? *change.after : *change.before;
    for (const ObjectRef& dependent : world_.index.dependents(std::string(uid_of(gone))))
      if (const Object object = load(dependent)) look_at(uid_of(*object));
    for (const json::value& owner : owners_of(gone)) {
      const Object waiting = owner_named(owner, change.key.ns);
      if (waiting && waits_for_dependents(*waiting)) look_at(uid_of(*waiting));
    }
    return;
  }
  const json::value& object = *change.after;
  const json::array& owners = owners_of(object);
  bool lost_an_owner = false;
  for (const json::value& reference : owners) {
    const Object owner = owner_named(reference, change.key.ns);
    lost_an_owner |= !owner;
    // It may have been made after its owner looked for dependents.
    if (owner && change.type == kube::WatchType::added && waits_for_dependents(*owner)) look_at(uid_of(*owner));
  }
  const bool ends_with_others =
      is_terminating(object) && (has_finalizer(object, foreground) || has_finalizer(object, orphan));
  if (lost_an_owner || ends_with_others) look_at(uid_of(object));
}

bool Collector::reconcile(const kube::ObjectKey& key) {
  const ObjectRef* found = world_.index.find(key.name);
  if (!found) return true;
  const ObjectRef ref = *found;
  const Object object = load(ref);
  if (!object) return true;
  if (is_terminating(*object) && has_finalizer(*object, orphan)) return release_dependents(ref, *object);
  if (waits_for_dependents(*object)) return delete_dependents(ref, *object);
  return is_terminating(*object) || look_for_owners(ref, *object);
}

Collector::Object Collector::owner_named(const json::value& reference, std::string_view ns) const {
  const ObjectRef* owner = world_.index.find(std::string(kube::text_at(reference, {"uid"})));
  if (!owner || (!owner->key.ns.empty() && owner->key.ns != ns)) return nullptr;
  return load(*owner);
}

bool Collector::drop_finalizer(const ObjectRef& ref, const json::value& object, std::string_view finalizer) {
  json::array kept;
  for (const json::value& entry : array_at(object, {"metadata", "finalizers"}))
    if (!entry.is_string() || std::string_view(entry.get_string()) != finalizer) kept.push_back(entry);
  return requests_.patch(world_.index.resource(ref.kind), ref.key, metadata_with("finalizers", std::move(kept)));
}

bool Collector::release_dependents(const ObjectRef& ref, const json::value& object) {
  bool done = true;
  const std::set<ObjectRef> dependents = world_.index.dependents(std::string(uid_of(object)));
  for (const ObjectRef& dependent : dependents) {
    const Object child = load(dependent);
    if (!child) continue;
    json::array kept;
    for (const json::value& owner : owners_of(*child))
      if (kube::text_at(owner, {"uid"}) != uid_of(object)) kept.push_back(owner);
    done &= requests_.patch(world_.index.resource(dependent.kind), dependent.key,
                            metadata_with("ownerReferences", std::move(kept)));
  }
  return done && drop_finalizer(ref, object, orphan);
}

// Those that block go in the foreground themselves, so that the deepest go first.
bool Collector::delete_dependents(const ObjectRef& ref, const json::value& object) {
  bool done = true;
  const std::string uid(uid_of(object));
  const std::set<ObjectRef> dependents = world_.index.dependents(uid);
  for (const ObjectRef& dependent : dependents) {
    const Object child = load(dependent);
    if (!child || is_terminating(*child)) continue;
    const bool has_children = !world_.index.dependents(std::string(uid_of(*child))).empty();
    done &= requests_.remove(world_.index.resource(dependent.kind), dependent.key, uid_of(*child),
                             has_children ? "Foreground" : "Background");
  }
  for (const ObjectRef& dependent : world_.index.dependents(uid)) {
    const Object child = load(dependent);
    if (!child) continue;
    for (const json::value& owner : owners_of(*child))
      if (kube::text_at(owner, {"uid"}) == uid && flag_at(owner, {"blockOwnerDeletion"})) return done;
  }
  return drop_finalizer(ref, object, foreground) && done;
}

bool Collector::look_for_owners(const ObjectRef& ref, const json::value& object) {
  const json::array& owners = owners_of(object);
  json::array present;
  for (const json::value& owner : owners)
    if (owner_named(owner, ref.key.ns)) present.push_back(owner);
  if (present.size() == owners.size()) return true;
  const kube::Resource resource = world_.index.resource(ref.kind);
  if (present.empty()) return requests_.remove(resource, ref.key, uid_of(object), "Background");
  return requests_.patch(resource, ref.key, metadata_with("ownerReferences", std::move(present)));
}

}  // namespace

std::unique_ptr<Behaviour> make_collector(World& world) { return std::make_unique<Collector>(world); }

}  // namespace sluice::sandbox
