// What the controllers of gateways report about a route.
#include "traffic/gateway_status.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;

const json::array* array_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(value, path);
  return found && found->is_array() ? &found->get_array() : nullptr;
}

// Which condition of one parent is missing; "" when the parent has taken this generation.
std::string missing_in(const json::value& parent, std::int64_t generation) {
  const json::array* conditions = array_at(parent, {"conditions"});
  for (const std::string_view type : {"Accepted", "ResolvedRefs"}) {
    const json::value* found = nullptr;
    if (conditions)
      for (const json::value& condition : *conditions)
        if (kube::text_at(condition, {"type"}) == type) found = &condition;
    const std::string name = std::string(kube::text_at(parent, {"parentRef", "name"}));
    // A gateway that never says which generation it means can only be taken at its word.
    const bool is_old = found && kube::find_at(*found, {"observedGeneration"}) &&
                        kube::number_at(*found, {"observedGeneration"}) < generation;
    if (!found || is_old)
      return fmt::format("gateway {} has not reported {} for generation {} yet", name, type, generation);
    if (kube::text_at(*found, {"status"}) != "True")
      return fmt::format("gateway {} reports {}={}: {}", name, type, kube::text_at(*found, {"status"}),
                         kube::text_at(*found, {"message"}));
  }
  return {};
}

// Two parentRefs of one route that mean the same parent; a namespace that is left out is the route's.
bool is_same_parent(const json::value& left, const json::value& right, std::string_view ns) {
  const auto namespace_of = [&](const json::value& parent) {
    const std::string_view given = kube::text_at(parent, {"namespace"});
    return given.empty() ? ns : given;
  };
  const auto kind_of = [](const json::value& parent) {
    const std::string_view given = kube::text_at(parent, {"kind"});
    return given.empty() ? std::string_view("Gateway") : given;
  };
  return kube::text_at(left, {"name"}) == kube::text_at(right, {"name"}) && namespace_of(left) == namespace_of(right) &&
         kind_of(left) == kind_of(right) &&
         kube::text_at(left, {"sectionName"}) == kube::text_at(right, {"sectionName"}) &&
         kube::number_at(left, {"port"}) == kube::number_at(right, {"port"});
}

// What is missing in the reports about one parent of the route; "" when all controllers that report on it have taken
// this generation.
std::string missing_for(const json::value& parent, const json::array& reports, std::string_view ns,
                        std::int64_t generation) {
  bool is_reported = false;
  for (const json::value& report : reports) {
    const json::value* about = kube::find_at(report, {"parentRef"});
    if (!about || !is_same_parent(*about, parent, ns)) continue;
    is_reported = true;
    if (std::string missing = missing_in(report, generation); !missing.empty()) return missing;
  }
  return is_reported ? std::string() : fmt::format("gateway {} has not reported yet", kube::text_at(parent, {"name"}));
}

}  // namespace

void observe_parents(const json::value& route, ObservedRoute& seen) {
  const json::array* parents = array_at(route, {"status", "parents"});
  if (!parents || parents->empty()) {
    // No gateway controller reports on this route, so what is written is all that can be known.
    seen.depth = Depth::written;
    seen.is_accepted = true;
    return;
  }
  seen.depth = Depth::reported;
  const std::int64_t generation = kube::number_at(route, {"metadata", "generation"});
  const std::string_view ns = kube::text_at(route, {"metadata", "namespace"});
  // Reports about parents that the route no longer has may stay behind and do not count.
  if (const json::array* wanted = array_at(route, {"spec", "parentRefs"}); wanted && !wanted->empty()) {
    for (const json::value& parent : *wanted)
      if (seen.waits_for.empty()) seen.waits_for = missing_for(parent, *parents, ns, generation);
  } else {
    for (const json::value& report : *parents)
      if (seen.waits_for.empty()) seen.waits_for = missing_in(report, generation);
  }
  seen.is_accepted = seen.waits_for.empty();
}

}  // namespace sluice::traffic
