// Counting what disruption budgets leave, and evicting.
#include "sandbox/eviction.h"

#include <cmath>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/fields.h"
#include "kube/selector.h"
#include "sandbox/bodies.h"
#include "sandbox/object_parts.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

bool is_selected(const json::value& selector, const json::value& pod) {
  kube::Mistakes mistakes;
  const auto parts = kube::decode<kube::LabelSelector>(selector, mistakes);
  const json::value* labels = kube::find_at(pod, {"metadata", "labels"});
  return kube::matches(parts, labels ? kube::decode<kube::StringMap>(*labels, mistakes) : kube::StringMap());
}

bool is_ready(const json::value& pod) {
  const json::value* conditions = kube::find_at(pod, {"status", "conditions"});
  if (!conditions || !conditions->is_array() || is_terminating(pod)) return false;
  for (const json::value& condition : conditions->get_array())
    if (kube::text_at(condition, {"type"}) == "Ready") return kube::text_at(condition, {"status"}) == "True";
  return false;
}

// A number, or a percentage of `total`, rounded up.
std::int64_t amount(const json::value& value, std::int64_t total) {
  if (value.is_number()) return value.to_number<std::int64_t>();
  if (!value.is_string() || value.get_string().empty()) return 0;
  const double percent = std::strtod(value.get_string().c_str(), nullptr);
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(total) * percent / 100));
}

struct Margin {
  std::int64_t desired = 0;
  std::int64_t healthy = 0;
  std::int64_t allowed() const { return healthy - desired; }
};

// How many pods of a budget are ready, and how many it needs. The pods that exist stand for those expected.
Margin margin_of(const ApiState& state, const json::value& budget, const std::string& ns) {
  Margin margin;
  std::int64_t pods = 0;
  const json::value* selector = kube::find_at(budget, {"spec", "selector"});
  const auto& all = state.store.all();
  const auto collection = all.find("/pods");
  if (!selector || collection == all.end()) return margin;
  for (const auto& [key, pod] : collection->second.objects) {
    if (key.ns != ns || !is_selected(*selector, *pod)) continue;
    ++pods;
    if (is_ready(*pod)) ++margin.healthy;
  }
  const json::value* least = kube::find_at(budget, {"spec", "minAvailable"});
  const json::value* most = kube::find_at(budget, {"spec", "maxUnavailable"});
  if (least) margin.desired = amount(*least, pods);
  if (most) margin.desired = std::max<std::int64_t>(0, pods - amount(*most, pods));
  return margin;
}

Refusal refused_by(std::string_view budget, const Margin& margin) {
  Refusal refusal{429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", true};
  refusal.causes = {{"DisruptionBudget",
                     fmt::format("The disruption budget {} needs {} healthy pods and has {} currently", budget,
                                 margin.desired, margin.healthy),
                     ""}};
  return refusal;
}

}  // namespace

Outcome<kube::ApiResponse> serve_eviction(ApiState& state, const Request& request) {
  if (request.method != "POST") return method_not_allowed();
  const Outcome<json::value> body = value_in_body(request);
  if (!body) return body.error();
  const Api::Store::Object pod = state.store.find(request.kind->storage, request.key());
  if (!pod) return not_found(*request.kind, request.place.name);

  const std::string_view phase = kube::text_at(*pod, {"status", "phase"});
  const bool ended = phase == "Succeeded" || phase == "Failed" || phase == "Pending" || is_terminating(*pod);
  if (!ended) {
    for (const auto& [key, budget] : state.store.collection("policy/poddisruptionbudgets").objects) {
      const json::value* selector = kube::find_at(*budget, {"spec", "selector"});
      if (key.ns != request.place.ns || !selector || !is_selected(*selector, *pod)) continue;
      const Margin margin = margin_of(state, *budget, key.ns);
      if (margin.allowed() <= 0 && is_ready(*pod)) return refused_by(key.name, margin);
    }
  }

  Deletion deletion;
  deletion.dry_run = request.dry_run();
  deletion.uid = kube::text_at(*body, {"deleteOptions", "preconditions", "uid"});
  deletion.resource_version = kube::text_at(*body, {"deleteOptions", "preconditions", "resourceVersion"});
  deletion.propagation = kube::text_at(*body, {"deleteOptions", "propagationPolicy"});
  if (const json::value* grace = kube::find_at(*body, {"deleteOptions", "gracePeriodSeconds"});
      grace && grace->is_number())
    deletion.grace_seconds = grace->to_number<std::int64_t>();
  const Outcome<Deleted> deleted = delete_object(state, *request.kind, request.key(), deletion);
  if (!deleted) return deleted.error();
  return answer(201, json::object{{"kind", "Status"},
                                  {"apiVersion", "v1"},
                                  {"metadata", json::object()},
                                  {"status", "Success"},
                                  {"code", 201}});
}

}  // namespace sluice::sandbox
