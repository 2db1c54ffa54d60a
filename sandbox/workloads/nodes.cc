// The Node objects of the simulated cluster.
#include "sandbox/workloads/nodes.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace sluice::sandbox {
namespace {

json::object node_status(int number, kube::Time now) {
  const json::object room{{"cpu", "1000"}, {"memory", "1Ti"}, {"pods", "5000"}};
  json::array addresses;
  addresses.push_back({{"type", "InternalIP"}, {"address", node_address(number)}});
  addresses.push_back({{"type", "Hostname"}, {"address", node_name(number)}});
  json::array conditions;
  conditions.push_back({{"type", "Ready"},
                        {"status", "True"},
                        {"reason", "KubeletReady"},
                        {"message", "the node is simulated"},
                        {"lastHeartbeatTime", kube::format_time(now)},
                        {"lastTransitionTime", kube::format_time(now)}});
  json::object status;
  status["addresses"] = std::move(addresses);
  status["capacity"] = room;
  status["allocatable"] = room;
  status["conditions"] = std::move(conditions);
  return status;
}

}  // namespace

std::string node_name(int number) { return fmt::format("sandbox-node-{}", number); }

std::string node_address(int number) { return fmt::format("172.20.{}.{}", number / 250, number % 250 + 1); }

void make_nodes(const World& world) {
  Requests requests(world.api, world.log, "kubelet");
  for (int number = 1; number <= world.options.nodes; ++number) {
    const kube::ObjectKey key{"", node_name(number)};
    if (world.api.find(nodes, key)) continue;
    json::object labels{{"kubernetes.io/hostname", key.name}, {"kubernetes.io/os", "linux"}};
    json::object metadata{{"name", key.name}};
    metadata["labels"] = std::move(labels);
    json::object body{{"apiVersion", "v1"}, {"kind", "Node"}};
    body["metadata"] = std::move(metadata);
    if (requests.create(nodes, "", body)) requests.patch_status(nodes, key, node_status(number, world.now()));
  }
}

}  // namespace sluice::sandbox
