// The status that a node would report for a pod at one moment.
#include "sandbox/workloads/pod_status.h"

#include <algorithm>

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"

namespace sluice::sandbox {
namespace {

constexpr kube::Duration pull_attempt = std::chrono::seconds(1);

enum class Stage { creating, pull_failed, crashed, started, ready, ended };

Stage stage_of(const PodPlan& plan, kube::Duration age) {
  if (plan.fate == PodFate::never_starts) return age < pull_attempt ? Stage::creating : Stage::pull_failed;
  if (age < plan.starts) return Stage::creating;
  if (plan.fate == PodFate::crashes) return Stage::crashed;
  if (plan.fate == PodFate::ends && age >= plan.ends) return Stage::ended;
  if (plan.fate == PodFate::flaps && age >= plan.ready && flap_loop(plan.serves, age - plan.ready).is_down)
    return Stage::crashed;
  return age < plan.ready || plan.fate == PodFate::breaks ? Stage::started : Stage::ready;
}

std::string_view phase_at(Stage stage, const PodPlan& plan) {
  switch (stage) {
    case Stage::creating:
    case Stage::pull_failed:
      return "Pending";
    case Stage::ended:
      return plan.exit_code == 0 ? "Succeeded" : "Failed";
    default:
      return "Running";
  }
}

json::object waiting(std::string_view reason, std::string message) {
  json::object state{{"reason", reason}};
  if (!message.empty()) state["message"] = std::move(message);
  json::object holder;
  holder["waiting"] = std::move(state);
  return holder;
}

json::object terminated(int code, kube::Time from, kube::Time to) {
  json::object state{{"exitCode", code},
                     {"reason", code == 0 ? "Completed" : "Error"},
                     {"startedAt", kube::format_time(from)},
                     {"finishedAt", kube::format_time(to)}};
  json::object holder;
  holder["terminated"] = std::move(state);
  return holder;
}

json::object container_status(const json::value& container, Stage stage, const PodPlan& plan, kube::Time born,
                              kube::Time now) {
  const std::string_view name = kube::text_at(container, {"name"});
  const std::string_view image = kube::text_at(container, {"image"});
  const kube::Time started = born + plan.starts;
  json::object state;
  json::object last;
  int restarts = 0;
  const bool has_flapped = plan.fate == PodFate::flaps && now >= born + plan.ready;
  if (has_flapped) restarts = flap_loop(plan.serves, now - born - plan.ready).restarts;
  switch (stage) {
    case Stage::creating:
      state = waiting("ContainerCreating", "");
      break;
    case Stage::pull_failed:
      state = waiting("ImagePullBackOff", "Back-off pulling image \"" + std::string(image) + "\"");
      break;
    case Stage::crashed: {
      const CrashLoop loop =
          has_flapped
              ? CrashLoop{restarts, plan.ready - plan.starts + flap_loop(plan.serves, now - born - plan.ready).last}
              : crash_loop(now - started);
      restarts = loop.restarts;
      state = waiting("CrashLoopBackOff", "back-off restarting failed container " + std::string(name));
      last = terminated(1, started + loop.last, started + loop.last);
      break;
    }
    case Stage::ended:
      state = terminated(plan.exit_code, started, born + plan.ends);
      break;
    case Stage::started:
    case Stage::ready: {
      json::object running{{"startedAt", kube::format_time(started)}};
      state["running"] = std::move(running);
      break;
    }
  }
  json::object status{{"name", name},
                      {"image", image},
                      {"imageID", ""},
                      {"ready", stage == Stage::ready},
                      {"started", stage == Stage::started || stage == Stage::ready},
                      {"restartCount", restarts}};
  status["state"] = std::move(state);
  status["lastState"] = std::move(last);
  return status;
}

// The list of conditions: others' first ones as they are, ours behind them.
class Conditions {
 public:
  Conditions(const json::value& pod, kube::Time now) : pod_(pod), now_(kube::format_time(now)) {
    for (const json::value& condition : array_at(pod, {"status", "conditions"}))
      if (!is_ours(kube::text_at(condition, {"type"}))) list_.push_back(condition);
  }

  void set(std::string_view type, bool holds, std::string_view reason) {
    const json::object* before = condition_of(pod_, type);
    const std::string_view status = holds ? "True" : "False";
    const bool is_same = before && text_of(*before, "status") == status;
    json::object condition{{"type", type},
                           {"status", status},
                           {"lastProbeTime", nullptr},  // as the API server completes it
                           {"lastTransitionTime", is_same ? text_of(*before, "lastTransitionTime") : now_}};
    if (!reason.empty()) condition["reason"] = reason;
    list_.push_back(std::move(condition));
  }

  json::array take() { return std::move(list_); }

 private:
  static bool is_ours(std::string_view type) {
    return type == "PodScheduled" || type == "Initialized" || type == "ContainersReady" || type == "Ready";
  }

  const json::value& pod_;
  std::string now_;
  json::array list_;
};

bool gates_open(const json::value& pod) {
  return std::ranges::all_of(array_at(pod, {"spec", "readinessGates"}), [&](const json::value& gate) {
    return is_true(condition_of(pod, kube::text_at(gate, {"conditionType"})));
  });
}

json::array conditions_of(const json::value& pod, Stage stage, kube::Time now) {
  const std::string_view unready = stage == Stage::ended ? "PodCompleted" : "ContainersNotReady";
  const bool containers_ready = stage == Stage::ready;
  const bool open = gates_open(pod);
  Conditions conditions(pod, now);
  conditions.set("PodScheduled", true, "");
  conditions.set("Initialized", true, stage == Stage::ended ? "PodCompleted" : "");
  conditions.set("ContainersReady", containers_ready, containers_ready ? "" : unready);
  conditions.set("Ready", containers_ready && open,
                 !containers_ready ? unready
                 : open            ? std::string_view()
                                   : "ReadinessGatesNotReady");
  return conditions.take();
}

}  // namespace

json::object status_of(const json::value& pod, const PodPlan& plan, const PodPlace& place, kube::Time born,
                       kube::Time now) {
  const Stage stage = stage_of(plan, now - born);
  json::array containers;
  for (const json::value& container : array_at(pod, {"spec", "containers"}))
    containers.push_back(container_status(container, stage, plan, born, now));
  json::object status{
      {"phase", phase_at(stage, plan)}, {"startTime", kube::format_time(born)}, {"hostIP", place.host_ip}};
  status["hostIPs"] = json::array{json::object{{"ip", place.host_ip}}};
  if (stage != Stage::creating && stage != Stage::pull_failed) {
    status["podIP"] = place.pod_ip;
    status["podIPs"] = json::array{json::object{{"ip", place.pod_ip}}};
  }
  status["conditions"] = conditions_of(pod, stage, now);
  status["containerStatuses"] = std::move(containers);
  return status;
}

json::object status_of_unscheduled(const json::value& pod, kube::Time now) {
  Conditions conditions(pod, now);
  conditions.set("PodScheduled", false, "Unschedulable");
  json::object status{{"phase", "Pending"}};
  status["conditions"] = conditions.take();
  return status;
}

std::optional<kube::Time> next_change(const PodPlan& plan, kube::Time born, kube::Time now) {
  const kube::Duration age = now - born;
  if (plan.fate == PodFate::never_starts) return age < pull_attempt ? std::optional(born + pull_attempt) : std::nullopt;
  if (age < plan.starts) return born + plan.starts;
  if (plan.fate == PodFate::crashes) return born + plan.starts + crash_loop(age - plan.starts).next;
  if (plan.fate == PodFate::flaps && age >= plan.ready)
    return born + plan.ready + flap_loop(plan.serves, age - plan.ready).next;
  std::optional<kube::Time> next;
  if (age < plan.ready) next = born + plan.ready;
  if (plan.fate == PodFate::ends && age < plan.ends) next = std::min(born + plan.ends, next.value_or(born + plan.ends));
  return next;
}

}  // namespace sluice::sandbox
