// A backend of metrics on this machine, a measurement that asks it, and what was asked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/phase.h"
#include "analysis/providers/table.h"
#include "kube/base64.h"
#include "kube/http/url.h"
#include "test/unit/kube/http_fixture.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::analysis {

// Jobs are not what is tested with this.
class NoJobs final : public Provider {
 public:
  net::awaitable<crds::Measurement> run(MeasurementTask) override { co_return crds::Measurement{}; }
  net::awaitable<crds::Measurement> resume(MeasurementTask, crds::Measurement unfinished) override {
    co_return unfinished;
  }
  net::awaitable<crds::Measurement> terminate(MeasurementTask, crds::Measurement unfinished) override {
    co_return unfinished;
  }
  net::awaitable<void> collect_garbage(MeasurementTask, std::vector<crds::Measurement>) override { co_return; }
  kube::StringMap metadata(const crds::Metric&) const override { return {}; }
};

// Requests to any host arrive at one server here; `asked_urls` keeps where they were meant to go. Nothing is retried,
// so that no test waits.
struct Backend {
  net::io_context io{1};
  kube::RealClock clock;
  std::vector<kube::HttpServerRequest> asked;
  std::vector<std::string> asked_urls;
  std::vector<bool> verified;
  std::vector<std::optional<kube::Duration>> deadlines;
  std::function<kube::HttpServerResponse(const kube::HttpServerRequest&)> answer;
  kube::Duration delay{0};
  kube::HttpServer server{
      io.get_executor(), {}, [this](kube::HttpServerRequest request, kube::HttpResponder& responder) {
        return serve(std::move(request), responder);
      }};
  std::map<std::string, std::map<std::string, std::string>> secrets;  // "namespace/name" -> key -> value
  kube::test::ScriptedTransport transport;
  kube::Client client{transport};
  std::map<std::string, std::string, std::less<>> variables;
  ProviderSettings settings;
  NoJobs jobs;
  crds::Metric metric;
  std::unique_ptr<Providers> providers;

  Backend() {
    BOOST_REQUIRE(server.start().has_value());
    metric.name = "rate";
    transport.on_send = [this](const kube::ApiRequest& request) { return secret(request); };
    const FetchHttp network = fetch_over_network({{"127.0.0.0/8"}, {}});
    settings.wire = [this, network](kube::HttpRequest request, bool verify) {
      asked_urls.push_back(request.url);
      verified.push_back(verify);
      deadlines.push_back(request.deadline);
      const auto url = kube::parse_http_url(request.url);
      if (url && url->host != "127.0.0.1") request.url = address() + url->target;
      if (request.deadline) request.deadline = std::min<kube::Duration>(*request.deadline, std::chrono::seconds{5});
      return network(std::move(request), verify);
    };
    settings.limits.retry.attempts = 1;
    settings.limits.shared_for = kube::Duration{0};
    settings.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
    settings.controller_namespace = "sluice";
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(server.port()); }

  net::awaitable<void> serve(kube::HttpServerRequest request, kube::HttpResponder& responder) {
    asked.push_back(request);
    if (delay.count() > 0) {
      net::steady_timer timer(io, delay);
      co_await timer.async_wait(net::use_awaitable);
    }
    kube::HttpServerResponse response = answer(asked.back());
    co_await responder.send(std::move(response));
  }

  kube::Result<kube::ApiResponse> secret(const kube::ApiRequest& request) const {
    for (const auto& [name, entries] : secrets) {
      const std::size_t slash = name.find('/');
      const std::string target = "/api/v1/namespaces/" + name.substr(0, slash) + "/secrets/" + name.substr(slash + 1);
      if (request.target != target) continue;
      std::string data;
      for (const auto& [key, value] : entries)
        data += (data.empty() ? "\"" : ",\"") + key + "\":\"" + kube::encode_base64(value) + "\"";
      return kube::test::answer(200, R"({"kind":"Secret","apiVersion":"v1","data":{)" + data + "}}");
    }
    return kube::test::refusal(404, "NotFound", "secrets not found");
  }

  MeasurementTask task() const {
    MeasurementTask made{{"shop", "run"}, "uid", metric, 1};
    made.run_started = clock.now() - std::chrono::minutes{7};
    return made;
  }

  Providers& table() {
    if (!providers) {
      ProviderSettings copy = settings;
      providers = std::make_unique<Providers>(client, clock, std::move(copy), jobs);
    }
    return *providers;
  }
  crds::Measurement measure() { return kube::run_on(io, table().of(metric).run(task())); }
  crds::Measurement resume(crds::Measurement unfinished) {
    return kube::run_on(io, table().of(metric).resume(task(), std::move(unfinished)));
  }
};

inline kube::HttpServerResponse answering(std::string body, unsigned status = 200) {
  kube::HttpServerResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace sluice::analysis
