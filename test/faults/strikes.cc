// Meeting the points, making the copies, doing the harm.
#include "strikes.h"

#include <algorithm>
#include <regex>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/workloads/dice.h"

namespace sluice::faults {
namespace {

namespace json = boost::json;
using namespace simulation;
using std::chrono::seconds;
using WriteKind = WriteFault::Kind;
using LineKind = LineFault::Kind;

// The plural in a path such as "/apis/apps/v1/namespaces/default/replicasets/web-1?x": the part after the namespace, or
// the last one of a collection of all namespaces.
std::string plural_of(const std::string& target) {
  const std::string path = target.substr(0, target.find('?'));
  const std::size_t ns = path.find("/namespaces/");
  if (ns == std::string::npos) return path.substr(path.rfind('/') + 1);
  const std::size_t after = path.find('/', ns + 12);
  if (after == std::string::npos) return "namespaces";
  return path.substr(after + 1, path.find('/', after + 1) - after - 1);
}

// The kinds whose watches can be stale, with a store of their own.
bool is_decided_on(const std::string& plural) {
  static const std::set<std::string> kinds{"rollouts",   "replicasets",  "services",         "endpointslices",
                                           "httproutes", "analysisruns", "analysistemplates"};
  return kinds.contains(plural);
}

std::vector<Fault> write_faults(bool is_long) {
  std::vector<Fault> all;
  const auto add = [&](Family family, std::string what, WriteKind kind, unsigned status = 0,
                       kube::Duration wait = kube::Duration(0), kube::Duration restart = kube::Duration(0)) {
    Fault fault;
    fault.family = family;
    fault.what = std::move(what);
    fault.write = {kind, status, wait};
    fault.restart_delay = restart;
    all.push_back(std::move(fault));
  };
  for (const seconds down : {seconds(0), seconds(70)}) {
    add(Family::crash, fmt::format("crash before it, down for {} s", down.count()), WriteKind::crash_before, 0, {},
        down);
    add(Family::crash, fmt::format("crash with the answer under way, down for {} s", down.count()),
        WriteKind::crash_after, 0, {}, down);
  }
  for (const unsigned status : {409u, 429u, 500u})
    add(Family::failed_write, fmt::format("refused with {}", status), WriteKind::refused, status);
  for (const unsigned status : {500u, 504u})
    add(Family::failed_write, fmt::format("done and answered {}", status), WriteKind::disowned, status);
  add(Family::failed_write, "no answer, not done", WriteKind::unanswered, 0, seconds(30));
  add(Family::failed_write, "no answer, done", WriteKind::answer_lost, 0, seconds(30));
  if (is_long) add(Family::failed_write, "refused with 422", WriteKind::refused, 422);
  for (const seconds wait : {seconds(1), seconds(20), seconds(3600)})
    add(Family::stopped, fmt::format("the process stands still for {} s", wait.count()), WriteKind::stopped, 0, wait);
  for (const seconds wait : {seconds(1), seconds(8)})
    add(Family::late_write, fmt::format("it arrives {} s after its process died and another leads", wait.count()),
        WriteKind::crash_in_flight, 0, wait);
  return all;
}

std::vector<Fault> line_faults() {
  std::vector<Fault> all;
  const auto add = [&](Family family, std::string what, LineKind kind, kube::Duration wait) {
    Fault fault;
    fault.family = family;
    fault.what = std::move(what);
    fault.line = {kind, wait};
    all.push_back(std::move(fault));
  };
  for (const seconds wait : {seconds(1), seconds(12), seconds(60)})
    add(Family::stale, fmt::format("the stream stands still for {} s", wait.count()), LineKind::late, wait);
  for (const seconds wait : {seconds(1), seconds(12)})
    add(Family::skipped, fmt::format("{} s of events become one list", wait.count()), LineKind::expired, wait);
  add(Family::watch_loss, "the connection breaks", LineKind::cut, seconds(0));
  add(Family::watch_loss, "410 at once", LineKind::expired, seconds(0));
  return all;
}

const std::vector<std::string>& bad_answers() {
  static const std::vector<std::string> all{"connection refused", "time-out", "500", "429", "half of the JSON", "HTML"};
  return all;
}

kube::Result<kube::HttpResponse> bad_answer(int number) {
  kube::HttpResponse answer;
  answer.status = 200;
  switch (number) {
    case 0:
      return kube::Error{kube::Fault::unavailable, "connection refused"};
    case 1:
      return kube::Error{kube::Fault::timeout, "no answer in time"};
    case 2:
      answer.status = 500;
      answer.body = "internal error";
      break;
    case 3:
      answer.status = 429;
      answer.body = "slow down";
      break;
    case 4:
      answer.body = R"({"status":"success","data":{"resultType":"vector","res)";
      break;
    default:
      answer.body = "<html><body>Bad Gateway</body></html>";
      break;
  }
  return answer;
}

// The field that another writer would put back, as a JSON pointer; "" for objects that nobody else writes.
std::string contested_field(const std::string& plural) {
  if (plural == "replicasets") return "/spec/replicas";
  if (plural == "services") return "/spec/selector";
  if (plural == "httproutes") return "/spec/rules";
  return "";
}

std::string value_at(const std::string& body, const std::string& pointer) {
  boost::system::error_code error;
  const json::value object = json::parse(body, error);
  if (error) return "";
  const json::value* found = object.find_pointer(pointer, error);
  return found && !error ? json::serialize(*found) : "";
}

}  // namespace

std::string name_of(Family family) {
  static const std::vector<std::string> names{"F1", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F11", "F12", "F13"};
  return names[static_cast<std::size_t>(family)];
}

// Crashes, failed writes and old views are told whole at each commit. Of the others, which are many and alike, each
// commit tells another part.
int told_one_in(Family family) {
  switch (family) {
    case Family::crash:
    case Family::failed_write:
    case Family::stale:
    case Family::time_travel:
    case Family::skipped:
      return 1;
    case Family::users:
      return 8;
    default:
      return 4;
  }
}

const std::vector<std::string>& user_acts() {
  static const std::vector<std::string> all{"promote", "promote full", "abort",   "retry",    "pause",
                                            "resume",  "release",      "go back", "scale up", "scale down"};
  return all;
}

Strikes::Strikes(Story& story, Snapshots* snapshots, StrikeOptions options)
    : story_(story), snapshots_(snapshots), options_(std::move(options)) {}

void Strikes::arm() {
  is_armed_ = true;
  World& world = story_.world;
  world.api().listen([this](const sandbox::Change& change) {
    if (is_decided_on(change.plural)) history_[change.plural].push_back(change);
  });
  world.fit = [this](FaultyTransport& transport) {
    transport.clock = &story_.world.clock();
    transport.strike = [this](const kube::ApiRequest& request) { return at_write(request); };
    transport.hold = [this](const std::string& target, const std::string& line) { return at_line(target, line); };
    transport.age = [this](const kube::ApiRequest& request, kube::ApiResponse& answer) { age(request, answer); };
    transport.leave_in_flight = [this](kube::ApiRequest request, kube::Duration wait) {
      story_.world.send_late(std::move(request), wait);
    };
  };
  const auto done = world.acting().done;
  world.acting().done = [this, done](const kube::ApiRequest& request, const kube::ApiResponse& answer,
                                     std::uint64_t before) {
    done(request, answer, before);
    after_last_write_ =
        fmt::format("{} {}", story_.world.api().version(), story_.world.clock().now().time_since_epoch().count());
    if (restores_left_ > 0) put_back(request, answer);
  };
  if (const auto asked = world.prometheus)
    world.prometheus = [this, asked](const kube::HttpRequest& request) {
      if (auto answer = at_query(request)) return *answer;
      return asked(request);
    };
}

bool Strikes::branch(const Fault& fault, const std::string& state) {
  Counts& counts = counts_[fault.family];
  const int number = counts.enumerated++;
  const std::string plan = fmt::format("{}/{}/{}", options_.scenario, name_of(fault.family), number);
  if (!snapshots_) return false;
  if (!options_.wanted.empty() && options_.wanted != plan) return false;
  if (!met_.insert(name_of(fault.family) + fault.what + state).second) {
    ++counts.pruned;
    return false;
  }
  const auto share = static_cast<std::uint64_t>(told_one_in(fault.family) * options_.one_in);
  if (options_.wanted.empty() && !options_.is_long && sandbox::roll(options_.rotation, plan) % share != 0) {
    ++counts.left_out;
    return false;
  }
  ++counts.executed;
  if (!snapshots_->branch(plan)) return false;
  struck_ = fault;
  plan_ = plan;
  World& world = story_.world;
  world.oracle().be_quiet();
  world.patience = std::chrono::hours(2);
  world.restart_delay = fault.restart_delay;
  if (!fault.user.empty()) world.interrupt = [] { throw StoryAbandoned(); };
  // What another writer takes away is not the program's.
  if (fault.family == Family::writers) world.oracle().excuse("requests");
  return true;
}

WriteFault Strikes::at_write(const kube::ApiRequest& request) {
  if (!is_armed_ || struck_) return {};
  const std::string where = request.method + " " + request.target.substr(0, request.target.find('?'));
  World& world = story_.world;
  const std::string state =
      fmt::format("{} {} {}", world.api().version(), world.clock().now().time_since_epoch().count(), where);
  const std::string here = fmt::format("{} {}", world.api().version(), world.clock().now().time_since_epoch().count());
  for (Fault fault : write_faults(options_.is_long)) {
    // Nothing has happened since the last write, so that dying before this one is dying after that one.
    if (fault.write.kind == WriteKind::crash_before && here == after_last_write_) {
      ++counts_[fault.family].enumerated;
      ++counts_[fault.family].pruned;
      continue;
    }
    fault.what = where + ": " + fault.what;
    if (branch(fault, state)) return fault.write;
  }
  for (const std::string& user : user_acts()) {
    Fault fault;
    fault.family = Family::users;
    fault.user = user;
    fault.what = "before " + where + ", a person: " + user;
    if (!branch(fault, state)) continue;
    act(user);
    return {};
  }
  for (const auto& [plural, changes] : history_)
    for (const int versions : {1, 2, 5}) {
      if (versions > static_cast<int>(changes.size())) continue;
      Fault fault;
      // A list that names no version is the latest, whichever server answers. Only one that allows any may be old.
      if (!may_be_old_.contains(plural)) {
        ++counts_[Family::time_travel].enumerated;
        ++counts_[Family::time_travel].pruned;
        continue;
      }
      fault.family = Family::time_travel;
      fault.old_kind = plural;
      fault.versions = versions;
      fault.write.kind = WriteKind::crash_before;
      fault.what =
          fmt::format("crash before {}; the next life's list of {} is {} changes old", where, plural, versions);
      if (branch(fault, fmt::format("{} {}", world.api().version(), world.clock().now().time_since_epoch().count())))
        return fault.write;
    }
  if (request.method == "PATCH" && !contested_field(plural_of(request.target)).empty())
    for (const auto& [times, after] : {std::pair{1, seconds(0)}, {1, seconds(1)}, {4, seconds(1)}}) {
      Fault fault;
      fault.family = Family::writers;
      fault.restores = times;
      fault.restores_after = after;
      fault.what =
          fmt::format("{}: another writer puts the old value back {} s later, {} times", where, after.count(), times);
      if (!branch(fault, state)) continue;
      remember_value(request);
      return {};
    }
  return {};
}

LineFault Strikes::at_line(const std::string& target, const std::string& line) {
  const std::string plural = plural_of(target);
  if (struck_) {
    const bool is_held = hold_old_kind_until_ && plural == struck_->old_kind;
    const kube::Time now = story_.world.clock().now();
    return is_held && now < *hold_old_kind_until_ ? LineFault{LineKind::late, *hold_old_kind_until_ - now}
                                                  : LineFault();
  }
  if (!is_armed_ || line.find("\"BOOKMARK\"") != std::string::npos || !is_decided_on(plural)) return {};
  const std::string version(kube::text_at(json::parse(line), {"object", "metadata", "resourceVersion"}));
  for (Fault fault : line_faults()) {
    fault.what = fmt::format("watch of {}: {}", plural, fault.what);
    if (branch(fault, plural + version)) return fault.line;
  }
  return {};
}

std::optional<kube::Result<kube::HttpResponse>> Strikes::at_query(const kube::HttpRequest&) {
  if (!is_armed_ || struck_) return std::nullopt;
  for (int number = 0; number < static_cast<int>(bad_answers().size()); ++number) {
    Fault fault;
    fault.family = Family::metrics;
    fault.metric = number;
    fault.what = "a query of Prometheus: " + bad_answers()[static_cast<std::size_t>(number)];
    if (branch(fault, std::to_string(story_.world.clock().now().time_since_epoch().count()))) return bad_answer(number);
  }
  return std::nullopt;
}

// The list as it was some changes ago, as a second API server that lags behind would give it.
void Strikes::age(const kube::ApiRequest& request, kube::ApiResponse& answer) {
  if (std::regex_search(request.target, std::regex("[?&]resourceVersion=0(&|$)")))
    may_be_old_.insert(plural_of(request.target));
  if (!struck_ || struck_->old_kind.empty() || has_aged_ || answer.status != 200) return;
  if (plural_of(request.target) != struck_->old_kind) return;
  const std::vector<sandbox::Change>& changes = history_[struck_->old_kind];
  json::value list = json::parse(answer.body);
  json::value* items = list.is_object() ? list.as_object().if_contains("items") : nullptr;
  if (!items || !items->is_array()) return;
  has_aged_ = true;
  json::array& objects = items->as_array();
  const std::size_t count = std::min(changes.size(), static_cast<std::size_t>(struck_->versions));
  for (std::size_t back = 0; back < count; ++back) {
    const sandbox::Change& change = changes[changes.size() - 1 - back];
    const auto is_it = [&](const json::value& object) {
      return kube::text_at(object, {"metadata", "name"}) == change.key.name &&
             kube::text_at(object, {"metadata", "namespace"}) == change.key.ns;
    };
    objects.erase(std::remove_if(objects.begin(), objects.end(), is_it), objects.end());
    if (change.before) objects.push_back(*change.before);
    list.as_object()["metadata"].as_object()["resourceVersion"] = std::to_string(change.version - 1);
  }
  answer.body = json::serialize(list);
  hold_old_kind_until_ = story_.world.clock().now() + seconds(1);
}

void Strikes::act(const std::string& user) {
  World& world = story_.world;
  const auto on_rollout = [&](const std::string& body, const std::string& subresource = "") {
    world.attempt({"PATCH", kube::resources::rollouts.object_path({"default", "web"}, subresource),
                   "application/merge-patch+json", body});
  };
  if (user == "promote") {
    const json::value rollout = world.get(kube::resources::rollouts, "web");
    const json::value* pauses = kube::find_at(rollout, {"status", "pauseConditions"});
    if (pauses && pauses->is_array() && !pauses->get_array().empty())
      on_rollout(R"({"status":{"pauseConditions":null}})", "status");
    else
      on_rollout(fmt::format(R"({{"status":{{"currentStepIndex":{}}}}})",
                             kube::number_at(rollout, {"status", "currentStepIndex"}) + 1),
                 "status");
  }
  if (user == "promote full") on_rollout(R"({"status":{"promoteFull":true}})", "status");
  if (user == "abort") on_rollout(R"({"status":{"abort":true}})", "status");
  if (user == "retry") on_rollout(R"({"status":{"abort":false}})", "status");
  if (user == "pause") on_rollout(R"({"spec":{"paused":true}})");
  if (user == "resume") on_rollout(R"({"spec":{"paused":false},"status":{}})");
  if (user == "release") world.apply(story_.yaml("v9"));
  if (user == "go back") world.apply(story_.yaml("v1"));
  if (user == "scale up") on_rollout(R"({"spec":{"replicas":6}})");
  if (user == "scale down") on_rollout(R"({"spec":{"replicas":1}})");
}

void Strikes::remember_value(const kube::ApiRequest& request) {
  other_target_ = request.target.substr(0, request.target.find('?'));
  other_path_ = contested_field(plural_of(request.target));
  other_value_ = value_at(story_.world.attempt({"GET", other_target_, "", ""}).body, other_path_);
  restores_left_ = struck_->restores;
}

void Strikes::put_back(const kube::ApiRequest& request, const kube::ApiResponse& answer) {
  if (answer.status >= 300 || request.method != "PATCH" || !request.target.starts_with(other_target_)) return;
  if (value_at(answer.body, other_path_) == other_value_) return;
  --restores_left_;
  const auto restore = [this] {
    story_.world.attempt({"PATCH", other_target_, "application/json-patch+json",
                          fmt::format(R"([{{"op":"replace","path":"{}","value":{}}}])", other_path_, other_value_)});
  };
  if (struck_->restores_after.count() == 0)
    restore();
  else
    story_.world.later(struck_->restores_after, restore);
}

}  // namespace sluice::faults
