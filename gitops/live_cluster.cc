// Feeding records from watches and answering questions about them.
#include "gitops/live_cluster.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "gitops/applied_fields.h"
#include "gitops/apply.h"
#include "gitops/tracking.h"
#include "kube/json.h"
#include "kube/reflector.h"

namespace sluice::gitops {
namespace {

std::string key_of(const kube::Resource& resource) {
  return fmt::format("{}/{}/{}", resource.group, resource.version, resource.kind);
}

bool owns_fields(const kube::Resource& resource) {
  return (resource.group == "argoproj.io" && resource.kind == "Rollout") ||
         (resource.group == "autoscaling" && resource.kind == "HorizontalPodAutoscaler");
}

// Without managedFields. Where they are all that tells what was applied last, that is kept in the annotation in which
// client-side applies keep it, so that comparisons need not know which way an object was written.
std::string compact(const json::value& object) {
  const json::value* metadata = kube::find_at(object, {"metadata"});
  if (!metadata || !metadata->get_object().contains("managedFields")) return kube::print_json(object);
  json::value copy = object;
  json::object& kept = copy.at("metadata").get_object();
  kept.stable_erase("managedFields");
  if (annotation(object, annotations::last_applied).empty())
    if (const json::value applied = applied_by(object, field_manager); !applied.is_null()) {
      json::value& notes = kept["annotations"];
      if (!notes.is_object()) notes = json::object();
      notes.get_object()[annotations::last_applied] = kube::print_json(applied);
    }
  return kube::print_json(copy);
}

void keep(const json::value& from, json::object& to, std::initializer_list<std::string_view> path) {
  const json::value* value = kube::find_at(from, path);
  if (!value) return;
  json::object* at = &to;
  std::size_t left = path.size();
  for (const std::string_view name : path) {
    if (--left == 0) {
      (*at)[name] = *value;
      return;
    }
    json::value& next = (*at)[name];
    if (!next.is_object()) next = json::object();
    at = &next.get_object();
  }
}

// Only what Ownership looks at, so that ten thousand Rollouts of others cost little.
std::string trimmed(const json::value& object) {
  json::object kept;
  for (const std::string_view name : {"apiVersion", "kind"}) keep(object, kept, {name});
  for (const std::string_view name : {"name", "namespace"}) keep(object, kept, {"metadata", name});
  keep(object, kept, {"spec", "scaleTargetRef"});
  keep(object, kept, {"spec", "workloadRef"});
  for (const std::string_view name : {"activeService", "previewService"})
    keep(object, kept, {"spec", "strategy", "blueGreen", name});
  for (const std::string_view name : {"stableService", "canaryService", "trafficRouting"})
    keep(object, kept, {"spec", "strategy", "canary", name});
  return kube::print_json(kept);
}

}  // namespace

class LiveCluster::Kind final : public kube::StoreSink {
 public:
  Kind(LiveCluster& of, const kube::Resource& resource)
      : of_(of), resource_(resource), owns_fields_(owns_fields(resource)) {}

  void upsert(const json::value& object) override {
    json::value whole;
    const json::value* seen = &object;
    if (!kube::find_at(object, {"kind"})) {  // items of a list do not carry their kind
      whole = object;
      whole.get_object()["apiVersion"] = resource_.api_version();
      whole.get_object()["kind"] = resource_.kind;
      seen = &whole;
    }
    const ResourceId id = id_of(*seen);
    listed_[id] = listing_;
    if (owns_fields_) set_owner(id, trimmed(*seen));
    of_.upsert(*seen);
  }
  void erase(const kube::ObjectKey& key) override {
    const ResourceId id{std::string(resource_.group), std::string(resource_.kind), key.ns, key.name};
    listed_.erase(id);
    if (owns_fields_) set_owner(id, "");
    of_.erase(id);
  }
  void begin_list() override { ++listing_; }
  void end_of_list() override {
    std::vector<ResourceId> gone;
    for (const auto& [id, listing] : listed_)
      if (listing != listing_) gone.push_back(id);
    for (const ResourceId& id : gone) erase({id.ns, id.name});
    // A write that was made before this list began is in the list, unless somebody has undone it.
    std::erase_if(of_.own_writes_, [&](const auto& entry) {
      return entry.first.group == resource_.group && entry.first.kind == resource_.kind &&
             entry.second.list != listing_;
    });
    synced_ = true;
    of_.listener_("");
  }
  bool is_synced() const { return synced_; }
  unsigned listing() const { return listing_; }

 private:
  void set_owner(const ResourceId& id, std::string text) {
    std::map<ResourceId, std::string>& owners = of_.owners_[id.ns];
    std::string& known = owners[id];
    const bool changed = known != text;
    if (text.empty())
      owners.erase(id);
    else
      known = std::move(text);
    if (changed && synced_) of_.listener_("");
  }

  LiveCluster& of_;
  kube::Resource resource_;
  bool owns_fields_;
  bool synced_ = false;
  unsigned listing_ = 0;
  std::map<ResourceId, unsigned> listed_;
};

LiveCluster::LiveCluster(kube::Client& client, kube::Clock& clock, const kube::Log& log, kube::Tasks& tasks,
                         Options options, Listener listener)
    : client_(client),
      clock_(clock),
      log_(log),
      tasks_(tasks),
      options_(std::move(options)),
      listener_(std::move(listener)) {}

LiveCluster::~LiveCluster() = default;

void LiveCluster::watch(const kube::Resource& resource) {
  std::unique_ptr<Kind>& kind = kinds_[key_of(resource)];
  if (kind) return;
  kind = std::make_unique<Kind>(*this, resource);
  kube::Reflected what{.resource = resource, .optional = true};
  if (resource.namespaced) what.ns = options_.ns;
  tasks_.start("watch " + std::string(resource.plural), kube::reflect(client_, what, *kind, clock_, log_));
}

bool LiveCluster::is_synced(const kube::Resource& resource) const {
  const auto at = kinds_.find(key_of(resource));
  return at != kinds_.end() && at->second->is_synced();
}

bool LiveCluster::is_wanted(const ResourceId& id) const { return wanted_by_.contains(id); }

std::vector<ResourceId> LiveCluster::want(const std::string& instance, std::set<ResourceId> ids) {
  std::set<ResourceId>& before = wanted_[instance];
  std::vector<ResourceId> fresh;
  for (const ResourceId& id : ids)
    if (!before.contains(id)) {
      wanted_by_[id].insert(instance);
      if (!records_.contains(id)) fresh.push_back(id);
    }
  for (const ResourceId& id : before) {
    if (ids.contains(id)) continue;
    const auto at = wanted_by_.find(id);
    at->second.erase(instance);
    if (at->second.empty()) wanted_by_.erase(at);
    const auto record = records_.find(id);
    if (!is_wanted(id) && record != records_.end() && record->second.owner.empty()) records_.erase(record);
  }
  before = std::move(ids);
  return fresh;
}

void LiveCluster::forget(const std::string& instance) {
  want(instance, {});
  wanted_.erase(instance);
  std::erase_if(own_writes_, [&](const auto& entry) { return entry.second.instance == instance; });
}

void LiveCluster::offer(const json::value& object) {
  const auto at = records_.find(id_of(object));
  const std::string_view version = kube::text_at(object, {"metadata", "resourceVersion"});
  if (at == records_.end() || !kube::is_at_least(at->second.version, version)) upsert(object);
}

void LiveCluster::tell(const ResourceId& id, const std::string& owner) {
  if (!owner.empty()) listener_(owner);
  if (const auto at = wanted_by_.find(id); at != wanted_by_.end())
    for (const std::string& instance : at->second)
      if (instance != owner) listener_(instance);
}

void LiveCluster::upsert(const json::value& object) {
  const ResourceId id = id_of(object);
  std::string owner = owner_of(object);
  const std::string version(kube::text_at(object, {"metadata", "resourceVersion"}));
  settle_write(id, version, kube::find_at(object, {"metadata", "deletionTimestamp"}) != nullptr);
  const auto known = records_.find(id);
  const std::string before = known == records_.end() ? std::string() : known->second.owner;
  if (!before.empty() && before != owner) tracked_[before].erase(id);
  if (owner.empty() && !is_wanted(id)) {
    if (known != records_.end()) records_.erase(known);
    if (!before.empty()) tell(id, before);
    return;
  }
  if (known != records_.end() && known->second.version == version) return;
  if (!owner.empty()) tracked_[owner].insert(id);
  LiveRecord& record = records_[id];
  record.text = compact(object);
  record.text.shrink_to_fit();
  record.uid = kube::text_at(object, {"metadata", "uid"});
  record.version = version;
  record.owner = owner;
  tell(id, owner);
  if (!before.empty() && before != owner) listener_(before);
}

void LiveCluster::erase(const ResourceId& id) {
  own_writes_.erase(id);
  const auto known = records_.find(id);
  if (known == records_.end()) return;
  const std::string owner = known->second.owner;
  if (!owner.empty()) tracked_[owner].erase(id);
  records_.erase(known);
  tell(id, owner);
}

const LiveRecord* LiveCluster::find(const ResourceId& id) const {
  const auto at = records_.find(id);
  return at == records_.end() ? nullptr : &at->second;
}

LiveObjects LiveCluster::objects_of(const std::string& instance) const {
  LiveObjects objects;
  const auto add = [&](const std::map<std::string, std::set<ResourceId>>& from) {
    const auto at = from.find(instance);
    if (at == from.end()) return;
    for (const ResourceId& id : at->second) {
      const LiveRecord* record = find(id);
      if (!record || objects.contains(id)) continue;
      auto parsed = kube::parse_json(record->text);
      if (parsed) objects[id] = {std::make_shared<const json::value>(std::move(*parsed)), record->owner};
    }
  };
  add(tracked_);
  add(wanted_);
  return objects;
}

Ownership LiveCluster::ownership(const std::set<std::string>& namespaces) const {
  Ownership ownership;
  for (const std::string& ns : namespaces) {
    const auto at = owners_.find(ns);
    if (at == owners_.end()) continue;
    for (const auto& [id, text] : at->second)
      if (const auto parsed = kube::parse_json(text)) ownership.add(*parsed);
  }
  return ownership;
}

void LiveCluster::note_own_write(const std::string& instance, const ResourceId& id, const std::string& version) {
  const LiveRecord* record = find(id);
  if (!version.empty() && record && kube::is_at_least(record->version, version)) return;
  if (version.empty() && !record) return;
  // A kind that nobody watches yet would never show the write; its first list will.
  for (const auto& [key, kind] : kinds_)
    if (key.starts_with(id.group + "/") && key.ends_with("/" + id.kind))
      own_writes_[id] = {instance, version, kind->listing()};
}

void LiveCluster::settle_write(const ResourceId& id, const std::string& version, bool deleting) {
  const auto at = own_writes_.find(id);
  if (at == own_writes_.end()) return;
  if (at->second.version.empty() ? deleting : kube::is_at_least(version, at->second.version)) own_writes_.erase(at);
}

bool LiveCluster::is_current(const std::string& instance) const {
  for (const auto& [id, write] : own_writes_)
    if (write.instance == instance) return false;
  return true;
}

}  // namespace sluice::gitops
