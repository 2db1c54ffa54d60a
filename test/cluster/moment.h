// What a Rollout and what it steers looked like after one write: sizes, Services, weights, in the names of versions.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "test/cluster/chronicle.h"

namespace sluice::cluster_test {

class Moment {
 public:
  // Of the Rollout with this name.
  explicit Moment(std::string rollout = "web") : rollout_(std::move(rollout)) {}
  void take(const Page& page);

  // Versions are the tags of images: "v2". -1 for a set that there is not.
  std::int64_t size(const std::string& version) const;       // that is asked for
  std::int64_t ready(const std::string& version) const;      // 0 without a set
  std::int64_t ready() const;                                // of all sets
  std::int64_t available(const std::string& version) const;  // 0 without a set
  std::int64_t revision(const std::string& version) const;
  std::string deadline(const std::string& version) const;  // when the set is scaled down; "" for not at all
  std::vector<std::string> versions() const;               // with pods

  // The version that a Service or a subset leads to; "" for none, the hash when no set has it.
  std::string selected(const std::string& service) const;
  std::string subset(const std::string& name) const;
  // The canary's, of the route or the VirtualService; -1 without one.
  std::int64_t weight() const { return weight_; }
  // The newest that the gateway has accepted; -1 before it did.
  std::int64_t reported_weight() const { return reported_weight_; }

  std::string phase() const { return std::string(kube::text_at(rollout_now_, {"status", "phase"})); }
  std::string message() const { return std::string(kube::text_at(rollout_now_, {"status", "message"})); }
  bool is(const std::string& phase) const;  // and the status belongs to the present spec
  std::int64_t step() const { return kube::number_at(rollout_now_, {"status", "currentStepIndex"}, -1); }
  bool is_paused_at(std::int64_t step) const { return is("Paused") && this->step() == step; }
  bool is_aborted() const;
  std::string stable() const { return version_of(std::string(kube::text_at(rollout_now_, {"status", "stableRS"}))); }
  std::string current() const {
    return version_of(std::string(kube::text_at(rollout_now_, {"status", "currentPodHash"})));
  }
  const json::value& rollout() const { return rollout_now_; }

  // Phases of the analysis runs in the order of their creation: "Successful", "Failed"; "" before there is one.
  std::vector<std::string> runs() const;
  // Whether the newest state of an object holds this text.
  bool says(const std::string& kind, const std::string& name, const std::string& text) const;
  // The newest state of an object; null when there is none.
  const json::value& object(const std::string& kind, const std::string& name) const;
  // What a reader of a failure wants to know.
  std::string summary() const;
  std::string hash(const std::string& version) const;  // "" when there is no set

 private:
  std::string version_of(const std::string& hash) const;
  const json::value* set(const std::string& version) const;

  std::string rollout_;
  json::value rollout_now_;
  std::map<std::string, std::string> hashes_;                          // by version
  std::map<std::string, std::map<std::string, json::value>> objects_;  // by kind and name
  std::vector<std::string> runs_;                                      // names
  std::int64_t weight_ = -1;
  std::int64_t reported_weight_ = -1;
};

}  // namespace sluice::cluster_test
