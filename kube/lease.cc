// The rules of a lease.
#include "kube/lease.h"

#include <algorithm>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace sluice::kube {
namespace {

// A lost race of the leader against nobody knows whom is looked into soon, but not in a tight circle.
constexpr Duration look_after_contest = std::chrono::milliseconds(200);

// Rounded up, so that others never wait shorter than is meant.
std::int64_t whole_seconds(Duration length) { return std::chrono::ceil<seconds>(length).count(); }

// The holder's own word on how long it may be silent; ours when it gives none.
Duration patience_with(const LeaseRecord& record, const LeaseSettings& settings) {
  return record.duration_seconds > 0 ? Duration(seconds(record.duration_seconds)) : settings.duration;
}

bool is_others(const std::optional<LeaseRecord>& record, const LeaseSettings& settings) {
  return record && !record->holder.empty() && record->holder != settings.identity;
}

// When the lease may be taken after `record` was read. Somebody may have taken or renewed it up to the moment at which
// it was deleted, so that an absence that was not expected has to be waited out, too, unless we lead.
Duration free_at_after(const LeaseState& before, const LeaseSettings& settings,
                       const std::optional<LeaseRecord>& record, Duration elapsed) {
  if (is_others(record, settings))
    return before.record == record ? before.free_at : elapsed + patience_with(*record, settings);
  if (record) return elapsed;
  if (!before.record) return before.free_at;
  if (is_leader(before, settings, elapsed)) return elapsed;
  return elapsed + std::max(settings.duration, patience_with(*before.record, settings));
}

LeaseWrite renewal(const LeaseState& state, const LeaseSettings& settings, Time wall) {
  LeaseWrite write;
  write.version = state.version;
  write.record = *state.record;
  write.record.duration_seconds = whole_seconds(settings.duration);
  write.record.renewed = wall;
  return write;
}

LeaseWrite acquisition(const LeaseState& state, const LeaseSettings& settings, Time wall) {
  LeaseWrite write;
  write.record.holder = settings.identity;
  write.record.duration_seconds = whole_seconds(settings.duration);
  write.record.acquired = wall;
  write.record.renewed = wall;
  write.record.transitions = state.last_transitions + 1;
  if (!state.record) return write;
  write.version = state.version;
  const bool was_ours = state.record->holder == settings.identity;
  write.record.transitions = state.record->transitions + (was_ours ? 0 : 1);
  if (was_ours && state.record->acquired) write.record.acquired = state.record->acquired;
  return write;
}

std::optional<Time> time_at(const json::value& lease, std::string_view name) {
  const std::string_view text = text_at(lease, {"spec", name});
  if (text.empty()) return std::nullopt;
  const Result<Time> time = parse_time(text);
  return time ? std::optional<Time>(*time) : std::nullopt;
}

}  // namespace

const char* what_is_wrong_with(const LeaseSettings& settings) {
  if (settings.identity.empty()) return "a leader needs an identity";
  if (settings.retry_period <= Duration::zero()) return "the retry period must be longer than 0";
  if (settings.renew_deadline <= settings.retry_period)
    return "the renew deadline must be longer than the retry period";
  if (settings.duration <= settings.renew_deadline) return "the lease duration must be longer than the renew deadline";
  return nullptr;
}

bool is_leader(const LeaseState& state, const LeaseSettings& settings, Duration elapsed) {
  return state.renewed_at && elapsed < *state.renewed_at + settings.renew_deadline;
}

LeaseAction next_lease_action(const LeaseState& state, const LeaseSettings& settings, Moment now) {
  const bool leads = is_leader(state, settings, now.elapsed);
  if (now.elapsed < state.next_attempt) {
    const Duration until =
        leads ? std::min(state.next_attempt, *state.renewed_at + settings.renew_deadline) : state.next_attempt;
    return LeaseWait{until};
  }
  if (!state.is_fresh) return LeaseRead{};
  if (leads && state.record) return renewal(state, settings, now.wall);
  if (now.elapsed >= state.free_at) return acquisition(state, settings, now.wall);
  return LeaseRead{};
}

void lease_was_read(LeaseState& state, const LeaseSettings& settings, std::optional<LeaseRecord> record,
                    std::string version, Duration elapsed) {
  state.free_at = free_at_after(state, settings, record, elapsed);
  state.record = std::move(record);
  state.version = std::move(version);
  state.is_fresh = true;
  if (state.record) state.last_transitions = std::max(state.last_transitions, state.record->transitions);
  const bool is_ours = state.record && state.record->holder == settings.identity;
  if (!is_ours) state.renewed_at.reset();
  // What can be done is done at once; what others hold is looked at again later.
  state.next_attempt = elapsed >= state.free_at ? elapsed : elapsed + settings.retry_period;
}

void lease_was_written(LeaseState& state, const LeaseSettings& settings, LeaseRecord record, std::string version,
                       Duration sent) {
  state.renewed_at = record.holder == settings.identity ? std::optional<Duration>(sent) : std::nullopt;
  state.record = std::move(record);
  state.version = std::move(version);
  state.is_fresh = true;
  state.free_at = sent;
  state.last_transitions = std::max(state.last_transitions, state.record->transitions);
  state.next_attempt = sent + settings.retry_period;
}

void lease_was_contested(LeaseState& state, const LeaseSettings& settings, Duration elapsed) {
  state.is_fresh = false;
  state.next_attempt = elapsed + (is_leader(state, settings, elapsed) ? look_after_contest : settings.retry_period);
}

void lease_attempt_failed(LeaseState& state, const LeaseSettings& settings, Duration elapsed) {
  // The request may have been carried out although its answer is lost, so what is known is in doubt.
  state.is_fresh = false;
  state.next_attempt = elapsed + settings.retry_period;
}

std::optional<LeaseWrite> lease_release(const LeaseState& state, const LeaseSettings& settings, Time wall) {
  if (!state.record || state.record->holder != settings.identity) return std::nullopt;
  LeaseWrite write = renewal(state, settings, wall);
  write.record.holder.clear();
  write.record.duration_seconds = 1;
  return write;
}

json::value lease_spec(const LeaseRecord& record) {
  json::object spec;
  spec["holderIdentity"] = record.holder;
  spec["leaseDurationSeconds"] = record.duration_seconds;
  if (record.acquired) spec["acquireTime"] = format_micro_time(*record.acquired);
  if (record.renewed) spec["renewTime"] = format_micro_time(*record.renewed);
  spec["leaseTransitions"] = record.transitions;
  return json::value(std::move(spec));
}

LeaseRecord lease_record_in(const json::value& lease) {
  LeaseRecord record;
  record.holder = text_at(lease, {"spec", "holderIdentity"});
  record.duration_seconds = number_at(lease, {"spec", "leaseDurationSeconds"});
  record.acquired = time_at(lease, "acquireTime");
  record.renewed = time_at(lease, "renewTime");
  record.transitions = number_at(lease, {"spec", "leaseTransitions"});
  return record;
}

std::string controller_lease_name(std::string_view instance_id) {
  std::string name = "argo-rollouts-controller-lock";
  if (!instance_id.empty()) name.append("-").append(instance_id);
  return name;
}

}  // namespace sluice::kube
