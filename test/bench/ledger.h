// What the server saw of one client: its requests, what each of them changed, and how long after its cause it came.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/api.h"
#include "sandbox/server.h"

namespace sluice::bench {

// One request of the subject.
struct Call {
  std::string verb;      // "get", "list", "watch", "create", "update", "patch", "delete"
  std::string resource;  // "replicasets", "rollouts/status"
  std::string name;
  // Which entry of the list of least writes (performance.md 2.2) it belongs to: "Rollout status", "route weights", ...;
  // "no change" for a write that changed nothing, "" for reads.
  std::string row;
  unsigned status = 0;
  kube::Time received;
  // From the commit of the newest version that the subject watches until this request was received; nullopt for
  // requests that nothing of the kind preceded.
  std::optional<kube::Duration> after_cause;

  bool is_read() const { return verb == "get" || verb == "list" || verb == "watch"; }
  bool is_event() const { return resource == "events"; }
  bool is_lease() const { return resource == "leases"; }
  // A write of a decision.
  bool is_write() const { return !is_read() && !is_event() && !is_lease(); }
};

using Counts = std::map<std::string, int>;

// Give `note_request` to the server as its log; `note_change` listens to the API.
class Ledger {
 public:
  // Only requests whose User-Agent begins so are kept.
  explicit Ledger(std::string agent) : agent_(std::move(agent)) {}

  void note_change(const sandbox::Change& change, kube::Time now);
  void note_request(const sandbox::RequestRecord& record);

  const std::vector<Call>& calls() const { return calls_; }
  // Forgets the calls so far.
  void clear() { calls_.clear(); }
  std::optional<kube::Time> last_write() const { return last_write_; }

 private:
  struct Commit {
    std::uint64_t version = 0;
    kube::Time at;
    std::string row;
    bool is_watched = false;  // by the subject
  };

  std::string agent_;
  std::deque<Commit> commits_;  // the newest ones
  std::vector<Call> calls_;
  std::optional<kube::Time> last_write_;
};

// "patch rollouts/status" -> how often; events and Lease left out.
Counts writes_by_kind(const std::vector<Call>& calls);
Counts writes_by_row(const std::vector<Call>& calls);

}  // namespace sluice::bench
