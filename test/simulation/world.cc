// Running scenarios.
#include "world.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "kube/yaml.h"

namespace sluice::simulation {
namespace {

sandbox::SandboxOptions without_traffic(sandbox::SandboxOptions options) {
  options.traffic.reset();
  return options;
}

sandbox::TrafficOptions usual_traffic() {
  sandbox::TrafficOptions traffic;
  traffic.default_rate = 20;
  traffic.tick = std::chrono::milliseconds(50);
  return traffic;
}

const std::vector<kube::Resource>& known_resources() {
  namespace r = kube::resources;
  static const std::vector<kube::Resource> all{
      r::pods,
      r::services,
      r::secrets,
      r::config_maps,
      r::namespaces,
      r::replica_sets,
      r::deployments,
      r::jobs,
      r::http_routes,
      r::rollouts,
      r::analysis_runs,
      r::experiments,
      r::analysis_templates,
      r::cluster_analysis_templates,
      r::applications,
      r::app_projects,
      {"", "v1", "PodTemplate", "podtemplates"},
      {"policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"},
      {"apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false},
      {"gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes"},
      {"gateway.networking.k8s.io", "v1alpha2", "TCPRoute", "tcproutes"},
      {"networking.istio.io", "v1", "VirtualService", "virtualservices"},
      {"networking.istio.io", "v1", "DestinationRule", "destinationrules"},
      {"networking.k8s.io", "v1", "Ingress", "ingresses"}};
  return all;
}

kube::Resource resource_of(const json::value& object) {
  for (const kube::Resource& resource : known_resources())
    if (resource.kind == kube::text_at(object, {"kind"})) return resource;
  BOOST_FAIL("the scenario applies an unknown kind: " << json::serialize(object));
  return kube::resources::pods;
}

kube::ObjectKey key_of(const kube::Resource& resource, const std::string& name, std::string_view ns = "default") {
  return {resource.namespaced ? std::string(ns) : std::string(), name};
}

// While it lives, what changes is changed by a person.
class AsPerson {
 public:
  explicit AsPerson(Acting& acting) : acting_(acting) { acting_.by_person = true; }
  ~AsPerson() { acting_.by_person = false; }
  AsPerson(const AsPerson&) = delete;
  AsPerson& operator=(const AsPerson&) = delete;

 private:
  Acting& acting_;
};

}  // namespace

Controllers::Controllers(sandbox::Api& api, Acting& acting, boost::asio::io_context& io, kube::Clock& clock,
                         const kube::Log& log, analysis::FetchHttp fetch,
                         const std::function<void(FaultyTransport&)>& fit)
    : io_(io),
      clock_(clock),
      api_(api, acting),
      faulty_(api_),
      client_(faulty_),
      events_(client_, clock, log, "rollouts-controller"),
      stores_({}),
      rollouts_(client_, stores_, events_, clock, log, {}),
      experiments_(client_, stores_, events_, clock, log, {}),
      runs_(client_, clock, log, stores_.analysis_runs, stores_.jobs, std::move(fetch), events_, {}),
      tasks_(io.get_executor(), log) {
  if (fit) fit(faulty_);
  stores_.start(tasks_, client_, clock, log);
  tasks_.start("start of the controllers", lead());
}

kube::net::awaitable<void> Controllers::lead() {
  while (!stores_.not_synced().empty()) co_await clock_.sleep_for(std::chrono::milliseconds(10));
  events_.start(tasks_);
  rollouts_.start(tasks_);
  experiments_.start(tasks_);
  runs_.start(tasks_);
}

void Controllers::confirm_by(traffic::LoadBalancerApi& balancers, kube::Clock& clock, const kube::Log& log) {
  balancers_ = std::make_unique<controller::LoadBalancerView>(balancers, clock, log);
  stores_.confirm_by(*balancers_);
  balancers_->start(tasks_);
}

Controllers::~Controllers() {
  faulty_.crash_now();
  tasks_.stop();
  io_.restart();
  while (io_.poll() > 0) io_.restart();
}

World::World(sandbox::SandboxOptions options)
    : log_(
          kube::LogLevel::info, kube::LogFormat::text, [this] { return clock_.now(); },
          [this](std::string_view line) { lines_.emplace_back(line); }),
      sandbox_(io_, clock_, log_, without_traffic(options)),
      oracle_(sandbox_.api(), sandbox_.workloads().gateway(), clock_, acting_),
      late_(sandbox_.api(), acting_) {
  acting_.clock = &clock_;
  acting_.can_act = [this] { return can_act(); };
  sandbox_.api().listen([this](const sandbox::Change&) { check_promises(); });
  const sandbox::TrafficOptions traffic = options.traffic.value_or(usual_traffic());
  traffic_.emplace(sandbox_.api(), sandbox_.workloads().gateway(), clock_, io_.get_executor(), traffic);
}

World::~World() {
  promises_.clear();
  kill();
}

void World::always(std::string what, std::function<bool()> holds) {
  promises_[std::move(what)] = std::move(holds);
  check_promises();
}

void World::check_promises() {
  for (const auto& [what, holds] : promises_)
    if (!holds()) oracle_.fail("always", what, "it does not hold any more");
}

void World::apply(std::string_view yaml) {
  const AsPerson as_person(acting_);
  const auto documents = kube::parse_yaml_documents(yaml);
  BOOST_REQUIRE_MESSAGE(documents.has_value(), "the scenario's YAML is wrong");
  for (const json::value& object : *documents) {
    const kube::Resource resource = resource_of(object);
    std::string_view ns = kube::text_at(object, {"metadata", "namespace"});
    const kube::ObjectKey key =
        key_of(resource, std::string(kube::text_at(object, {"metadata", "name"})), ns.empty() ? "default" : ns);
    const std::string body = json::serialize(object);
    kube::ApiResponse answer =
        sandbox_.api().handle({"POST", resource.collection_path(key.ns), "application/json", body}, "test");
    if (answer.status == 409)
      answer =
          sandbox_.api().handle({"PATCH", resource.object_path(key), "application/merge-patch+json", body}, "test");
    BOOST_REQUIRE_MESSAGE(answer.status < 300, key.text() << ": " << answer.body);
  }
}

void World::replace_spec(std::string_view yaml) {
  const AsPerson as_person(acting_);
  const auto documents = kube::parse_yaml_documents(yaml);
  BOOST_REQUIRE_MESSAGE(documents && documents->size() == 1, "the scenario's YAML is wrong");
  const json::value& object = documents->front();
  const kube::Resource resource = resource_of(object);
  const kube::ObjectKey key = key_of(resource, std::string(kube::text_at(object, {"metadata", "name"})));
  json::object whole{{"op", "replace"}, {"path", "/spec"}};
  whole["value"] = *kube::find_at(object, {"spec"});
  json::array patch;
  patch.push_back(std::move(whole));
  kube::ApiRequest request{"PATCH", resource.object_path(key), "application/json-patch+json", json::serialize(patch)};
  const kube::ApiResponse answer = sandbox_.api().handle(request, "test");
  BOOST_REQUIRE_MESSAGE(answer.status < 300, key.text() << ": " << answer.body);
}

void World::patch(const kube::Resource& resource, const std::string& name, const std::string& body,
                  const std::string& subresource) {
  const AsPerson as_person(acting_);
  kube::ApiRequest request{"PATCH", resource.object_path(key_of(resource, name), subresource),
                           "application/merge-patch+json", body};
  const kube::ApiResponse answer = sandbox_.api().handle(request, "test");
  BOOST_REQUIRE_MESSAGE(answer.status < 300, name << ": " << answer.body);
}

void World::remove(const kube::Resource& resource, const std::string& name) {
  const AsPerson as_person(acting_);
  sandbox_.api().handle({"DELETE", resource.object_path(key_of(resource, name))}, "test");
}

std::shared_ptr<const json::value> World::find(const kube::Resource& resource, const std::string& name) const {
  return const_cast<sandbox::Sandbox&>(sandbox_).api().find(resource, key_of(resource, name));
}

std::vector<std::shared_ptr<const json::value>> World::all(const kube::Resource& resource) const {
  std::vector<std::shared_ptr<const json::value>> found;
  const_cast<sandbox::Sandbox&>(sandbox_).api().for_each(
      resource, "", [&](const kube::ObjectKey&, const auto& object) { found.push_back(object); });
  return found;
}

json::value World::get(const kube::Resource& resource, const std::string& name) const {
  const auto found = find(resource, name);
  return found ? *found : json::value();
}

std::vector<json::value> World::list(const kube::Resource& resource) const {
  std::vector<json::value> copies;
  for (const auto& object : all(resource)) copies.push_back(*object);
  return copies;
}

void World::start() {
  analysis::FetchHttp fetch = [this](kube::HttpRequest request,
                                     bool) -> kube::net::awaitable<kube::Result<kube::HttpResponse>> {
    if (prometheus_delay.count() > 0) {
      const kube::Duration wait = std::min(prometheus_delay, request.deadline.value_or(prometheus_delay));
      co_await clock_.sleep_for(wait);
      if (wait < prometheus_delay) co_return kube::Error{kube::Fault::timeout, "no answer in time"};
    }
    if (!prometheus) co_return kube::Error{kube::Fault::unavailable, "connection refused"};
    co_return prometheus(request);
  };
  controllers_ = std::make_unique<Controllers>(sandbox_.api(), acting_, io_, clock_, log_, std::move(fetch), fit);
  if (load_balancer) controllers_->confirm_by(*load_balancer, clock_, log_);
  restart_at_.reset();
  ++lives_;
}

void World::kill() {
  restart_at_.reset();
  if (controllers_) writes_ += static_cast<int>(controllers_->transport().writes().size());
  controllers_.reset();
}

int World::writes() const {
  return writes_ + (controllers_ ? static_cast<int>(controllers_->transport().writes().size()) : 0);
}

void World::check_requests() {
  if (!traffic_) return;
  const sandbox::EntryCounts total = traffic_->counts().total();
  const auto& [no_backend, no_endpoint, pod_gone] = total.lost;
  if (total.all_lost() > 0)
    oracle_.fail("requests", "lost",
                 fmt::format("{} of {} (no backend {}, no endpoint {}, pod gone {})", total.all_lost(), total.sent,
                             no_backend, no_endpoint, pod_gone));
}

void World::wait_for_quiet(kube::Duration quiet) {
  for (int before = -1, attempts = 0; attempts < 30 && before != writes(); ++attempts) {
    // Who is down or stands still is not at rest; afterwards its watches need a while.
    while (!can_act()) pass(wakes_in() + std::chrono::minutes(2));
    before = writes();
    pass(quiet);
    if (!can_act()) before = -1;
  }
}

bool World::can_act() const {
  if (restart_at_) return false;
  return !controllers_ || !controllers_->transport().stopped_until() ||
         clock_.now() >= *controllers_->transport().stopped_until();
}

kube::Duration World::wakes_in() const {
  const kube::Time awake = restart_at_ ? *restart_at_ : *controllers_->transport().stopped_until();
  return std::max(kube::Duration(0), awake - clock_.now());
}

void World::come_to_rest(kube::Duration quiet) {
  wait_for_quiet(quiet);
  check_requests();
  // An hour of requests would cost more than all the rest of a story, and nothing moves any more.
  traffic_.reset();
  oracle_.expect_rest();
  pass(std::chrono::hours(1));
  oracle_.rest_is_over();
}

bool World::until(const std::function<bool()>& done, kube::Duration limit) {
  const kube::Time began = clock_.now();
  // Patience may come while it is waited, by the fault of a plan.
  bool is_done = false;
  do is_done = run(done, began + limit + patience);
  while (!is_done && clock_.now() < began + limit + patience);
  return is_done;
}

void World::pass(kube::Duration time) {
  run([] { return false; }, clock_.now() + time);
}

bool World::run(const std::function<bool()>& done, kube::Time end) {
  for (;;) {
    const auto stops = [&] {
      if (interrupt) interrupt();
      oracle_.look();
      check_promises();
      return done() || (controllers_ && controllers_->transport().has_crashed());
    };
    const bool is_down = restart_at_.has_value() && *restart_at_ < end;
    const bool stopped = clock_.run_until(stops, is_down ? *restart_at_ : end);
    if (controllers_ && controllers_->transport().has_crashed()) {
      kill();
      restart_at_ = clock_.now() + restart_delay;
      if (restart_delay.count() == 0) start();
      continue;
    }
    if (stopped || !is_down) return stopped;
    start();
  }
}

void World::send_late(kube::ApiRequest request, kube::Duration delay) {
  auto sending = [](World& world, kube::ApiRequest late, kube::Duration wait) -> kube::net::awaitable<void> {
    co_await world.clock_.sleep_for(wait);
    co_await world.late_.send(std::move(late));
  };
  kube::net::co_spawn(io_, sending(*this, std::move(request), delay), kube::net::detached);
}

void World::later(kube::Duration delay, std::function<void()> act) {
  auto waiting = [](World& world, kube::Duration wait, std::function<void()> then) -> kube::net::awaitable<void> {
    co_await world.clock_.sleep_for(wait);
    then();
  };
  kube::net::co_spawn(io_, waiting(*this, delay, std::move(act)), kube::net::detached);
}

kube::ApiResponse World::attempt(const kube::ApiRequest& request) {
  const AsPerson as_person(acting_);
  return sandbox_.api().handle(request, "test");
}

std::string World::text(const kube::Resource& resource, const std::string& name,
                        std::initializer_list<std::string_view> path) const {
  const auto object = find(resource, name);
  return object ? std::string(kube::text_at(*object, path)) : "";
}

std::string World::phase(const std::string& name) const {
  return text(kube::resources::rollouts, name, {"status", "phase"});
}

std::string World::message(const std::string& name) const {
  return text(kube::resources::rollouts, name, {"status", "message"});
}

std::string World::stable(const std::string& name) const {
  return text(kube::resources::rollouts, name, {"status", "stableRS"});
}

bool World::is(const std::string& name, std::string_view phase) const {
  const auto rollout = find(kube::resources::rollouts, name);
  return rollout && kube::text_at(*rollout, {"status", "phase"}) == phase &&
         kube::text_at(*rollout, {"status", "observedGeneration"}) ==
             std::to_string(kube::number_at(*rollout, {"metadata", "generation"}));
}

std::string World::selected(const std::string& service) const {
  return text(kube::resources::services, service, {"spec", "selector", "rollouts-pod-template-hash"});
}

int World::weight(const std::string& route, const std::string& canary_service) const {
  const auto object = find(kube::resources::http_routes, route);
  const json::value* rules = object ? kube::find_at(*object, {"spec", "rules"}) : nullptr;
  if (!rules || !rules->is_array()) return -1;
  for (const json::value& rule : rules->get_array())
    if (const json::value* backends = kube::find_at(rule, {"backendRefs"}))
      for (const json::value& backend : backends->get_array())
        if (kube::text_at(backend, {"name"}) == canary_service)
          return static_cast<int>(kube::number_at(backend, {"weight"}, 1));
  return -1;
}

std::vector<std::string> World::events(const std::string& name) const {
  std::vector<json::value> about;
  for (json::value& event : list(kube::resources::events))
    if (kube::text_at(event, {"involvedObject", "name"}) == name) about.push_back(std::move(event));
  const auto version = [](const json::value& event) {
    return std::stoull(std::string(kube::text_at(event, {"metadata", "resourceVersion"})));
  };
  std::sort(about.begin(), about.end(),
            [&](const json::value& left, const json::value& right) { return version(left) < version(right); });
  std::vector<std::string> reasons;
  for (const json::value& event : about) reasons.emplace_back(kube::text_at(event, {"reason"}));
  return reasons;
}

}  // namespace sluice::simulation
