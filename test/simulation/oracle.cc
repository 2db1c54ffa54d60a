// What the oracle hears, remembers and tells; I9 and I10.
#include "oracle.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "crds/decode.h"
#include "kube/json.h"

namespace sluice::simulation {
namespace {

namespace json = boost::json;
using sandbox::Change;

constexpr std::size_t trace_length = 20;
// What a change leads to by itself has been noticed by then, and predicates with a deadline are looked at so often.
constexpr kube::Duration settling_time = std::chrono::milliseconds(500);
constexpr kube::Duration longest_without_look = std::chrono::seconds(10);

std::string name_of(Actor actor) {
  switch (actor) {
    case Actor::controller:
      return "controller";
    case Actor::person:
      return "person";
    case Actor::cluster:
      break;
  }
  return "cluster";
}

std::string name_of(kube::WatchType type) {
  if (type == kube::WatchType::added) return "added";
  return type == kube::WatchType::deleted ? "deleted" : "modified";
}

// Others write these, too: a patch names the version that it rests on, so that nobody's change is written over. Runs
// and Experiments are only ever ended, which rests on no version.
bool is_shared(const std::string& target) {
  for (const char* kind : {"/rollouts/", "/replicasets/", "/services/", "/httproutes/"})
    if (target.find(kind) != std::string::npos) return true;
  return false;
}

bool is_told(const Change& change) {
  return change.plural != "events" && change.plural != "leases" && change.plural != "nodes";
}

// What the controllers decide about an object; counters and times are left out.
std::string decided_value(const Change& change) {
  const json::value& object = *change.after;
  const auto text = [&](std::initializer_list<std::string_view> path) {
    return std::string(kube::text_at(object, path));
  };
  if (change.plural == "replicasets")
    return fmt::format("{}{}", kube::number_at(object, {"spec", "replicas"}, 1),
                       text({"metadata", "annotations", "scale-down-deadline"}));
  if (change.plural == "rollouts") {
    const json::value* abort = kube::find_at(object, {"status", "abort"});
    const json::value* pauses = kube::find_at(object, {"status", "pauseConditions"});
    return fmt::format("{} {} {} {} {} {}", text({"status", "phase"}),
                       kube::number_at(object, {"status", "currentStepIndex"}, -1), text({"status", "stableRS"}),
                       text({"status", "currentPodHash"}), abort != nullptr, pauses ? json::serialize(*pauses) : "");
  }
  if (change.plural == "services" || change.plural == "httproutes" || change.plural == "analysisruns")
    return described(change);
  return "";
}

}  // namespace

Oracle::Oracle(sandbox::Api& api, const sandbox::Gateway& gateway, const kube::Clock& clock, Acting& acting)
    : api_(api), gateway_(gateway), clock_(clock), acting_(acting) {
  api_.listen([this](const Change& change) { note(change); });
  acting_.done = [this](const kube::ApiRequest& request, const kube::ApiResponse& answer, std::uint64_t before) {
    note_request(request, answer, before);
  };
}

void Oracle::expect_again(const std::string& invariant) {
  excused_.erase(invariant);
  // What is missing now was broken by the story.
  for (const auto& [key, rollout] : view_.rollouts())
    for (const Need& need : needs_of(*rollout))
      memory_[key].tolerated[need.what] = std::max(0, need.needed - need.present);
}

void Oracle::fail(const std::string& invariant, const std::string& object, const std::string& seen) {
  if (excused_.contains(invariant) || !told_.insert(invariant + object).second) return;
  violated_.insert(invariant);
  failures_.push_back(invariant + " " + object + ": " + seen + "\n" + newest_changes());
  if (!is_quiet_) BOOST_ERROR(failures_.back());
}

std::string Oracle::newest_changes() const {
  std::string text = "the last changes:";
  for (const std::string& line : trace_) text += "\n  " + line;
  return text;
}

void Oracle::remember(const Change& change, Actor actor) {
  if (!is_told(change)) return;
  const auto passed = std::chrono::duration<double>(clock_.now() - kube::Time{std::chrono::seconds{1767225600}});
  trace_.push_back(fmt::format("{:10.3f} {:<10} {} {} {}: {}", passed.count(), name_of(actor), name_of(change.type),
                               change.plural, change.key.text(), described(change)));
  if (trace_.size() > trace_length) trace_.pop_front();
}

void Oracle::note(const Change& change) {
  ++changes_;
  last_change_ = clock_.now();
  const Actor actor = acting_.actor();
  remember(change, actor);
  const auto rollout_at = [&](const ObjectKey& key) {
    const auto at = view_.rollouts().find(key);
    return at == view_.rollouts().end() ? RolloutPointer() : at->second;
  };
  const bool is_rollout = change.plural == "rollouts";
  const RolloutPointer before = is_rollout ? rollout_at(change.key) : nullptr;
  const SetView* set = change.plural == "replicasets" ? view_.set(change.key) : nullptr;
  const SetView set_before = set ? *set : SetView();
  const RouteView* route = change.plural == "httproutes" ? view_.route(change.key) : nullptr;
  const RouteView route_before = route ? *route : RouteView();
  const ServiceView* service = change.plural == "services" ? view_.service(change.key) : nullptr;
  const std::string selected_before = service ? service->hash : "";
  view_.note(change);

  const bool is_deleted = change.type == kube::WatchType::deleted;
  if (is_rollout && is_deleted) {
    memory_.erase(change.key);
    return;
  }
  if (is_rollout && actor != Actor::controller) note_person(change, before, rollout_at(change.key));
  if (actor == Actor::controller) {
    if (is_rollout && before) check_rollout_write(*before, *rollout_at(change.key));
    if (set && !is_deleted) check_set_write(change, set_before, *view_.set(change.key));
    if (route && !is_deleted) check_route_write(change.key, route_before, *view_.route(change.key));
    if (service && !is_deleted) check_service_write(change.key, selected_before, view_.service(change.key)->hash);
    if (is_deleted) check_deletion(change);
    check_alternation(change);
  } else if (actor == Actor::person) {
    written_.clear();
  }
  if (change.plural == "events" || change.plural == "jobs") return;
  for (const auto& [key, rollout] : view_.rollouts()) {
    check_capacity(*rollout, actor);
    check_active_service(*rollout,
                         actor == Actor::controller && change.plural == "services" ? change.key : ObjectKey());
    check_share(*rollout);
  }
}

void Oracle::look() {
  const kube::Time now = clock_.now();
  if (now > last_change_ + settling_time && now < last_look_ + longest_without_look) return;
  last_look_ = now;
  for (const auto& [key, rollout] : view_.rollouts()) {
    check_capacity(*rollout, Actor::cluster);
    check_active_service(*rollout, {});
    check_share(*rollout);
  }
}

void Oracle::note_person(const Change& change, const RolloutPointer& before, const RolloutPointer& after) {
  Memory& memory = memory_[change.key];
  const bool is_new_template = !before || !before->spec->pod_template || !after->spec->pod_template ||
                               *before->spec->pod_template != *after->spec->pod_template ||
                               before->spec->strategy != after->spec->strategy;
  const bool is_retry = before && before->status.abort && !after->status.abort;
  if (is_new_template || is_retry) {
    memory.attempt_since = std::chrono::floor<std::chrono::seconds>(clock_.now());
    memory.skipped_steps.clear();
    memory.sizes_before.clear();
    for (const SetView* set : view_.sets_of(*after)) memory.sizes_before[set->hash] = set->desired;
  }
  if (before) {
    const int from = before->status.current_step_index.value_or(0);
    const int to = after->status.current_step_index.value_or(0);
    for (int step = from; step < to; ++step) memory.skipped_steps.insert(step);
    if (!before->status.pause_conditions.empty() && after->status.pause_conditions.empty()) memory.has_resumed = true;
  }
  if (after->spec->paused && !memory.paused_since) {
    memory.paused_since = clock_.now();
    memory.has_demand_moved = false;
  }
  if (before && before->spec->replicas != after->spec->replicas) {
    memory.has_demand_moved = true;
    memory.demand_moved_at = clock_.now();
    memory.demand_before = before->spec->replicas.value_or(1);
    // Also for a share that is only on its way through the gateway.
    if (const auto& canary = after->spec->strategy.canary)
      memory.tolerated[canary->canary_service] = memory.tolerated[canary->stable_service] =
          after->spec->replicas.value_or(1);
  }
  if (!after->spec->paused) memory.paused_since.reset();
}

void Oracle::note_request(const kube::ApiRequest& request, const kube::ApiResponse& answer, std::uint64_t before) {
  if (request.method == "GET" || request.target.find("/leases") != std::string::npos) return;
  if (request.method == "PATCH" && is_shared(request.target) &&
      request.body.find("resourceVersion") == std::string::npos)
    fail("preconditions", request.target, "a patch that rests on no version: " + request.body);
  // Evictions are refused by budgets; reviews change nothing by nature.
  const bool is_write = request.method == "PATCH" || request.method == "PUT";
  if (is_write && answer.status < 300 && api_.version() == before && request.target.find("dryRun") == std::string::npos)
    fail("I9 (needless)", request.target, "a write that changes nothing: " + request.body);
  if (is_at_rest_ && answer.status < 300)
    fail("I9", request.target, "a write although everything is settled: " + request.method + " " + request.body);
  if (request.method == "DELETE" && request.body.find("\"uid\"") == std::string::npos)
    fail("I10", request.target, "a deletion without the uid of what is meant: " + request.body);
}

// The same object written A, B, A, B without anybody else asking for it.
void Oracle::check_alternation(const Change& change) {
  const std::string value = decided_value(change);
  if (value.empty()) return;
  std::deque<std::string>& values = written_[change.plural + " " + change.key.text()];
  if (!values.empty() && values.back() == value) return;
  values.push_back(value);
  if (values.size() > 4) values.pop_front();
  if (values.size() == 4 && values[0] == values[2] && values[1] == values[3])
    fail("I9", change.plural + " " + change.key.text(),
         fmt::format("two states alternate: {} and {}", values[2], values[3]));
}

void Oracle::check_deletion(const Change& change) {
  const json::value* owners = kube::find_at(*change.after, {"metadata", "ownerReferences"});
  if (owners && owners->is_array())
    for (const json::value& owner : owners->get_array())
      if (view_.is_known_owner(std::string(kube::text_at(owner, {"uid"})))) return;
  fail("I10", change.plural + " " + change.key.text(),
       "the controller deleted what no Rollout, Experiment or run owns");
}

}  // namespace sluice::simulation
