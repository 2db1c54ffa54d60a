// Who leads, as a Lease object says it: the record, and the rules by which one process takes, keeps and loses it.
// Pure: it takes times and answers what to do; kube/leader_election.h does it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json/fwd.hpp>

#include "kube/json.h"
#include "kube/time.h"

namespace sluice::kube {

struct LeaseSettings {
  std::string identity;                                // differs between processes: "<hostname>_<uuid>"
  Duration duration = std::chrono::seconds(15);        // how long others wait after they saw the last renewal
  Duration renew_deadline = std::chrono::seconds(10);  // without a renewal for that long the leader stops leading
  Duration retry_period = std::chrono::seconds(2);     // between two renewals, and between two looks of a follower
};

// nullptr for settings under which no two processes can lead at once, otherwise what is wrong with them.
const char* what_is_wrong_with(const LeaseSettings& settings);

// The spec of a Lease.
struct LeaseRecord {
  std::string holder;  // "" when it was released
  std::int64_t duration_seconds = 0;
  std::optional<Time> acquired;
  std::optional<Time> renewed;
  std::int64_t transitions = 0;  // how often the holder has changed; the epoch of a leader
  bool operator==(const LeaseRecord&) const = default;
};

// The wall clock stands in the record; the rules compare `elapsed` only, which no correction of the clock can move and
// which needs no agreement between machines.
struct Moment {
  Time wall;
  Duration elapsed;
};

// What one process knows. Begins empty; changed by the functions below only.
struct LeaseState {
  bool is_fresh = false;               // read or written since the last doubt
  std::optional<LeaseRecord> record;   // nullopt: there is no such object
  std::string version;                 // its resourceVersion
  Duration free_at{};                  // from when on it may be taken, if nothing changes until then
  std::int64_t last_transitions = -1;  // the highest epoch ever seen; a deleted lease does not begin anew
  std::optional<Duration> renewed_at;  // when the last successful renewal of our own was *sent*; nullopt for followers
  Duration next_attempt{};             // nothing is sent before
};

// False from the moment on at which the renew deadline has passed, which is before anybody else can take over. To be
// asked before each write.
bool is_leader(const LeaseState& state, const LeaseSettings& settings, Duration elapsed);

struct LeaseWait {
  Duration until;
};
struct LeaseRead {};
struct LeaseWrite {
  LeaseRecord record;
  std::string version;  // precondition; "" creates the object
};
using LeaseAction = std::variant<LeaseWait, LeaseRead, LeaseWrite>;

// The next thing to do; total: every state has an answer.
LeaseAction next_lease_action(const LeaseState& state, const LeaseSettings& settings, Moment now);

// The outcomes of those actions. `sent` is when the request was sent, `elapsed` when its answer came.
void lease_was_read(LeaseState& state, const LeaseSettings& settings, std::optional<LeaseRecord> record,
                    std::string version, Duration elapsed);
void lease_was_written(LeaseState& state, const LeaseSettings& settings, LeaseRecord record, std::string version,
                       Duration sent);
// Somebody else was faster: the state has to be read again.
void lease_was_contested(LeaseState& state, const LeaseSettings& settings, Duration elapsed);
// No answer, or one that says nothing about the lease.
void lease_attempt_failed(LeaseState& state, const LeaseSettings& settings, Duration elapsed);

// What the holder writes when it ends in order, so that the next one need not wait; nullopt when the lease was not ours
// when it was last seen. The precondition keeps it from taking the lease from somebody else.
std::optional<LeaseWrite> lease_release(const LeaseState& state, const LeaseSettings& settings, Time wall);

// The `spec` of the object, with MicroTime; and back. What cannot be read stays default.
json::value lease_spec(const LeaseRecord& record);
LeaseRecord lease_record_in(const json::value& lease);

// "argo-rollouts-controller-lock", or with "-<instance id>" behind it.
std::string controller_lease_name(std::string_view instance_id);

}  // namespace sluice::kube
