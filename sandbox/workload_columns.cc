// The columns of what runs: pods and all that makes pods.
#include <map>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/object_parts.h"
#include "sandbox/selector_text.h"
#include "sandbox/table.h"

namespace sluice::sandbox {
namespace {

using kube::number_at;
using kube::text_at;

const json::array* list_at(const json::value& from, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(from, path);
  return found ? found->if_array() : nullptr;
}

json::value name(const json::value& object, kube::Time) { return json::value(text_at(object, {"metadata", "name"})); }
json::value age(const json::value& object, kube::Time now) {
  return json::value(age_cell(object, {"metadata", "creationTimestamp"}, now));
}

std::string joined(const json::value& object, std::initializer_list<std::string_view> path, std::string_view member) {
  std::string text;
  if (const json::array* list = list_at(object, path))
    for (const json::value& item : *list) text += (text.empty() ? "" : ",") + std::string(text_at(item, {member}));
  return text;
}
json::value containers(const json::value& object, kube::Time) {
  return json::value(joined(object, {"spec", "template", "spec", "containers"}, "name"));
}
json::value images(const json::value& object, kube::Time) {
  return json::value(joined(object, {"spec", "template", "spec", "containers"}, "image"));
}
json::value selector(const json::value& object, kube::Time) {
  const json::value* found = kube::find_at(object, {"spec", "selector"});
  return json::value(text_or(found ? selector_text(*found) : "", "<none>"));
}
json::value number(const json::value& object, std::initializer_list<std::string_view> path) {
  return number_at(object, path);
}

// Pods.

bool is_true_condition(const json::value& pod, std::string_view type) {
  if (const json::array* conditions = list_at(pod, {"status", "conditions"}))
    for (const json::value& condition : *conditions)
      if (text_at(condition, {"type"}) == type) return text_at(condition, {"status"}) == "True";
  return false;
}

std::string container_reason(const json::value& status) {
  if (const std::string_view reason = text_at(status, {"state", "waiting", "reason"}); !reason.empty())
    return std::string(reason);
  const json::value* ended = kube::find_at(status, {"state", "terminated"});
  if (!ended) return "";
  if (const std::string_view reason = text_at(*ended, {"reason"}); !reason.empty()) return std::string(reason);
  if (const std::int64_t signal = number_at(*ended, {"signal"}); signal != 0) return fmt::format("Signal:{}", signal);
  return fmt::format("ExitCode:{}", number_at(*ended, {"exitCode"}));
}

json::value pod_ready(const json::value& pod, kube::Time) {
  std::size_t ready = 0;
  if (const json::array* statuses = list_at(pod, {"status", "containerStatuses"}))
    for (const json::value& status : *statuses) {
      const json::value* flag = kube::find_at(status, {"ready"});
      if (flag && flag->is_bool() && flag->get_bool()) ++ready;
    }
  const json::array* all = list_at(pod, {"spec", "containers"});
  return json::value(fmt::format("{}/{}", ready, all ? all->size() : 0));
}

json::value pod_status(const json::value& pod, kube::Time) {
  std::string reason = text_or(text_at(pod, {"status", "reason"}), text_at(pod, {"status", "phase"}));
  if (const json::array* statuses = list_at(pod, {"status", "containerStatuses"})) {
    bool running = false;
    for (auto status = statuses->rbegin(); status != statuses->rend(); ++status) {
      const std::string own = container_reason(*status);
      if (!own.empty()) reason = own;
      const json::value* flag = kube::find_at(*status, {"ready"});
      running = running || (own.empty() && kube::find_at(*status, {"state", "running"}) && flag && flag->is_bool() &&
                            flag->get_bool());
    }
    if (reason == "Completed" && running) reason = is_true_condition(pod, "Ready") ? "Running" : "NotReady";
  }
  if (is_terminating(pod)) reason = text_at(pod, {"status", "reason"}) == "NodeLost" ? "Unknown" : "Terminating";
  return json::value(reason);
}

json::value pod_restarts(const json::value& pod, kube::Time now) {
  std::int64_t restarts = 0;
  std::string last;
  if (const json::array* statuses = list_at(pod, {"status", "containerStatuses"}))
    for (const json::value& status : *statuses) {
      restarts += number_at(status, {"restartCount"});
      const std::string_view end = text_at(status, {"lastState", "terminated", "finishedAt"});
      if (end > last) last = end;
    }
  const kube::Result<kube::Time> end = kube::parse_time(last);
  if (restarts > 0 && end) return json::value(fmt::format("{} ({} ago)", restarts, kube::format_age(now - *end)));
  return json::value(std::to_string(restarts));
}

json::value pod_address(const json::value& pod, kube::Time) {
  return json::value(text_or(text_at(pod, {"status", "podIP"}), "<none>"));
}
json::value pod_node(const json::value& pod, kube::Time) {
  return json::value(text_or(text_at(pod, {"spec", "nodeName"}), "<none>"));
}
json::value pod_nominated(const json::value& pod, kube::Time) {
  return json::value(text_or(text_at(pod, {"status", "nominatedNodeName"}), "<none>"));
}
json::value pod_gates(const json::value& pod, kube::Time) {
  const json::array* gates = list_at(pod, {"spec", "readinessGates"});
  if (!gates || gates->empty()) return "<none>";
  std::size_t open = 0;
  for (const json::value& gate : *gates) open += is_true_condition(pod, text_at(gate, {"conditionType"}));
  return json::value(fmt::format("{}/{}", open, gates->size()));
}

// Sets.

json::value wanted(const json::value& set, kube::Time) { return number(set, {"spec", "replicas"}); }
json::value current(const json::value& set, kube::Time) { return number(set, {"status", "replicas"}); }
json::value ready(const json::value& set, kube::Time) { return number(set, {"status", "readyReplicas"}); }
json::value updated(const json::value& set, kube::Time) { return number(set, {"status", "updatedReplicas"}); }
json::value available(const json::value& set, kube::Time) { return number(set, {"status", "availableReplicas"}); }
json::value ready_of_wanted(const json::value& set, kube::Time) {
  return json::value(
      fmt::format("{}/{}", number_at(set, {"status", "readyReplicas"}), number_at(set, {"spec", "replicas"})));
}

template <const char* member>
json::value daemon_number(const json::value& set, kube::Time) {
  return number_at(set, {"status", member});
}
constexpr char desired_scheduled[] = "desiredNumberScheduled";
constexpr char current_scheduled[] = "currentNumberScheduled";
constexpr char number_ready[] = "numberReady";
constexpr char updated_scheduled[] = "updatedNumberScheduled";
constexpr char number_available[] = "numberAvailable";

json::value node_selector(const json::value& set, kube::Time) {
  const json::value* found = kube::find_at(set, {"spec", "template", "spec", "nodeSelector"});
  return json::value(text_or(found ? selector_text(*found) : "", "<none>"));
}

// Jobs.

json::value job_status(const json::value& job, kube::Time) {
  std::string shown;
  if (const json::array* conditions = list_at(job, {"status", "conditions"}))
    for (const json::value& condition : *conditions) {
      const std::string_view type = text_at(condition, {"type"});
      if (text_at(condition, {"status"}) != "True") continue;
      if (type == "Complete" || type == "Failed" || type == "Suspended" || type == "FailureTarget" ||
          type == "SuccessCriteriaMet")
        shown = type;
      if (type == "Complete" || type == "Failed") break;
    }
  if (is_terminating(job)) return "Terminating";
  return json::value(text_or(shown, "Running"));
}
json::value job_completions(const json::value& job, kube::Time) {
  const json::value* completions = kube::find_at(job, {"spec", "completions"});
  const std::int64_t done = number_at(job, {"status", "succeeded"});
  if (completions) return json::value(fmt::format("{}/{}", done, number_at(job, {"spec", "completions"})));
  const std::int64_t parallel = number_at(job, {"spec", "parallelism"}, 1);
  return json::value(parallel > 1 ? fmt::format("{}/1 of {}", done, parallel) : fmt::format("{}/1", done));
}
json::value job_duration(const json::value& job, kube::Time now) {
  const kube::Result<kube::Time> begin = kube::parse_time(text_at(job, {"status", "startTime"}));
  if (!begin) return "";
  const kube::Result<kube::Time> end = kube::parse_time(text_at(job, {"status", "completionTime"}));
  return json::value(kube::format_age((end ? *end : now) - *begin));
}
json::value cron_schedule(const json::value& job, kube::Time) {
  return json::value(text_at(job, {"spec", "schedule"}));
}
json::value cron_zone(const json::value& job, kube::Time) {
  return json::value(text_or(text_at(job, {"spec", "timeZone"}), "<none>"));
}
json::value cron_suspend(const json::value& job, kube::Time) {
  const json::value* flag = kube::find_at(job, {"spec", "suspend"});
  return flag && flag->is_bool() && flag->get_bool() ? "True" : "False";
}
json::value cron_active(const json::value& job, kube::Time) {
  const json::array* active = list_at(job, {"status", "active"});
  return static_cast<std::int64_t>(active ? active->size() : 0);
}
json::value cron_last(const json::value& job, kube::Time now) {
  return json::value(text_at(job, {"status", "lastScheduleTime"}).empty()
                         ? "<none>"
                         : age_cell(job, {"status", "lastScheduleTime"}, now));
}

const std::map<std::string_view, std::vector<Column>>& all_columns() {
  static const std::map<std::string_view, std::vector<Column>> columns = {
      {"Pod",
       {{"Name", "string", 0, name},
        {"Ready", "string", 0, pod_ready},
        {"Status", "string", 0, pod_status},
        {"Restarts", "string", 0, pod_restarts},
        {"Age", "string", 0, age},
        {"IP", "string", 1, pod_address},
        {"Node", "string", 1, pod_node},
        {"Nominated Node", "string", 1, pod_nominated},
        {"Readiness Gates", "string", 1, pod_gates}}},
      {"Deployment.apps",
       {{"Name", "string", 0, name},
        {"Ready", "string", 0, ready_of_wanted},
        {"Up-to-date", "string", 0, updated},
        {"Available", "string", 0, available},
        {"Age", "string", 0, age},
        {"Containers", "string", 1, containers},
        {"Images", "string", 1, images},
        {"Selector", "string", 1, selector}}},
      {"ReplicaSet.apps",
       {{"Name", "string", 0, name},
        {"Desired", "integer", 0, wanted},
        {"Current", "integer", 0, current},
        {"Ready", "integer", 0, ready},
        {"Age", "string", 0, age},
        {"Containers", "string", 1, containers},
        {"Images", "string", 1, images},
        {"Selector", "string", 1, selector}}},
      {"StatefulSet.apps",
       {{"Name", "string", 0, name},
        {"Ready", "string", 0, ready_of_wanted},
        {"Age", "string", 0, age},
        {"Containers", "string", 1, containers},
        {"Images", "string", 1, images}}},
      {"DaemonSet.apps",
       {{"Name", "string", 0, name},
        {"Desired", "integer", 0, daemon_number<desired_scheduled>},
        {"Current", "integer", 0, daemon_number<current_scheduled>},
        {"Ready", "integer", 0, daemon_number<number_ready>},
        {"Up-to-date", "integer", 0, daemon_number<updated_scheduled>},
        {"Available", "integer", 0, daemon_number<number_available>},
        {"Node Selector", "string", 0, node_selector},
        {"Age", "string", 0, age},
        {"Containers", "string", 1, containers},
        {"Images", "string", 1, images},
        {"Selector", "string", 1, selector}}},
      {"Job.batch",
       {{"Name", "string", 0, name},
        {"Status", "string", 0, job_status},
        {"Completions", "string", 0, job_completions},
        {"Duration", "string", 0, job_duration},
        {"Age", "string", 0, age},
        {"Containers", "string", 1, containers},
        {"Images", "string", 1, images},
        {"Selector", "string", 1, selector}}},
      {"CronJob.batch",
       {{"Name", "string", 0, name},
        {"Schedule", "string", 0, cron_schedule},
        {"Timezone", "string", 0, cron_zone},
        {"Suspend", "boolean", 0, cron_suspend},
        {"Active", "integer", 0, cron_active},
        {"Last Schedule", "string", 0, cron_last},
        {"Age", "string", 0, age}}},
  };
  return columns;
}

}  // namespace

const std::vector<Column>* workload_columns(std::string_view kind_name) {
  const auto at = all_columns().find(kind_name);
  return at == all_columns().end() ? nullptr : &at->second;
}

}  // namespace sluice::sandbox
