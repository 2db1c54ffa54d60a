// A sandbox cluster with an application controller in it, and repositories that are plain maps, on virtual time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "gitops/application_controller.h"
#include "gitops/git_objects.h"
#include "kube/yaml.h"
#include "sandbox/in_process.h"
#include "sandbox/sandbox.h"

namespace sluice::gitops {

// Repositories in memory. A commit is a set of files; its id tells how many came before.
class MemorySources final : public Sources {
 public:
  using Files = std::map<std::string, std::string>;

  std::string commit(const Files& files, const std::string& branch = "main") {
    const std::string id = fmt::format("{:040x}", commits_.size() + 1);
    commits_[id] = files;
    branches_[branch] = id;
    return id;
  }
  void remove_branch(const std::string& branch) { branches_.erase(branch); }

  std::optional<kube::Error> down;  // what every question to the remote is answered
  int asked = 0;

  net::awaitable<kube::Result<std::string>> resolve(std::string url, std::string revision, std::string,
                                                    kube::Duration) override {
    ++asked;
    if (down) co_return *down;
    if (url != "https://git.example.com/app")
      co_return kube::Error{kube::Fault::not_found, fmt::format("there is no repository at {}", url)};
    if (commits_.contains(revision)) co_return revision;
    const auto at = branches_.find(revision.empty() || revision == "HEAD" ? "main" : revision);
    if (at == branches_.end())
      co_return kube::Error{kube::Fault::not_found,
                            fmt::format("the repository has no branch, tag or commit \"{}\"", revision)};
    co_return at->second;
  }
  net::awaitable<kube::Result<SourceId>> id_of(std::string, std::string commit, std::string path, SourceId) override {
    co_return id(commit, path);
  }
  net::awaitable<kube::Result<LoadedSource>> load(std::string, std::string commit, std::string path,
                                                  DirectorySource directory) override {
    const kube::Result<SourceId> found = id(commit, path);
    if (!found) co_return found.error();
    const SourceFilter filter = filter_of(directory);
    std::vector<SourceFile> files;
    for (const auto& [file, text] : commits_.at(commit)) {
      if (!file.starts_with(path + "/")) continue;
      const std::string inside = file.substr(path.size() + 1);
      if (!filter.recurse && inside.find('/') != std::string::npos) continue;
      if (filter.wanted(inside)) files.push_back({inside, text});
    }
    LoadedSource loaded;
    loaded.id = *found;
    loaded.rendered = std::make_shared<const Rendered>(render(files));
    co_return loaded;
  }
  net::awaitable<kube::Result<CommitSummary>> summarize(std::string, std::string) override {
    co_return CommitSummary{};
  }

 private:
  kube::Result<SourceId> id(const std::string& commit, const std::string& path) const {
    SourceId id;
    for (const auto& [file, text] : commits_.at(commit))
      if (file.starts_with(path + "/")) id.tree += file + "\n" + text + "\n";
    if (id.tree.empty())
      return kube::Error{kube::Fault::not_found, fmt::format("path \"{}\" does not exist in the repository", path)};
    return id;
  }

  std::map<std::string, Files> commits_;
  std::map<std::string, std::string> branches_;
};

// Passes requests on, notes them, and can cut the line.
class NotingTransport final : public kube::Transport {
 public:
  explicit NotingTransport(sandbox::Api& api) : inner_(api) {}

  std::vector<kube::ApiRequest> requests;  // without watches
  std::function<void(const kube::ApiRequest&)> after;
  bool cut = false;

  net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override {
    if (cut) co_return co_await nothing();
    requests.push_back(request);
    const kube::ApiRequest copy = request;
    kube::Result<kube::ApiResponse> response = co_await inner_.send(std::move(request));
    if (after) after(copy);
    if (cut) co_return co_await nothing();
    co_return response;
  }
  net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override {
    return inner_.open(std::move(request));
  }

 private:
  static net::awaitable<kube::Result<kube::ApiResponse>> nothing() {
    co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    co_return kube::Error{kube::Fault::unavailable, "the line is cut"};
  }

  sandbox::InProcessTransport inner_;
};

struct GitopsWorld {
  net::io_context io{1};
  kube::VirtualClock clock{io};
  std::vector<std::string> log_lines;
  kube::Log log{kube::LogLevel::warning, kube::LogFormat::text, [this] { return clock.now(); },
                [this](std::string_view line) { log_lines.emplace_back(line); }};
  sandbox::Sandbox cluster{io, clock, log};
  MemorySources git;

  // One life of the controller's process.
  struct Life {
    NotingTransport transport;
    kube::Client client{transport};
    kube::Tasks tasks;
    ApplicationController controller;

    explicit Life(GitopsWorld& world)
        : transport(world.cluster.api()),
          tasks(world.io.get_executor(), world.log),
          controller(client, world.clock, world.log, world.git, {.resync = kube::seconds{10}}) {
      controller.start(tasks);
    }
  };
  std::unique_ptr<Life> life;

  GitopsWorld() {
    create(kube::resources::namespaces, "apiVersion: v1\nkind: Namespace\nmetadata: {name: argocd}");
    create(kube::resources::namespaces, "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}");
    start();
  }
  ~GitopsWorld() { kill(); }

  void start() {
    life = std::make_unique<Life>(*this);
    clock.settle();
  }
  // What is under way dies with the process; nothing of it reaches the cluster any more.
  void kill() {
    if (!life) return;
    life->transport.cut = true;
    life->tasks.stop();
    clock.settle();
    life.reset();
  }

  void run(int seconds) { clock.run_for(kube::seconds{seconds}); }

  kube::ApiResponse ask(const std::string& method, const std::string& target, const std::string& body,
                        const std::string& type = "application/json") {
    return cluster.api().handle({method, target, type, body, ""});
  }
  void create(const kube::Resource& resource, const std::string& yaml) {
    const auto object = kube::parse_yaml(yaml);
    BOOST_REQUIRE(object.has_value());
    const std::string ns(kube::text_at(*object, {"metadata", "namespace"}));
    const kube::ApiResponse made = ask("POST", resource.collection_path(ns), kube::print_json(*object));
    BOOST_REQUIRE_MESSAGE(made.status == 201, made.body);
  }
  void patch(const kube::Resource& resource, const kube::ObjectKey& key, const std::string& merge) {
    const kube::ApiResponse done = ask("PATCH", resource.object_path(key), merge, "application/merge-patch+json");
    BOOST_REQUIRE_MESSAGE(done.status == 200, done.body);
  }
  void remove(const kube::Resource& resource, const kube::ObjectKey& key) {
    const kube::ApiResponse done = ask("DELETE", resource.object_path(key), "");
    BOOST_REQUIRE_MESSAGE(done.status == 200, done.body);
  }

  // An Application in namespace argocd that deploys apps/<name> of branch main to namespace web.
  void create_application(const std::string& name, const std::string& more = "", const std::string& metadata = "") {
    create(kube::resources::applications,
           fmt::format("apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
                       "metadata: {{name: {0}, namespace: argocd{2}}}\nspec:\n  project: default\n"
                       "  source: {{repoURL: https://git.example.com/app, path: apps/{0}, targetRevision: main}}\n"
                       "  destination: {{server: https://kubernetes.default.svc, namespace: web}}\n{1}",
                       name, more, metadata));
  }

  json::value object(const kube::Resource& resource, const kube::ObjectKey& key) {
    const auto found = cluster.api().find(resource, key);
    return found ? *found : json::value();
  }
  bool exists(const kube::Resource& resource, const kube::ObjectKey& key) { return !object(resource, key).is_null(); }
  std::string text(const kube::Resource& resource, const kube::ObjectKey& key,
                   std::initializer_list<std::string_view> path) {
    const json::value found = object(resource, key);
    const json::value* value = kube::find_at(found, path);
    return !value ? std::string() : value->is_string() ? std::string(value->get_string()) : kube::print_json(*value);
  }
  std::string application(std::initializer_list<std::string_view> path, const std::string& name = "app") {
    return text(kube::resources::applications, {"argocd", name}, path);
  }
  // "Synced Healthy Succeeded": sync status, health, phase of the last operation.
  std::string summary(const std::string& name = "app") {
    return fmt::format("{} {} {}", application({"status", "sync", "status"}, name),
                       application({"status", "health", "status"}, name),
                       application({"status", "operationState", "phase"}, name));
  }
  // The message of a condition; "" without it.
  std::string condition(const std::string& type, const std::string& name = "app") {
    const json::value found = object(kube::resources::applications, {"argocd", name});
    const json::value* conditions = kube::find_at(found, {"status", "conditions"});
    if (conditions && conditions->is_array())
      for (const json::value& one : conditions->get_array())
        if (kube::text_at(one, {"type"}) == type) return std::string(kube::text_at(one, {"message"}));
    return {};
  }
  // Reasons and messages of the Events about an application, in the order of their names, that is of time.
  std::vector<std::string> events(const std::string& name = "app") {
    std::vector<std::string> result;
    cluster.api().for_each(kube::resources::events, "argocd", [&](const auto&, const auto& event) {
      if (kube::text_at(*event, {"involvedObject", "name"}) == name)
        result.push_back(fmt::format("{}: {}", kube::text_at(*event, {"reason"}), kube::text_at(*event, {"message"})));
    });
    return result;
  }
  // Writes that were sent in this life, without Events and dry runs: "PATCH /api/v1/namespaces/web/configmaps/a".
  std::vector<std::string> writes() const {
    std::vector<std::string> result;
    for (const kube::ApiRequest& request : life->transport.requests) {
      if (request.method == "GET" || request.target.find("/events") != std::string::npos ||
          request.target.find("dryRun=All") != std::string::npos)
        continue;
      result.push_back(request.method + " " + request.target.substr(0, request.target.find('?')));
    }
    return result;
  }
};

}  // namespace sluice::gitops
