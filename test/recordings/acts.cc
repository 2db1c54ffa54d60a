// One command after the other.
#include "test/recordings/acts.h"

#include <algorithm>
#include <stdexcept>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "crds/decode.h"
#include "kube/json.h"
#include "kubectl/fetch.h"
#include "kubectl/image_change.h"
#include "kubectl/promotion.h"
#include "kubectl/revisions.h"
#include "test/recordings/times.h"

namespace sluice::recordings {
namespace {

namespace resources = kube::resources;
using kube::Result;
using Refusal = std::string;  // "" when all was taken
using Words = std::vector<std::string>;

constexpr kube::Resource kinds[] = {
    resources::services,
    resources::deployments,
    resources::replica_sets,
    resources::jobs,
    resources::rollouts,
    resources::experiments,
    resources::analysis_runs,
    resources::analysis_templates,
    {"networking.k8s.io", "v1", "Ingress", "ingresses"},
    {"networking.istio.io", "v1alpha3", "VirtualService", "virtualservices"},
    {"networking.istio.io", "v1alpha3", "DestinationRule", "destinationrules"},
};

template <class T>
T needed(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

// The value of "--name=value" among the words; "" without it.
std::string flag(const Words& words, const std::string& name) {
  for (const std::string& word : words)
    if (word.starts_with(name + "=")) return word.substr(name.size() + 1);
  return "";
}
bool has(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

net::awaitable<Refusal> patch(Stage stage, kube::Resource resource, std::string name, kube::PatchType type,
                              std::string body, std::string subresource) {
  if (body.empty()) co_return "";
  kube::Patch request;
  request.type = type;
  request.body = std::move(body);
  request.subresource = std::move(subresource);
  kube::ObjectKey key{stage.ns, std::move(name)};
  const Result<json::value> answer = co_await stage.client.patch(resource, std::move(key), std::move(request));
  co_return answer ? Refusal() : answer.error().message;
}

net::awaitable<Refusal> merge_rollout(const Recording& recording, Stage stage, std::string body,
                                      std::string subresource) {
  std::string name = recording.rollout;
  co_return co_await patch(stage, resources::rollouts, std::move(name), kube::PatchType::merge, std::move(body),
                           std::move(subresource));
}

// Everything that can be created is; what exists already stays.
net::awaitable<Refusal> create(std::vector<json::value> objects, Stage stage, bool is_strict) {
  Refusal refusal;
  for (json::value& object : objects) {
    stage.adapt(object);
    const kube::Resource resource = resource_of_kind(kube::text_at(object, {"kind"}));
    kube::ObjectKey key{stage.ns, std::string(kube::text_at(object, {"metadata", "name"}))};
    const Result<json::value> present = co_await stage.client.get(resource, std::move(key));
    if (present) continue;
    kube::ApiRequest request;
    request.method = "POST";
    request.target = resource.collection_path(stage.ns) + (is_strict ? "?fieldValidation=Strict" : "");
    request.content_type = "application/json";
    request.body = kube::print_json(object);
    const auto answer = needed(co_await stage.client.transport().send(std::move(request)));
    if (answer.status >= 300) refusal = answer.body;
  }
  co_return refusal;
}

std::vector<json::value> services_named(const Words& words) {
  std::vector<json::value> services;
  for (const std::string& word : words) {
    if (!word.starts_with("web-")) continue;
    const std::string name = word.substr(0, word.find(','));
    services.push_back(json::parse(fmt::format(
        R"({{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{}"}},"spec":{{"selector":{{"app":"web"}},)"
        R"("ports":[{{"name":"http","port":80,"targetPort":"http"}}]}}}})",
        name)));
  }
  return services;
}

net::awaitable<Refusal> set_image(kube::Resource resource, std::string name, std::string change, Stage stage) {
  kube::ObjectKey key{stage.ns, name};
  const json::value object = needed(co_await stage.client.get(resource, std::move(key)));
  const std::size_t sign = change.find('=');
  std::string body = kubectl::image_patch(object, change.substr(0, sign), change.substr(sign + 1));
  co_return co_await patch(stage, resource, std::move(name), kube::PatchType::json, std::move(body), "");
}

net::awaitable<Refusal> promote(const Recording& recording, Stage stage, bool is_full) {
  kube::ObjectKey key{stage.ns, recording.rollout};
  const auto rollout = needed(co_await kubectl::fetch_rollout(stage.client, std::move(key)));
  const kubectl::Promotion plan =
      kubectl::plan_promotion(*rollout, is_full ? kubectl::PromoteMode::full : kubectl::PromoteMode::one_step);
  std::string status = plan.status;
  std::string spec = plan.spec;
  Refusal refusal = co_await merge_rollout(recording, stage, std::move(status), "status");
  if (refusal.empty()) refusal = co_await merge_rollout(recording, stage, std::move(spec), "");
  co_return refusal;
}

net::awaitable<Refusal> undo(const Recording& recording, Stage stage, std::int64_t revision) {
  kube::ObjectKey key{stage.ns, recording.rollout};
  const auto objects = needed(co_await kubectl::fetch_objects(stage.client, std::move(key)));
  const auto set = kubectl::revision_to_undo_to(*objects.rollout, objects.replica_sets, revision);
  if (!set) throw std::runtime_error("there is no revision to undo to");
  const auto restored = crds::with_label(*set->spec.pod_template, "rollouts-pod-template-hash", "");
  json::array operations;
  operations.push_back(
      json::object{{"op", "replace"}, {"path", "/spec/template"}, {"value", crds::to_json(*restored)}});
  std::string body = kube::print_json(operations);
  std::string name = recording.rollout;
  co_return co_await patch(stage, resources::rollouts, std::move(name), kube::PatchType::json, std::move(body), "");
}

net::awaitable<Refusal> kubectl_command(const Recording& recording, const Act& act, Stage stage, kube::Time began) {
  const Words& words = act.words;
  if (words.at(2) == "services") co_return co_await create(services_named(words), stage, true);
  if (words.at(1) == "create" || words.at(1) == "apply") {
    std::vector<json::value> objects = recording.manifests;
    co_return co_await create(std::move(objects), stage, flag(words, "--validate") != "warn");
  }
  if (words.at(1) == "scale") {
    std::string body = fmt::format(R"({{"spec":{{"replicas":{}}}}})", flag(words, "--replicas"));
    co_return co_await merge_rollout(recording, stage, std::move(body), "scale");
  }
  if (words.at(1) == "patch") {
    json::value change = json::parse(words.back());
    shift_times(change, began - recording.start);
    co_return co_await merge_rollout(recording, stage, kube::print_json(change), "");
  }
  if (words.at(1) == "delete") {
    kube::ObjectKey key{stage.ns, recording.rollout};
    const Result<> gone = co_await stage.client.remove(resources::rollouts, std::move(key), kube::DeleteOptions());
    co_return gone ? Refusal() : gone.error().message;
  }
  if (words.at(1) == "set") {
    std::string name = words.at(3).substr(words.at(3).find('/') + 1);
    co_return co_await set_image(resources::deployments, std::move(name), words.at(4), stage);
  }
  throw std::runtime_error(fmt::format("unknown command: {}", fmt::join(words, " ")));
}

net::awaitable<Refusal> plugin_command(const Recording& recording, const Act& act, Stage stage, kube::Time) {
  const Words& words = act.words;
  const std::string& word = words.at(0);
  if (word == "set") {
    std::string name = words.at(2);
    co_return co_await set_image(resources::rollouts, std::move(name), words.at(3), stage);
  }
  if (word == "promote") co_return co_await promote(recording, stage, has(words, "--full"));
  if (word == "undo") {
    const std::string revision = flag(words, "--to-revision");
    co_return co_await undo(recording, stage, revision.empty() ? 0 : std::stoll(revision));
  }
  if (word == "abort") co_return co_await merge_rollout(recording, stage, R"({"status":{"abort":true}})", "status");
  if (word == "retry") co_return co_await merge_rollout(recording, stage, R"({"status":{"abort":false}})", "status");
  if (word == "pause") co_return co_await merge_rollout(recording, stage, R"({"spec":{"paused":true}})", "");
  if (word == "restart") {
    std::string body = fmt::format(R"({{"spec":{{"restartAt":"{}"}}}})", kube::format_time(stage.clock.now()));
    co_return co_await merge_rollout(recording, stage, std::move(body), "");
  }
  throw std::runtime_error(fmt::format("unknown command: {}", fmt::join(words, " ")));
}

}  // namespace

// "# the stub answers [0.5]", "# the stub answers an empty vector", "# the stub answers status 500".
std::optional<std::string> new_answer(const Act& act) {
  if (act.words.at(0) != "#" || !has(act.words, "answers")) return std::nullopt;
  const std::string& last = act.words.back();
  return last == "vector" ? "" : last.starts_with("[") ? last.substr(1, last.size() - 2) : last;
}

kube::Resource resource_of_kind(std::string_view kind) {
  for (const kube::Resource& resource : kinds)
    if (resource.kind == kind) return resource;
  throw std::runtime_error("no recording holds a " + std::string(kind));
}

net::awaitable<void> carry_out(const Recording& recording, const Act& act, Stage stage, kube::Time began) {
  if (act.words.at(0) == "#") {
    if (const auto answer = new_answer(act)) stage.metrics(*answer);
    co_return;
  }
  Refusal refusal;
  if (act.words.at(0) == "kubectl")
    refusal = co_await kubectl_command(recording, act, stage, began);
  else
    refusal = co_await plugin_command(recording, act, stage, began);
  const bool was_refused =
      act.answer.find("Error from server") != std::string::npos || act.answer.find(" is invalid:") != std::string::npos;
  if (was_refused && refusal.empty())
    throw std::runtime_error(fmt::format("not refused: {}", fmt::join(act.words, " ")));
  if (!was_refused && !refusal.empty())
    throw std::runtime_error(fmt::format("{}: {}", fmt::join(act.words, " "), refusal));
}

}  // namespace sluice::recordings
