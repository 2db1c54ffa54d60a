// The life of namespaces and of what is in them.
#include "sandbox/namespaces.h"

#include <boost/json.hpp>

#include "sandbox/object_parts.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

constexpr const char* collection = "/namespaces";

void give_service_account(ApiState& state, const std::string& ns) {
  const KindPtr kind = state.kinds.find("", "v1", "serviceaccounts");
  json::value account =
      json::object{{"kind", "ServiceAccount"}, {"apiVersion", "v1"}, {"metadata", json::object{{"name", "default"}}}};
  // It may be there already, made by someone quicker.
  (void)create_object(state, *kind, ns, std::move(account), {"kube-controller-manager"});
}

bool is_empty(const ApiState& state, const std::string& ns) {
  for (const auto& [name, contents] : state.store.all()) {
    const auto at = contents.objects.lower_bound({ns, ""});
    if (name != collection && at != contents.objects.end() && at->first.ns == ns) return false;
  }
  return true;
}

void remove_when_empty(ApiState& state, const std::string& ns) {
  const Api::Store::Object found = state.store.find(collection, {"", ns});
  if (!found || !is_terminating(*found) || !is_empty(state, ns) || !finalizers_of(*found).empty()) return;
  state.store.erase(collection, {"", ns});
}

void empty(ApiState& state, const std::string& ns) {
  for (const KindPtr& kind : std::vector<KindPtr>(state.kinds.all())) {
    if (!kind->namespaced) continue;
    std::vector<kube::ObjectKey> keys;
    const Api::Store::Objects& objects = state.store.collection(kind->storage).objects;
    for (auto at = objects.lower_bound({ns, ""}); at != objects.end() && at->first.ns == ns; ++at)
      keys.push_back(at->first);
    Deletion deletion;
    deletion.propagation = "Background";
    for (const kube::ObjectKey& key : keys) (void)delete_object(state, *kind, key, deletion);
  }
  remove_when_empty(state, ns);
}

}  // namespace

void keep_namespaces(ApiState& state) {
  state.store.listen([&state](const Change& change) {
    const bool is_namespace = change.group.empty() && change.plural == "namespaces";
    if (is_namespace && change.type == kube::WatchType::added) give_service_account(state, change.key.name);
    if (is_namespace && change.type == kube::WatchType::modified && is_terminating(*change.after))
      empty(state, change.key.name);
    if (!change.key.ns.empty() && change.type == kube::WatchType::deleted) remove_when_empty(state, change.key.ns);
  });
  const KindPtr kind = state.kinds.find("", "v1", "namespaces");
  for (const char* name : {"default", "kube-node-lease", "kube-public", "kube-system"}) {
    json::value made =
        json::object{{"kind", "Namespace"}, {"apiVersion", "v1"}, {"metadata", json::object{{"name", name}}}};
    (void)create_object(state, *kind, "", std::move(made), {"kube-apiserver"});
  }
}

}  // namespace sluice::sandbox
