// Making a settled Rollout, and copying it.
#include "fleet.h"

#include <algorithm>
#include <stdexcept>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/rollout_controller.h"
#include "crds/pod_template.h"
#include "kube/clock.h"
#include "kube/events.h"
#include "kube/json.h"
#include "kube/tasks.h"
#include "kube/yaml.h"
#include "manifests.h"
#include "sandbox/in_process.h"
#include "sandbox/object_store.h"
#include "sandbox/sandbox.h"

namespace sluice::bench {
namespace {

namespace json = boost::json;
namespace r = kube::resources;

void send(sandbox::Api& api, const std::string& method, const std::string& target, const std::string& body,
          const std::string& type = "application/json") {
  const kube::ApiResponse answer = api.handle({method, target, type, body}, "person");
  if (answer.status >= 300) throw std::runtime_error(method + " " + target + ": " + answer.body);
}

// True when the controller has finished with the newest generation and the old sets are empty.
bool is_settled(const sandbox::Api& api, const std::string& image) {
  const auto rollout = api.find(r::rollouts, {"default", "model"});
  if (!rollout || kube::text_at(*rollout, {"status", "phase"}) != "Healthy") return false;
  if (kube::text_at(*rollout, {"status", "observedGeneration"}) !=
      std::to_string(kube::number_at(*rollout, {"metadata", "generation"})))
    return false;
  bool settled = false;
  bool others_are_empty = true;
  api.for_each(r::replica_sets, "default", [&](const kube::ObjectKey&, const auto& set) {
    if (kube::print_json(*set).find(image) != std::string::npos)
      settled = kube::number_at(*set, {"status", "availableReplicas"}) == 3;
    else
      others_are_empty = others_are_empty && kube::number_at(*set, {"status", "replicas"}) == 0;
  });
  return settled && others_are_empty;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string hash_of(const std::string& pod_template) {
  return crds::make_pod_template(kube::parse_json(pod_template).value())->hash;
}

void collect(const sandbox::Api& api, Model& model) {
  for (const kube::Resource& resource : {r::rollouts, r::replica_sets, r::services, r::http_routes, r::endpoint_slices})
    api.for_each(resource, "default", [&](const kube::ObjectKey& key, const auto& object) {
      if (!key.name.starts_with("model")) return;
      model.objects.push_back({resource, kube::print_json(*object)});
      model.uids.emplace_back(kube::text_at(*object, {"metadata", "uid"}));
      if (resource.kind != "ReplicaSet") return;
      json::value pod_template = *kube::find_at(*object, {"spec", "template"});
      pod_template.at("metadata").at("labels").get_object().erase("rollouts-pod-template-hash");
      model.templates.push_back(kube::print_json(pod_template));
      model.hashes.emplace_back(kube::text_at(*object, {"metadata", "labels", "rollouts-pod-template-hash"}));
    });
}

// The object with the names, hashes and uids of the copy.
std::string copied(std::string text, const Model& model, const std::vector<std::string>& hashes,
                   const std::string& name, const std::string& ns, std::size_t number) {
  for (std::size_t at = 0; at < hashes.size(); ++at) text = replaced(std::move(text), model.hashes[at], hashes[at]);
  for (const std::string& uid : model.uids)
    text = replaced(std::move(text), uid, fmt::format("{:08x}{}", number, uid.substr(8)));
  text = replaced(std::move(text), "\"default\"", "\"" + ns + "\"");
  return replaced(std::move(text), "model", name);
}

void put(sandbox::Api& api, const kube::Resource& resource, const std::string& text) {
  json::value object = kube::parse_json(text).value();
  const kube::ObjectKey key{std::string(kube::text_at(object, {"metadata", "namespace"})),
                            std::string(kube::text_at(object, {"metadata", "name"}))};
  api.store().put(std::string(resource.group) + "/" + std::string(resource.plural), key, std::move(object));
}

}  // namespace

Model make_model() {
  boost::asio::io_context io(1);
  kube::VirtualClock clock(io);
  const kube::Log log(kube::LogLevel::error, kube::LogFormat::text, [&] { return clock.now(); });
  sandbox::Sandbox cluster(io, clock, log);
  sandbox::InProcessTransport transport(cluster.api(), "sluice");
  kube::Client client(transport);
  kube::EventRecorder events(client, clock, log, "rollouts-controller");
  controller::Stores stores({});
  controller::RolloutController rollouts(client, stores, events, clock, log, {});
  kube::Tasks tasks(io.get_executor(), log);
  events.start(tasks);
  stores.start(tasks, client, clock, log);
  rollouts.start(tasks);

  const auto documents = kube::parse_yaml_documents(routed_canary("model", 3, 30, "25, 50"));
  if (!documents) throw std::runtime_error(documents.error().message);
  for (const json::value& object : *documents) {
    const std::string_view kind = kube::text_at(object, {"kind"});
    const kube::Resource resource = kind == "Rollout" ? r::rollouts : kind == "Service" ? r::services : r::http_routes;
    send(cluster.api(), "POST", resource.collection_path("default"), kube::print_json(object));
  }
  for (int version = 1; version <= 4; ++version) {
    if (version > 1)
      send(cluster.api(), "PATCH", r::rollouts.object_path({"default", "model"}),
           fmt::format(R"([{{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"{}"}}])",
                       image("model", version)),
           "application/json-patch+json");
    if (!clock.run_until([&] { return is_settled(cluster.api(), image("model", version)); },
                         clock.now() + std::chrono::minutes(10)))
      throw std::runtime_error(fmt::format("revision {} of the model does not come to rest", version));
    clock.run_for(std::chrono::minutes(2));
  }
  Model model;
  collect(cluster.api(), model);
  tasks.stop();
  io.restart();
  while (io.poll() > 0) io.restart();
  return model;
}

void add_fleet(sandbox::Api& api, const Model& model, std::size_t count) {
  for (std::size_t number = 0; number < count; ++number) {
    const std::string name = fmt::format("web-{:05}", number);
    const std::string ns = fmt::format("team-{:03}", number / 50);
    if (number % 50 == 0)
      send(api, "POST", r::namespaces.collection_path(""),
           fmt::format(R"({{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{}"}}}})", ns));
    std::vector<std::string> hashes;
    for (const std::string& pod_template : model.templates)
      hashes.push_back(hash_of(replaced(pod_template, "model", name)));
    for (const Model::Object& object : model.objects)
      put(api, object.resource, copied(object.text, model, hashes, name, ns, number));
  }
}

void add_foreign(sandbox::Api& api, std::size_t count) {
  for (std::size_t number = 0; number < count; ++number) {
    const auto object = [&](std::string_view kind, std::string_view version) {
      return fmt::format(
          R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":"foreign-{}","namespace":"default","uid":"foreign-{}-{}","labels":{{"app":"foreign"}}}}}})",
          version, kind, number, kind, number);
    };
    put(api, r::replica_sets, object("ReplicaSet", "apps/v1"));
    put(api, r::pods, object("Pod", "v1"));
  }
}

}  // namespace sluice::bench
