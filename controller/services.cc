// The Services of a Rollout: which set each one selects, and moving them.
#include "controller/services.h"

#include <algorithm>

#include <fmt/format.h>

#include "controller/keys.h"

namespace sluice::controller {

const ObservedService* find_service(const Draft& draft, const std::string& name) {
  if (name.empty()) return nullptr;
  for (const ObservedService& service : draft.seen.services)
    if (service.name == name) return service.service ? &service : nullptr;
  return nullptr;
}

std::string selected_hash(const ObservedService* service) {
  return service && service->service ? std::string(service->service->spec.selector.get(keys::hash_label)) : "";
}

bool is_managed(const ObservedService* service) {
  return service && service->service && service->service->meta.annotations.contains(keys::managed_by);
}

int reachable_pods(const ObservedService* service, const ReplicaSetPointer& set) {
  if (!service || !set || selected_hash(service) != hash_of(set)) return 0;
  if (!service->ready_endpoints) return available_of(set);
  const auto found = service->ready_endpoints->find(set->meta.name);
  return found == service->ready_endpoints->end() ? 0 : std::min(found->second, available_of(set));
}

void switch_service(Draft& draft, const ObservedService& service, const std::string& hash) {
  const std::string from = selected_hash(&service);
  if (from == hash && is_managed(&service)) return;
  // Another Rollout's Service is left alone even when this spec names it.
  if (is_managed(&service) && service.service->meta.annotations.get(keys::managed_by) != draft.rollout.meta.name)
    return;
  SwitchService change;
  change.name = service.name;
  change.precondition = precondition_of(service.service->meta);
  change.hash = hash;
  if (!is_managed(&service)) change.managed_by = draft.rollout.meta.name;
  std::vector<Event> told;
  if (from != hash)
    told.push_back({false, "SwitchService",
                    fmt::format("Switched selector for service '{}' from '{}' to '{}'", service.name, from, hash)});
  draft.write(std::move(change), std::move(told));
}

}  // namespace sluice::controller
