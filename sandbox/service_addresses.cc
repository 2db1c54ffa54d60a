// Cluster addresses and node ports of Services.
#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/object_parts.h"
#include "sandbox/preparation.h"

namespace sluice::sandbox {
namespace {

constexpr int first_node_port = 30000;
constexpr int node_ports = 2768;

// What other Services hold.
struct Taken {
  std::set<std::string, std::less<>> addresses;
  std::set<std::int64_t> ports;
};

Taken taken_in(ApiState& state, std::string_view except_uid) {
  Taken taken;
  for (const auto& [key, service] : state.store.collection("/services").objects) {
    if (kube::text_at(*service, {"metadata", "uid"}) == except_uid) continue;
    taken.addresses.emplace(kube::text_at(*service, {"spec", "clusterIP"}));
    const json::value* ports = kube::find_at(*service, {"spec", "ports"});
    if (!ports || !ports->is_array()) continue;
    for (const json::value& port : ports->get_array()) taken.ports.insert(kube::number_at(port, {"nodePort"}));
  }
  return taken;
}

std::string free_address(ApiState& state, const Taken& taken) {
  for (;;) {
    const std::uint64_t number = state.identities.number();
    std::string address = fmt::format("10.96.{}.{}", (number >> 8) & 0xff, 1 + number % 254);
    if (!taken.addresses.contains(address)) return address;
  }
}

// A port keeps its node port while it keeps its number and protocol.
void give_node_ports(ApiState& state, const json::value* before, json::object& spec, Taken& taken) {
  json::value* ports = spec.if_contains("ports");
  if (!ports || !ports->is_array()) return;
  for (json::value& port : ports->get_array()) {
    if (!port.is_object() || kube::number_at(port, {"nodePort"}) != 0) continue;
    std::int64_t number = 0;
    const json::value* earlier = before ? kube::find_at(*before, {"spec", "ports"}) : nullptr;
    if (earlier && earlier->is_array())
      for (const json::value& old : earlier->get_array())
        if (kube::number_at(old, {"port"}) == kube::number_at(port, {"port"}) &&
            kube::text_at(old, {"protocol"}) == kube::text_at(port, {"protocol"}))
          number = kube::number_at(old, {"nodePort"});
    while (number == 0 || taken.ports.contains(number))
      number = first_node_port + static_cast<std::int64_t>(state.identities.number() % node_ports);
    taken.ports.insert(number);
    port.get_object()["nodePort"] = number;
  }
}

void drop_node_ports(json::object& spec) {
  json::value* ports = spec.if_contains("ports");
  if (!ports || !ports->is_array()) return;
  for (json::value& port : ports->get_array())
    if (port.is_object()) erase_member(port.get_object(), "nodePort");
}

json::array list_of(const std::string& text) {
  json::array list;
  list.push_back(json::string(text));
  return list;
}

}  // namespace

void give_addresses(ApiState& state, const json::value* before, json::value& service) {
  json::object& spec = object_in(service.as_object(), "spec");
  const std::string type(text_of(spec, "type"));
  if (type == "ExternalName") {
    for (const char* name : {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"}) erase_member(spec, name);
    return;
  }
  Taken taken = taken_in(state, kube::text_at(service, {"metadata", "uid"}));
  std::string address(text_of(spec, "clusterIP"));
  // A change that leaves the address out keeps it.
  if (address.empty() && before) address = kube::text_at(*before, {"spec", "clusterIP"});
  if (address.empty()) address = free_address(state, taken);
  spec["clusterIP"] = address;
  spec["clusterIPs"] = list_of(address);
  if (!spec.contains("ipFamilies")) spec["ipFamilies"] = list_of("IPv4");
  if (!spec.contains("ipFamilyPolicy")) spec["ipFamilyPolicy"] = "SingleStack";
  const bool needs_ports = type == "NodePort" || type == "LoadBalancer";
  const std::string_view old_type = before ? kube::text_at(*before, {"spec", "type"}) : "";
  const bool had_ports = old_type == "NodePort" || old_type == "LoadBalancer";
  if (needs_ports) give_node_ports(state, before, spec, taken);
  if (!needs_ports && had_ports) drop_node_ports(spec);
}

}  // namespace sluice::sandbox
