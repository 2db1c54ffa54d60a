// Holding a decision back until the stores show what this process wrote last.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "controller/apply.h"
#include "controller/stores.h"
#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/work_queue.h"

namespace sluice::controller {

// The writes made for each object of one kind, until they are seen. Losing them costs a needless look, nothing else.
// All references outlive it.
class OwnWrites {
 public:
  // `kind` names the objects in the log: "rollout".
  OwnWrites(std::string kind, kube::Client& client, Stores& stores, kube::Clock& clock, kube::WorkQueue& queue,
            const kube::Log& log)
      : kind_(std::move(kind)), client_(client), stores_(stores), clock_(clock), queue_(queue), log_(log) {}

  void add(const kube::ObjectKey& key, const std::vector<WrittenObject>& written);
  void forget(const kube::ObjectKey& key) { pending_.erase(key); }

  // False while the stores are known to be behind; the event that shows the write, or a time in the queue, leads back.
  // A decision on old data would undo what a person has done since, or take pods away twice.
  kube::net::awaitable<bool> are_shown(kube::ObjectKey key);

 private:
  struct Pending {
    std::vector<WrittenObject> written;  // not yet shown by the stores when last looked at
    std::optional<kube::Time> since;     // when that was first found
  };

  // Those that the stores do not show yet.
  std::vector<WrittenObject> unseen(const kube::ObjectKey& key);

  std::string kind_;
  kube::Client& client_;
  Stores& stores_;
  kube::Clock& clock_;
  kube::WorkQueue& queue_;
  const kube::Log& log_;
  std::unordered_map<kube::ObjectKey, Pending, kube::ObjectKeyHash> pending_;
};

}  // namespace sluice::controller
