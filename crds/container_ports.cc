// Reading the ports of containers.
#include "crds/container_ports.h"

#include <algorithm>
#include <cctype>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::crds {
namespace {

std::string lower(std::string text) {
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

std::string_view protocol_of(const ServicePort& port) { return port.protocol.empty() ? "TCP" : port.protocol.view(); }

bool leads_to_same(const ServicePort& left, const ServicePort& right) {
  return left.port == right.port && protocol_of(left) == protocol_of(right);
}

// Names are unique within a Service and needed as soon as there are two ports.
void name_all(std::vector<ServicePort>& ports) {
  if (ports.size() < 2) return;
  for (auto at = ports.begin(); at != ports.end(); ++at) {
    const bool is_taken =
        std::any_of(ports.begin(), at, [&](const ServicePort& other) { return other.name == at->name; });
    if (at->name.empty() || is_taken) at->name = fmt::format("{}-{}", lower(std::string(protocol_of(*at))), at->port);
  }
}

}  // namespace

std::vector<ServicePort> container_ports(const PodTemplate& pod_template) {
  std::vector<ServicePort> ports;
  if (pod_template.text.empty()) return ports;
  const json::value object = to_json(pod_template);
  const json::value* containers = kube::find_at(object, {"spec", "containers"});
  if (!containers || !containers->is_array()) return ports;
  for (const json::value& container : containers->get_array()) {
    const json::value* list = kube::find_at(container, {"ports"});
    if (!list || !list->is_array()) continue;
    for (const json::value& item : list->get_array()) {
      ServicePort port;
      port.port = static_cast<std::int32_t>(kube::number_at(item, {"containerPort"}));
      if (port.port < 1 || port.port > 65535) continue;
      port.name = kube::text_at(item, {"name"});
      port.protocol = Word(kube::text_at(item, {"protocol"}));
      port.target_port = kube::IntOrString{std::int64_t{port.port}};
      const auto same = [&](const ServicePort& other) { return leads_to_same(other, port); };
      if (std::none_of(ports.begin(), ports.end(), same)) ports.push_back(std::move(port));
    }
  }
  name_all(ports);
  return ports;
}

}  // namespace sluice::crds
