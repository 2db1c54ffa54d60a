// Which EndpointSlices a Service should have.
#include "sandbox/workloads/endpoint_plan.h"

#include <map>

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t endpoints_per_slice = 100;

// The number of a container port by name; 0 when no container has it.
std::int64_t port_named(const json::value& pod, std::string_view name, std::string_view protocol) {
  for (const json::value& container : array_at(pod, {"spec", "containers"}))
    for (const json::value& port : array_at(container, {"ports"})) {
      const std::string_view given = kube::text_at(port, {"protocol"});
      if (kube::text_at(port, {"name"}) == name && (given.empty() || given == protocol))
        return kube::number_at(port, {"containerPort"});
    }
  return 0;
}

// The ports of a Service as this pod serves them; a named port that the pod lacks is left out.
json::array ports_of(const json::value& service, const json::value& pod) {
  json::array ports;
  for (const json::value& port : array_at(service, {"spec", "ports"})) {
    std::string_view protocol = kube::text_at(port, {"protocol"});
    if (protocol.empty()) protocol = "TCP";
    const json::value* target = kube::find_at(port, {"targetPort"});
    std::int64_t number = kube::number_at(port, {"port"});
    if (target && target->is_string())
      number = port_named(pod, target->get_string(), protocol);
    else if (target)
      number = kube::number_at(port, {"targetPort"}, number);
    if (number > 0)
      ports.push_back({{"name", kube::text_at(port, {"name"})}, {"port", number}, {"protocol", protocol}});
  }
  return ports;
}

json::object endpoint_for(const json::value& pod, bool publish_unready) {
  const bool serving = is_ready(pod) || publish_unready;
  const bool terminating = is_terminating(pod);
  json::object endpoint;
  endpoint["addresses"] = json::array{kube::text_at(pod, {"status", "podIP"})};
  endpoint["conditions"] = json::object{
      {"ready", serving && (!terminating || publish_unready)}, {"serving", serving}, {"terminating", terminating}};
  endpoint["nodeName"] = kube::text_at(pod, {"spec", "nodeName"});
  endpoint["targetRef"] = json::object{{"kind", "Pod"},
                                       {"name", kube::text_at(pod, {"metadata", "name"})},
                                       {"namespace", kube::text_at(pod, {"metadata", "namespace"})},
                                       {"uid", uid_of(pod)}};
  return endpoint;
}

}  // namespace

std::vector<SlicePlan> slices_for(const json::value& service, const std::vector<Pod>& pods) {
  const bool publish_unready = flag_at(service, {"spec", "publishNotReadyAddresses"});
  std::vector<SlicePlan> slices;
  std::map<std::string, std::size_t> open;  // the slice that is being filled, by its ports
  for (const Pod& pod : pods) {
    if (is_finished(*pod.object) || kube::text_at(*pod.object, {"status", "podIP"}).empty()) continue;
    json::array ports = ports_of(service, *pod.object);
    const auto [place, is_new] = open.try_emplace(json::serialize(ports), slices.size());
    if (!is_new && slices[place->second].endpoints.size() == endpoints_per_slice) place->second = slices.size();
    if (place->second == slices.size()) slices.push_back({std::move(ports), {}});
    slices[place->second].endpoints.push_back(endpoint_for(*pod.object, publish_unready));
  }
  if (slices.empty()) slices.emplace_back();
  return slices;
}

}  // namespace sluice::sandbox
