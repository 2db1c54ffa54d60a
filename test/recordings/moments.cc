// Replaying the writes of a recording.
#include "test/recordings/moments.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::recordings {
namespace {

using std::chrono::seconds;

// What no decision rests on.
constexpr std::string_view forgotten[] = {"resourceVersion", "lastTransitionTime", "creationTimestamp", "message",
                                          "duration"};
// Read for nothing but a progress deadline; the default one of ten minutes ends in no recording.
constexpr std::string_view deadline_time = "lastUpdateTime";
// Of the status of a Rollout: what every decision makes anew.
constexpr std::string_view made_anew[] = {"phase",         "HPAReplicas",       "replicas", "updatedReplicas",
                                          "readyReplicas", "availableReplicas", "selector"};

// Times become whole seconds from `now`.
json::value canonical(const json::value& value, kube::Time now, bool has_deadline) {
  if (value.is_object()) {
    std::map<std::string, json::value> sorted;
    for (const auto& [name, member] : value.get_object())
      if (std::find(std::begin(forgotten), std::end(forgotten), std::string_view(name)) == std::end(forgotten) &&
          (has_deadline || std::string_view(name) != deadline_time))
        sorted[name] = canonical(member, now, has_deadline);
    json::object object;
    for (auto& [name, member] : sorted) object[name] = std::move(member);
    return object;
  }
  if (value.is_array()) {
    json::array array;
    for (const json::value& member : value.get_array()) array.push_back(canonical(member, now, has_deadline));
    return array;
  }
  if (value.is_string() && value.get_string().size() == 20 && value.get_string().ends_with('Z'))
    if (const auto time = kube::parse_time(std::string_view(value.get_string())))
      return json::value(fmt::format("{} s", std::chrono::round<seconds>(*time - now).count()));
  return value;
}

std::string canonical_text(const Version& version, kube::Time now, bool has_deadline) {
  json::value object = version.object;
  json::object& members = object.as_object();
  // Only whether the controller has seen the newest generation matters.
  const std::int64_t generation = kube::number_at(object, {"metadata", "generation"});
  members["metadata"].as_object().erase("generation");
  if (json::value* status = members.if_contains("status"); status && status->is_object()) {
    json::object& fields = status->get_object();
    if (json::value* observed = fields.if_contains("observedGeneration"))
      *observed = kube::print_json(*observed).find(std::to_string(generation)) != std::string::npos;
    if (version.kind == "Rollout")
      for (const std::string_view name : made_anew) fields.erase(name);
    fields.erase("fullyLabeledReplicas");
  }
  return kube::print_json(canonical(object, now, has_deadline));
}

std::int64_t size_of(const Version& set) { return kube::number_at(set.object, {"spec", "replicas"}); }

// The act that ends the time in which `moment` lies; its time, or that of the last write.
kube::Duration end_of(const Recording& recording, const Moment& moment) {
  return moment.next_act < recording.acts.size() ? recording.acts[moment.next_act].at
                                                 : recording.versions.back().at + seconds(1);
}

bool is_restarting(const json::value& rollout) {
  const std::string_view asked = kube::text_at(rollout, {"spec", "restartAt"});
  return !asked.empty() && asked != kube::text_at(rollout, {"status", "restartedAt"});
}

}  // namespace

const json::value* Moment::find(std::string_view kind, std::string_view name) const {
  for (const Version* version : objects)
    if (version->kind == kind && version->name == name) return &version->object;
  return nullptr;
}

std::vector<Moment> moments_of(const Recording& recording) {
  std::vector<Moment> moments;
  const std::string manifests = kube::print_json(json::array(recording.manifests.begin(), recording.manifests.end()));
  const bool has_deadline = manifests.find("progressDeadlineSeconds") != std::string::npos;
  std::map<std::pair<std::string, std::string>, const Version*> living;
  for (std::size_t at = 0; at < recording.versions.size(); ++at) {
    const Version& version = recording.versions[at];
    const std::pair key{version.kind, version.name};
    if (version.type == kube::WatchType::deleted)
      living.erase(key);
    else
      living[key] = &version;
    Moment moment;
    moment.write = at;
    moment.at = version.at;
    while (moment.next_act < recording.acts.size() &&
           (recording.acts[moment.next_act].at <= moment.at || recording.acts[moment.next_act].words.at(0) == "#"))
      ++moment.next_act;
    const kube::Time now = recording.start + moment.at;
    moment.canonical = fmt::format("{} {}\n", recording.name, moment.next_act);
    for (const auto& [name, object] : living) {
      moment.objects.push_back(object);
      moment.canonical += canonical_text(*object, now, has_deadline) + "\n";
    }
    moments.push_back(std::move(moment));
  }
  return moments;
}

Goal goal_of(const Recording& recording, const Moment& moment) {
  Goal goal;
  const kube::Duration end = end_of(recording, moment);
  goal.end = end;
  kube::Duration last_change{};
  std::set<std::string> sets;
  const auto look = [&](const Version& version) {
    if (version.kind == "Rollout") {
      goal.is_over = version.type == kube::WatchType::deleted;
      goal.row = row_of(version.object);
      goal.restarts |= is_restarting(version.object);
    }
    if (version.kind != "ReplicaSet") return;
    const bool is_gone = version.type == kube::WatchType::deleted;
    const std::int64_t size = is_gone ? 0 : size_of(version);
    // Of all sets, those of a Deployment that the Rollout takes over from, too.
    const auto known = goal.smallest.find(version.name);
    if (known != goal.smallest.end()) known->second = std::min(known->second, size);
    const bool is_ours = kube::find_at(version.object, {"metadata", "labels", "rollouts-pod-template-hash"});
    if (!is_ours) return;
    sets.insert(version.name);
    if (!goal.sizes.contains(version.name) || goal.sizes[version.name] != size) last_change = version.at;
    if (is_gone)
      goal.sizes.erase(version.name);
    else
      goal.sizes[version.name] = size;
  };
  for (const Version* version : moment.objects) {
    if (version->kind == "ReplicaSet") goal.smallest[version->name] = size_of(*version);
    look(*version);
  }
  for (std::size_t at = moment.write + 1; at < recording.versions.size() && recording.versions[at].at < end; ++at)
    look(recording.versions[at]);
  if (last_change + seconds(1) > end) goal.sizes.clear();
  goal.sets.assign(sets.begin(), sets.end());
  return goal;
}

Goal last_goal(const Recording& recording) {
  Moment begin;
  begin.next_act = recording.acts.size();
  begin.objects.push_back(&recording.versions.front());
  return goal_of(recording, begin);
}

}  // namespace sluice::recordings
