// Where a request to a Service ends at this moment: endpoints as published, pods as they really are.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sandbox/api.h"

namespace sluice::sandbox {

// How a pod answers, by its annotations `sluice.dev/error-rate` (a share, "0.3") and `sluice.dev/latency` (a Go
// duration, the mean).
struct Responder {
  std::string uid;
  std::string hash;  // label rollouts-pod-template-hash, or pod-template-hash
  double error_rate = 0;
  kube::Duration latency = std::chrono::milliseconds(10);
  bool is_running = false;
  std::optional<kube::Time> ends;  // when its grace is over
};

struct Destination {
  std::string pod;  // name, in the namespace of the Service
  std::string uid;
  bool operator==(const Destination&) const = default;
};

// Follows pods and EndpointSlices in time that depends on the size of each change only.
class Topology {
 public:
  void note(const Change& change);

  // The endpoints to which a request may be sent: the ready ones, or, if there is none, those that still serve while
  // they terminate. Empty when there is no such Service.
  const std::vector<Destination>& targets(const kube::ObjectKey& service) const;
  // Those of them whose pods carry this pod-template-hash.
  std::vector<Destination> subset(const kube::ObjectKey& service, std::string_view hash) const;
  // The pod behind a target as long as it takes requests; nullptr when it has gone, does not run, or is past its grace.
  const Responder* reach(const std::string& ns, const Destination& target, kube::Time now) const;

 private:
  struct SliceDestinations {
    std::vector<Destination> ready;
    std::vector<Destination> draining;
  };
  void note_pod(const Change& change);
  void note_slice(const Change& change);

  std::unordered_map<kube::ObjectKey, Responder, kube::ObjectKeyHash> pods_;
  std::map<kube::ObjectKey, std::map<std::string, SliceDestinations>> slices_;  // by Service, then by name of the slice
  std::map<kube::ObjectKey, std::vector<Destination>> targets_;                 // by Service
};

}  // namespace sluice::sandbox
