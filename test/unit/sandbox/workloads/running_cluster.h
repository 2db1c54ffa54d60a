// A sandbox cluster whose workloads run, on virtual time, with short ways to make objects and to look at them.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "kube/log.h"
#include "sandbox/workloads/workloads.h"
#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {

struct RunningCluster : Cluster {
  // Refused writes, faults, and writes that changed nothing.
  std::vector<std::string> log_lines;
  kube::Log log{kube::LogLevel::debug, kube::LogFormat::text, [this] { return clock.now(); },
                [this](std::string_view line) { log_lines.emplace_back(line); }};
  Workloads workloads{api, clock, io.get_executor(), log};

  void run_for(kube::Duration length) { clock.run_for(length); }

  // In the namespace "default".
  static std::string path(std::string_view plural, std::string_view name = {}) {
    const bool is_core = plural == "pods" || plural == "services";
    const std::string group = is_core                      ? "/api/v1"
                              : plural == "jobs"           ? "/apis/batch/v1"
                              : plural == "endpointslices" ? "/apis/discovery.k8s.io/v1"
                              : plural == "httproutes"     ? "/apis/gateway.networking.k8s.io/v1"
                              : plural == "rollouts"       ? "/apis/argoproj.io/v1alpha1"
                                                           : "/apis/apps/v1";
    return group + "/namespaces/default/" + std::string(plural) + (name.empty() ? "" : "/" + std::string(name));
  }
  std::vector<json::value> all(std::string_view plural, std::string_view label_selector = {}) {
    std::string target = path(plural);
    if (!label_selector.empty()) target += "?labelSelector=" + std::string(label_selector);
    const json::value list = get(target).body;
    const json::array& items = list.at("items").as_array();
    return {items.begin(), items.end()};
  }
  json::value one(std::string_view plural, std::string_view name) { return get(path(plural, name)).body; }
  // How many of the pods have Ready True and are not terminating.
  int ready_pods(std::string_view label_selector = {}) {
    int ready = 0;
    for (const json::value& pod : all("pods", label_selector)) {
      if (kube::find_at(pod, {"metadata", "deletionTimestamp"})) continue;
      if (const json::value* conditions = kube::find_at(pod, {"status", "conditions"}))
        for (const json::value& condition : conditions->as_array())
          ready += kube::text_at(condition, {"type"}) == "Ready" && kube::text_at(condition, {"status"}) == "True";
    }
    return ready;
  }

  // A ReplicaSet or Deployment that selects app=<name>; `container` are members of its container besides the name,
  // `annotations` those of the template.
  void make_set(std::string_view plural, std::string_view name, int replicas,
                std::string_view container = R"("image":"web:v1")", std::string_view annotations = "") {
    const Answered made = post(path(plural), set_body(plural, name, replicas, container, annotations));
    if (made.status != 201) throw std::runtime_error(made.message());
  }
  static std::string set_body(std::string_view plural, std::string_view name, int replicas, std::string_view container,
                              std::string_view annotations = "") {
    return fmt::format(R"({{"apiVersion":"apps/v1","kind":"{}","metadata":{{"name":"{}"}},"spec":{{"replicas":{},
        "selector":{{"matchLabels":{{"app":"{}"}}}},
        "template":{{"metadata":{{"labels":{{"app":"{}"}},"annotations":{{{}}}}},
                     "spec":{{"containers":[{{"name":"app",{}}}]}}}}}}}})",
                       plural == "deployments" ? "Deployment" : "ReplicaSet", name, replicas, name, name, annotations,
                       container);
  }
  void scale(std::string_view plural, std::string_view name, int replicas) {
    merge(path(plural, name), fmt::format(R"({{"spec":{{"replicas":{}}}}})", replicas));
  }
  // A Job whose shell runs `command`; `spec` are more members of its spec, each followed by a comma.
  void make_job(std::string_view name, std::string_view command, std::string_view spec = "") {
    const Answered made = post(path("jobs"), fmt::format(R"({{"apiVersion":"batch/v1","kind":"Job",
        "metadata":{{"name":"{}"}},"spec":{{{}"template":{{"spec":{{"restartPolicy":"Never","containers":[
        {{"name":"main","image":"alpine","command":["sh","-c"],"args":["{}"]}}]}}}}}}}})",
                                                         name, spec, command));
    if (made.status != 201) throw std::runtime_error(made.message());
  }
  void make_service(std::string_view name, std::string_view selector) {
    const Answered made = post(path("services"), fmt::format(R"({{"apiVersion":"v1","kind":"Service",
        "metadata":{{"name":"{}"}},"spec":{{"selector":{{{}}},"ports":[{{"port":80,"targetPort":8080}}]}}}})",
                                                             name, selector));
    if (made.status != 201) throw std::runtime_error(made.message());
  }
  // The status of a condition in status.conditions; "" when it is not there.
  static std::string condition(const json::value& object, std::string_view type, std::string_view member = "status") {
    if (const json::value* conditions = kube::find_at(object, {"status", "conditions"}))
      for (const json::value& each : conditions->as_array())
        if (kube::text_at(each, {"type"}) == type) return std::string(kube::text_at(each, {member}));
    return "";
  }
};

}  // namespace sluice::sandbox
