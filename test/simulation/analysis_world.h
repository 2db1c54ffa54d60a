// A sandbox cluster with an analysis controller in it, on virtual time; the controller can be killed and started again.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include "analysis/run_controller.h"
#include "crds/decode.h"
#include "kube/reflector.h"
#include "sandbox/in_process.h"
#include "sandbox/sandbox.h"

namespace sluice::analysis {

namespace json = boost::json;

// Passes requests on, notes them, and can cut the line before or after one of them reaches the server.
class WatchedTransport final : public kube::Transport {
 public:
  explicit WatchedTransport(sandbox::Api& api) : inner_(api) {}

  std::vector<kube::ApiRequest> requests;
  std::function<void(const kube::ApiRequest&)> before;
  std::function<void(const kube::ApiRequest&)> after;
  bool cut = false;
  unsigned refuse_next = 0;  // the next request gets this status and does not reach the server; 0 lets it through

  net::awaitable<kube::Result<kube::ApiResponse>> send(kube::ApiRequest request) override {
    requests.push_back(request);
    if (before) before(request);
    if (cut) co_return co_await nothing();
    if (const unsigned status = std::exchange(refuse_next, 0); status != 0) {
      co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
      kube::ApiResponse refused;
      refused.status = status;
      refused.body = R"({"kind":"Status","reason":"InternalError","message":"refused"})";
      co_return refused;
    }
    const kube::ApiRequest copy = request;
    kube::Result<kube::ApiResponse> response = co_await inner_.send(std::move(request));
    if (after) after(copy);
    if (cut) co_return co_await nothing();
    co_return response;
  }
  net::awaitable<kube::Result<kube::ApiStream>> open(kube::ApiRequest request) override {
    return inner_.open(std::move(request));
  }

  int writes() const {
    int count = 0;
    for (const kube::ApiRequest& request : requests) count += is_write(request);
    return count;
  }
  int reads() const {
    int count = 0;
    for (const kube::ApiRequest& request : requests) count += request.method == "GET";
    return count;
  }
  // Events are told beside everything else and do not count.
  static bool is_write(const kube::ApiRequest& request) {
    return request.method != "GET" && request.target.find("/events") == std::string::npos;
  }

 private:
  static net::awaitable<kube::Result<kube::ApiResponse>> nothing() {
    co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    co_return kube::Error{kube::Fault::unavailable, "the line is cut"};
  }

  sandbox::InProcessTransport inner_;
};

// One life of the controller process.
struct ControllerLife {
  WatchedTransport transport;
  kube::Client client{transport};
  kube::Store<crds::AnalysisRun> runs{[](const json::value& object) {
    kube::Mistakes ignored;
    return crds::decode_analysis_run(object, ignored);
  }};
  kube::Store<crds::Job> jobs{[](const json::value& object) {
    kube::Mistakes ignored;
    return crds::decode_job(object, ignored);
  }};
  kube::Tasks tasks;
  kube::EventRecorder events;
  AnalysisRunController controller;

  ControllerLife(net::io_context& io, kube::Clock& clock, const kube::Log& log, sandbox::Api& api, FetchHttp fetch)
      : transport(api),
        tasks(io.get_executor(), log),
        events(client, clock, log, "rollouts-controller"),
        controller(client, clock, log, runs, jobs, std::move(fetch), events, {}) {
    follow(clock, log);
  }
  // Starts everything; again after tasks.stop().
  void follow(kube::Clock& clock, const kube::Log& log) {
    kube::Reflected all_runs{kube::resources::analysis_runs, "", "", false};
    kube::Reflected all_jobs{kube::resources::jobs, "", std::string(job_uid_label), false};
    tasks.start("runs", kube::reflect(client, all_runs, runs, clock, log));
    tasks.start("jobs", kube::reflect(client, all_jobs, jobs, clock, log));
    events.start(tasks);
    controller.start(tasks);
  }
};

struct AnalysisWorld {
  net::io_context io{1};
  kube::VirtualClock clock{io};
  std::vector<std::string> log_lines;
  kube::Log log{kube::LogLevel::warning, kube::LogFormat::text, [this] { return clock.now(); },
                [this](std::string_view line) { log_lines.emplace_back(line); }};
  sandbox::Sandbox cluster{io, clock, log};
  std::vector<kube::HttpRequest> asked;
  std::function<kube::Result<kube::HttpResponse>(const kube::HttpRequest&)> backend;
  std::function<kube::Duration(const kube::HttpRequest&)> answers_after;  // at once without it
  std::unique_ptr<ControllerLife> life;

  AnalysisWorld() { start(); }
  ~AnalysisWorld() { kill(); }

  void start() {
    auto fetch = [this](kube::HttpRequest request, bool) { return ask(std::move(request)); };
    life = std::make_unique<ControllerLife>(io, clock, log, cluster.api(), fetch);
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
  net::awaitable<kube::Result<kube::HttpResponse>> ask(kube::HttpRequest request) {
    co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
    asked.push_back(request);
    const kube::Duration wait = answers_after ? answers_after(request) : kube::Duration{0};
    if (wait > kube::Duration{0}) co_await clock.sleep_for(wait);
    co_return backend(request);
  }

  // A request of a user; throws when the server refuses it.
  json::value request(std::string method, std::string target, std::string body = "",
                      std::string type = "application/json") {
    kube::ApiRequest made;
    made.method = std::move(method);
    made.target = std::move(target);
    made.content_type = body.empty() ? "" : std::move(type);
    made.body = std::move(body);
    const kube::ApiResponse response = cluster.api().handle(made);
    if (response.status >= 300) throw std::runtime_error(made.method + " " + made.target + ": " + response.body);
    return json::parse(response.body);
  }
  static std::string run_path(const std::string& name = "") {
    return "/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns" + (name.empty() ? "" : "/" + name);
  }
  void make_run(const std::string& spec, const std::string& name = "run") {
    request("POST", run_path(),
            R"({"apiVersion":"argoproj.io/v1alpha1","kind":"AnalysisRun","metadata":{"name":")" + name +
                R"("},"spec":)" + spec + "}");
  }
  void patch_run(const std::string& patch, const std::string& name = "run") {
    request("PATCH", run_path(name), patch, "application/merge-patch+json");
  }
  std::shared_ptr<const crds::AnalysisRun> run(const std::string& name = "run") {
    const auto found = cluster.api().find(kube::resources::analysis_runs, {"default", name});
    if (!found) return nullptr;
    kube::Mistakes ignored;
    return crds::decode_analysis_run(*found, ignored);
  }
  // "Warning AnalysisRunFailed: Analysis Completed. Result: Failed" for every event about runs, as they were written.
  std::vector<std::string> told() {
    std::map<std::string, std::string> by_version;
    cluster.api().for_each(kube::resources::events, "", [&](const kube::ObjectKey&, const auto& event) {
      if (kube::text_at(*event, {"involvedObject", "kind"}) != "AnalysisRun") return;
      const std::string version(kube::text_at(*event, {"metadata", "resourceVersion"}));
      by_version[std::string(10 - version.size(), '0') + version] =
          std::string(kube::text_at(*event, {"type"})) + " " + std::string(kube::text_at(*event, {"reason"})) + ": " +
          std::string(kube::text_at(*event, {"message"}));
    });
    std::vector<std::string> texts;
    for (const auto& [version, text] : by_version) texts.push_back(text);
    return texts;
  }
  // Names of all Jobs without the uid of the run, oldest first.
  std::vector<std::string> jobs() {
    std::vector<std::string> names;
    cluster.api().for_each(kube::resources::jobs, "", [&](const kube::ObjectKey& key, const auto&) {
      names.push_back(key.name.substr(key.name.find('.') + 1));
    });
    std::sort(names.begin(), names.end());
    return names;
  }
  bool run_until_over(kube::Duration limit, const std::string& name = "run") {
    return clock.run_until([&] { return is_completed(phase_of(run(name)->status.phase)); }, clock.now() + limit);
  }
};

}  // namespace sluice::analysis
