// Telling requests apart by what they changed.
#include "ledger.h"

#include <boost/json.hpp>

#include "controller/status.h"
#include "crds/decode.h"
#include "kube/json.h"
#include "sandbox/request.h"

namespace sluice::bench {
namespace {

namespace json = boost::json;

constexpr std::string_view deadline_annotation = "scale-down-deadline";
constexpr std::size_t remembered_commits = 4096;

bool has_deadline(const json::value* object) {
  const json::value* annotations = object ? kube::find_at(*object, {"metadata", "annotations"}) : nullptr;
  return annotations && annotations->is_object() && annotations->get_object().contains(deadline_annotation);
}

std::string row_of_set(const sandbox::Change& change) {
  if (change.type == kube::WatchType::added) return "create the ReplicaSet";
  if (change.type == kube::WatchType::deleted) return "delete a ReplicaSet";
  const std::int64_t before = kube::number_at(*change.before, {"spec", "replicas"}, 1);
  const std::int64_t after = kube::number_at(*change.after, {"spec", "replicas"}, 1);
  if (after > before) return "set sizes up";
  if (after < before) return after == 0 ? "set to 0" : "set sizes down";
  if (has_deadline(change.before.get()) != has_deadline(change.after.get())) return "deadline annotation";
  return "other annotations of a set";
}

// Such a status may wait, so that the next one carries it.
bool counters_only(const json::value& before, const json::value& after) {
  kube::Mistakes ignored;
  return controller::differs_in_counters_only(crds::decode_rollout(before, ignored)->status,
                                              crds::decode_rollout(after, ignored)->status);
}

std::string row_of(const sandbox::Change& change) {
  if (change.plural == "replicasets") return row_of_set(change);
  if (change.plural == "services") return "Services";
  if (change.plural == "httproutes") return "route weights";
  if (change.plural == "analysisruns") return "AnalysisRuns";
  if (change.plural == "rollouts" && change.before && change.after) {
    const json::value* before = kube::find_at(*change.before, {"status"});
    const json::value* after = kube::find_at(*change.after, {"status"});
    const bool same_status = (!before && !after) || (before && after && *before == *after);
    if (same_status) return "Rollout metadata";
    return counters_only(*change.before, *change.after) ? "Rollout status, only counters" : "Rollout status";
  }
  return "other";
}

bool watched(std::string_view plural) {
  for (const std::string_view known :
       {"rollouts", "replicasets", "services", "endpointslices", "httproutes", "analysisruns", "analysistemplates"})
    if (plural == known) return true;
  return false;
}

std::string verb_of(const sandbox::RequestRecord& record, const sandbox::Place& place) {
  if (record.method == "GET") return record.is_watch ? "watch" : place.name.empty() ? "list" : "get";
  if (record.method == "POST") return "create";
  if (record.method == "PUT") return "update";
  return record.method == "PATCH" ? "patch" : "delete";
}

}  // namespace

void Ledger::note_change(const sandbox::Change& change, kube::Time now) {
  commits_.push_back({change.version, now, row_of(change), watched(change.plural)});
  if (commits_.size() > remembered_commits) commits_.pop_front();
}

void Ledger::note_request(const sandbox::RequestRecord& record) {
  if (!record.agent.starts_with(agent_)) return;
  const sandbox::Place place = sandbox::place_of(sandbox::parse_target(record.target).path);
  Call call;
  call.verb = verb_of(record, place);
  call.resource = place.subresource.empty() ? place.resource : place.resource + "/" + place.subresource;
  call.name = place.name;
  call.status = record.status;
  call.received = record.received;
  if (call.is_write()) {
    call.row = "no change";
    for (const Commit& commit : commits_) {
      if (commit.version == record.version) call.row = commit.row;
      if (commit.is_watched && commit.version != record.version && commit.at <= record.received)
        call.after_cause = record.received - commit.at;
    }
    last_write_ = record.received;
  }
  calls_.push_back(std::move(call));
}

Counts writes_by_kind(const std::vector<Call>& calls) {
  Counts counts;
  for (const Call& call : calls)
    if (call.is_write()) ++counts[call.verb + " " + call.resource];
  return counts;
}

Counts writes_by_row(const std::vector<Call>& calls) {
  Counts counts;
  for (const Call& call : calls)
    if (call.is_write()) ++counts[call.row];
  return counts;
}

}  // namespace sluice::bench
