// B4: many AnalysisRuns that measure at the same time; and what a finished one costs in memory.
#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/http/server.h"
#include "kube/json.h"
#include "measures.h"
#include "served_cluster.h"

namespace sluice::bench {
namespace {

namespace json = boost::json;
namespace net = boost::asio;
namespace r = kube::resources;
using kube::Duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration interval = seconds(10);
constexpr Duration answer_after = milliseconds(20);
constexpr int runs_per_namespace = 100;
// All runs are created at once; by then each metric has been measured at least twice and has its own grid.
constexpr Duration until_settled = seconds(25);

// The value of a field of a form, still encoded.
std::string field_of(const std::string& form, std::string_view name) {
  const std::size_t at = form.find(std::string(name) + "=");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 1;
  return form.substr(begin, form.find('&', begin) - begin);
}

// Speaks as Prometheus does, after 20 ms, and notes when each query came.
class Stub {
 public:
  Stub(net::io_context& io, kube::Clock& clock)
      : clock_(clock),
        server_(io.get_executor(), {}, [this](kube::HttpServerRequest request, kube::HttpResponder& responder) {
          return answer(std::move(request), responder);
        }) {
    if (const auto started = server_.start(); !started) throw std::runtime_error(started.error().message);
  }

  std::uint16_t port() const { return server_.port(); }
  const std::map<std::string, std::vector<Duration>>& arrivals() const { return arrivals_; }

 private:
  net::awaitable<void> answer(kube::HttpServerRequest request, kube::HttpResponder& responder) {
    arrivals_[field_of(request.body, "query")].push_back(clock_.elapsed());
    co_await clock_.sleep_for(answer_after);
    kube::HttpServerResponse response;
    response.body =
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1767225600,"0.995"]}]}})";
    co_await responder.send(std::move(response));
  }

  kube::Clock& clock_;
  std::map<std::string, std::vector<Duration>> arrivals_;  // by query
  kube::HttpServer server_;
};

std::string run_name(int number) { return fmt::format("run-{:04}", number); }
std::string namespace_of(int number) { return fmt::format("team-{:03}", number / runs_per_namespace); }

// Two metrics of its own and one that all runs of the namespace ask in the same words.
std::string run_manifest(int number, std::uint16_t port) {
  json::array metrics;
  const std::string own = namespace_of(number) + "/" + run_name(number);
  for (const auto& [name, query] : {std::pair<std::string, std::string>{"errors", "errors{run=\"" + own + "\"}"},
                                    {"latency", "latency{run=\"" + own + "\"}"},
                                    {"shared", "up{namespace=\"" + namespace_of(number) + "\"}"}})
    metrics.push_back(
        {{"name", name},
         {"interval", "10s"},
         {"successCondition", "len(result) == 1 && result[0] >= 0.95"},
         {"provider", {{"prometheus", {{"address", fmt::format("http://127.0.0.1:{}", port)}, {"query", query}}}}}});
  return kube::print_json(json::object{{"apiVersion", "argoproj.io/v1alpha1"},
                                       {"kind", "AnalysisRun"},
                                       {"metadata", {{"name", run_name(number)}}},
                                       {"spec", {{"metrics", std::move(metrics)}}}});
}

// The arrivals of one query between two moments, those of each rhythm by themselves: all runs that began together ask
// together, and each rhythm shows once in the interval that the first arrival begins.
std::vector<std::vector<Duration>> rhythms_of(const std::vector<Duration>& arrivals, Duration begun, Duration end) {
  std::vector<std::vector<Duration>> rhythms;
  for (const Duration at : arrivals) {
    if (at < begun || at > end) continue;
    if (rhythms.empty() || at < rhythms.front().front() + interval - milliseconds(200)) {
      rhythms.push_back({at});
      continue;
    }
    const auto distance = [at](const std::vector<Duration>& rhythm) {
      const Duration off = (at - rhythm.front()) % interval;
      return std::min(off, interval - off);
    };
    std::ranges::min_element(rhythms, {}, distance)->push_back(at);
  }
  if (rhythms.empty()) throw std::runtime_error("a query was asked no more");
  return rhythms;
}

// How late each arrival was, in milliseconds: against a grid of whole intervals through the earliest of them.
std::vector<double> late_against_grid(const std::vector<Duration>& arrivals) {
  std::vector<double> phases;
  for (std::size_t at = 0; at < arrivals.size(); ++at)
    phases.push_back(static_cast<double>((arrivals[at] - static_cast<int>(at) * interval).count()) / 1000);
  const double earliest = *std::ranges::min_element(phases);
  for (double& phase : phases) phase -= earliest;
  return phases;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

// Measured so far in all runs; throws for a measurement that went wrong.
std::int64_t check_runs(ServedCluster& cluster, int runs) {
  std::int64_t measured = 0;
  for (int number = 0; number < runs; ++number) {
    const json::value* run = cluster.find(r::analysis_runs, run_name(number), namespace_of(number));
    if (!run || kube::text_at(*run, {"status", "phase"}) != "Running")
      throw std::runtime_error(run_name(number) + " does not run");
    const json::value* results = kube::find_at(*run, {"status", "metricResults"});
    if (!results || results->as_array().size() != 3) throw std::runtime_error(run_name(number) + " lacks a metric");
    for (const json::value& result : results->as_array()) {
      if (kube::number_at(result, {"error"}) + kube::number_at(result, {"failed"}) > 0)
        throw std::runtime_error(run_name(number) + " has a measurement that went wrong");
      measured += kube::number_at(result, {"count"});
    }
  }
  return measured;
}

}  // namespace

void measure_lateness(const std::string& controller, int runs, int length) {
  ServedCluster cluster(std::nullopt);
  Stub stub(cluster.io(), cluster.clock());
  const auto subject = cluster.start_controller(controller, {"--analysis-egress-allow", "127.0.0.0/8"});
  cluster.serve_until_ready();
  cluster.serve_for(seconds(1));
  for (int number = 0; number < runs; ++number)
    cluster.ask("POST", r::analysis_runs.collection_path(namespace_of(number)), run_manifest(number, stub.port()));
  cluster.serve_for(until_settled);

  const Duration begun = cluster.clock().elapsed();
  const Duration cpu_before = subject->cpu_time();
  const std::int64_t measured_before = check_runs(cluster, runs);
  cluster.ledger().clear();
  cluster.serve_for(seconds(length));
  const Duration end = cluster.clock().elapsed();
  const Duration cpu = subject->cpu_time() - cpu_before;
  int writes = 0;
  for (const Call& call : cluster.ledger().calls()) writes += call.is_write() ? 1 : 0;
  const std::int64_t measured = check_runs(cluster, runs) - measured_before;

  const std::size_t namespaces = static_cast<std::size_t>((runs + runs_per_namespace - 1) / runs_per_namespace);
  if (stub.arrivals().size() != 2 * static_cast<std::size_t>(runs) + namespaces)
    throw std::runtime_error(fmt::format("{} different queries came", stub.arrivals().size()));
  std::int64_t sent = 0;
  std::int64_t expected = 0;
  std::size_t rhythms = 0;
  double drift = 0;
  std::vector<double> late;
  for (const auto& [query, all] : stub.arrivals())
    for (std::vector<Duration>& arrivals : rhythms_of(all, begun, end)) {
      // Whole intervals from the first arrival; what is due close to the end may come after it.
      const auto whole = (end - milliseconds(500) - arrivals.front()) / interval;
      std::erase_if(arrivals, [&](Duration at) { return at > arrivals.front() + whole * interval + interval / 2; });
      ++rhythms;
      sent += static_cast<std::int64_t>(arrivals.size());
      expected += whole + 1;
      const std::vector<double> own = late_against_grid(arrivals);
      late.insert(late.end(), own.begin(), own.end());
      drift = std::max(drift, std::abs(own.back() - own.front()));
    }
  json::object histogram;  // whole milliseconds
  std::map<int, int> counted;
  for (const double each : late) ++counted[static_cast<int>(each)];
  for (const auto& [at, count] : counted) histogram[std::to_string(at)] = count;
  cluster.serve_until_ended(*subject);
  print_sample("measuring", {{"runs", runs},
                             {"seconds", length},
                             {"measurements", measured},
                             {"queries_sent", sent},
                             {"queries_expected", expected},
                             {"different_queries", stub.arrivals().size()},
                             {"rhythms", rhythms},
                             {"late_p50_ms", percentile(late, 0.5)},
                             {"late_p99_ms", percentile(late, 0.99)},
                             {"late_max_ms", percentile(late, 1)},
                             {"drift_max_ms", drift},
                             {"late_ms_histogram", std::move(histogram)},
                             {"status_writes", writes},
                             {"cpu_us", cpu.count()}});
}

namespace {

// A run as a Rollout leaves it behind: three metrics, ten measurements each.
std::string finished_run(int number) {
  const std::string hash = fmt::format("{:08x}", 0x5f000000 + number);
  json::array metrics;
  json::array results;
  for (const std::string name : {"success-rate", "latency-p99", "restarts"}) {
    metrics.push_back(
        {{"name", name},
         {"interval", "1m"},
         {"count", 10},
         {"failureLimit", 1},
         {"successCondition", "len(result) > 0 && result[0] >= 0.95"},
         {"failureCondition", "len(result) > 0 && result[0] < 0.9"},
         {"provider",
          {{"prometheus",
            {{"address", "http://prometheus.monitoring:9090"},
             {"query",
              "sum(rate(http_requests_total{service=\"{{args.service}}\",pod_template_hash=\"{{args.hash}}\","
              "code!~\"5..\"}[1m])) / sum(rate(http_requests_total{service=\"{{args.service}}\"}[1m]))"}}}}}});
    json::array measurements;
    for (int minute = 0; minute < 10; ++minute) {
      const std::string at = fmt::format("2026-01-02T03:{:02}:07Z", minute + 4);
      measurements.push_back({{"phase", "Successful"},
                              {"startedAt", at},
                              {"finishedAt", at},
                              {"value", fmt::format("[0.99{:03}{}]", number % 1000, minute)}});
    }
    results.push_back({{"name", name},
                       {"phase", "Successful"},
                       {"count", 10},
                       {"successful", 10},
                       {"consecutiveSuccess", 10},
                       {"measurements", std::move(measurements)},
                       {"metadata",
                        {{"ResolvedPrometheusQuery",
                          "sum(rate(http_requests_total{service=\"shop\","
                          "pod_template_hash=\"" +
                              hash + "\"}[1m]))"}}}});
  }
  const std::string rollout = fmt::format("shop-{:04}", number / 10);
  return kube::print_json(json::object{
      {"apiVersion", "argoproj.io/v1alpha1"},
      {"kind", "AnalysisRun"},
      {"metadata",
       {{"name", fmt::format("{}-{}-{}-2", rollout, hash, number % 10 + 2)},
        {"labels",
         {{"app", rollout}, {"rollout-type", "Step"}, {"rollouts-pod-template-hash", hash}, {"step-index", "2"}}},
        {"annotations", {{"rollout.argoproj.io/revision", std::to_string(number % 10 + 2)}}},
        {"ownerReferences", json::array{{{"apiVersion", "argoproj.io/v1alpha1"},
                                         {"kind", "Rollout"},
                                         {"name", rollout},
                                         {"uid", fmt::format("6f1f2b1a-0000-4000-8000-{:012}", number / 10)},
                                         {"controller", true},
                                         {"blockOwnerDeletion", true}}}}}},
      {"spec",
       {{"args", {{{"name", "service"}, {"value", rollout}}, {{"name", "hash"}, {"value", hash}}}},
        {"metrics", std::move(metrics)}}},
      {"status",
       {{"phase", "Successful"},
        {"startedAt", "2026-01-02T03:04:05Z"},
        {"completedAt", "2026-01-02T03:14:05Z"},
        {"runSummary", {{"count", 3}, {"successful", 3}}},
        {"dryRunSummary", json::object{}},
        {"metricResults", std::move(results)}}}});
}

}  // namespace

void measure_finished_runs(const std::string& controller, int runs) {
  ServedCluster cluster(std::nullopt);
  for (int number = 0; number < runs; ++number)
    cluster.ask("POST", r::analysis_runs.collection_path(namespace_of(number)), finished_run(number));
  const auto subject = cluster.start_controller(controller);
  cluster.serve_until_ready();
  cluster.serve_for(seconds(12));  // the controller gives memory back when it has been quiet for a while
  const Footprint footprint = subject->footprint();
  cluster.serve_until_ended(*subject);
  print_sample("finished-runs", {{"runs", runs}, {"pss", footprint.pss}, {"peak_rss", footprint.peak}});
}

}  // namespace sluice::bench
