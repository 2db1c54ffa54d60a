// Serving a sandbox to a separate process.
#include "served_cluster.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/http/client.h"
#include "kube/json.h"
#include "kube/yaml.h"
#include "sandbox/kubeconfig_file.h"

namespace sluice::bench {
namespace {

namespace net = boost::asio;

std::string temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-bench-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make a temporary folder");
  return pattern;
}

const kube::Resource& resource_of(const json::value& object) {
  namespace r = kube::resources;
  static const std::vector<kube::Resource> known{r::services, r::http_routes, r::rollouts, r::analysis_templates};
  for (const kube::Resource& resource : known)
    if (resource.kind == kube::text_at(object, {"kind"})) return resource;
  throw std::runtime_error("unknown kind in a manifest");
}

net::awaitable<void> wait_until_ready(kube::Clock& clock, std::string url, bool& is_ready) {
  kube::HttpClient http{kube::HttpClientOptions{}};
  for (;;) {
    kube::HttpRequest request;
    request.url = url;
    const kube::Result<kube::HttpResponse> answer = co_await http.send(std::move(request));
    if (answer && answer->status == 200) break;
    co_await clock.sleep_for(std::chrono::milliseconds(2));
  }
  is_ready = true;
}

}  // namespace

ServedCluster::ServedCluster(std::optional<sandbox::WorkloadOptions> workloads)
    : log_(kube::LogLevel::warning, kube::LogFormat::text, [this] { return clock_.now(); }),
      folder_(temporary_folder()) {
  if (workloads) {
    sandbox::SandboxOptions options;
    options.workloads = *workloads;
    sandbox_ = std::make_unique<sandbox::Sandbox>(io_, clock_, log_, options);
    api_ = &sandbox_->api();
  } else {
    bare_ = std::make_unique<sandbox::Api>(clock_);
    api_ = bare_.get();
  }
  api_->listen([this](const sandbox::Change& change) { ledger_.note_change(change, clock_.now()); });
  sandbox::ApiServerOptions options;
  options.log = [this](const sandbox::RequestRecord& record) { ledger_.note_request(record); };
  server_ = std::make_unique<sandbox::ApiServer>(io_.get_executor(), *api_, clock_, std::move(options));
  if (const auto started = server_->start(); !started) throw std::runtime_error(started.error().message);
  const auto written =
      sandbox::write_kubeconfig(folder_ + "/config", server_->url(), server_->authority_pem(), server_->token());
  if (!written) throw std::runtime_error(written.error().message);
}

ServedCluster::~ServedCluster() {
  std::error_code ignored;
  if (!std::getenv("SLUICE_BENCH_KEEP")) std::filesystem::remove_all(folder_, ignored);
}

void ServedCluster::ask(const std::string& method, const std::string& target, const std::string& body,
                        const std::string& content_type) {
  const kube::ApiResponse answer = api_->handle({method, target, content_type, body}, "person");
  if (answer.status >= 300) throw std::runtime_error(method + " " + target + ": " + answer.body);
}

void ServedCluster::create(const std::string& yaml) {
  const auto documents = kube::parse_yaml_documents(yaml);
  if (!documents) throw std::runtime_error(documents.error().message);
  for (const json::value& object : *documents)
    ask("POST", resource_of(object).collection_path("default"), kube::print_json(object));
}

const json::value* ServedCluster::find(const kube::Resource& resource, const std::string& name, const std::string& ns) {
  return api_->find(resource, {ns, name}).get();
}

std::unique_ptr<Subject> ServedCluster::start_controller(const std::string& program,
                                                         const std::vector<std::string>& flags) {
  health_port_ = free_port();
  std::vector<std::string> command{
      program,         "controller", "--kubeconfig",  folder_ + "/config",         "--bind-address", "127.0.0.1",
      "--metricsPort", "0",          "--healthzPort", std::to_string(health_port_)};
  command.insert(command.end(), flags.begin(), flags.end());
  return std::make_unique<Subject>(std::move(command), folder_ + "/controller.log");
}

bool ServedCluster::serve_until(const std::function<bool()>& done, kube::Duration limit) {
  const kube::Duration end = clock_.elapsed() + limit;
  while (!done()) {
    if (clock_.elapsed() >= end) return false;
    io_.restart();
    io_.run_for(std::chrono::milliseconds(5));
  }
  return true;
}

void ServedCluster::serve_for(kube::Duration length) {
  io_.restart();
  io_.run_for(length);
}

void ServedCluster::serve_until_ended(Subject& subject) {
  if (!subject.is_running()) throw std::runtime_error("the controller has ended by itself; its log is in " + folder_);
  subject.ask_to_end();
  serve_until([&] { return !subject.is_running(); }, std::chrono::seconds(10));
  if (subject.exit_code() != 0) throw std::runtime_error("the controller did not end in order");
}

void ServedCluster::serve_until_ready() {
  bool is_ready = false;
  net::co_spawn(io_, wait_until_ready(clock_, fmt::format("http://127.0.0.1:{}/readyz", health_port_), is_ready),
                net::detached);
  if (!serve_until([&] { return is_ready; }, std::chrono::minutes(2)))
    throw std::runtime_error("the controller does not become ready; its log is in " + folder_);
}

}  // namespace sluice::bench
