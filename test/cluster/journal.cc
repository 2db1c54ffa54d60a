// Watching a kind into a journal, and a gateway that does no more than accept.
#include "test/cluster/journal.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/array.hpp>
#include <fmt/format.h>

#include "kube/reflector.h"
#include "kube/store.h"

namespace sluice::cluster_test {
namespace {

using kube::find_at;
using kube::number_at;
using kube::text_at;
using kube::resources::http_routes;

net::awaitable<void> watch(Scene scene, kube::Resource resource, std::shared_ptr<kube::StoreSink> sink) {
  kube::Reflected what{resource, scene.ns, ""};
  co_await kube::reflect(scene.w.client, std::move(what), *sink, scene.w.clock, scene.w.log);
}

bool is_accepted(const json::value& route) {
  const json::value* parents = find_at(route, {"status", "parents"});
  if (!parents || parents->as_array().empty()) return false;
  const json::value* conditions = find_at(parents->as_array()[0], {"conditions"});
  return conditions && number_at(conditions->as_array().at(0), {"observedGeneration"}) ==
                           number_at(route, {"metadata", "generation"});
}

net::awaitable<void> accept(Scene scene, std::string name, std::int64_t generation, kube::Duration delay) {
  co_await scene.w.clock.sleep_for(delay);
  const auto condition = [&](const char* type) {
    return fmt::format(
        R"({{"type":"{}","status":"True","reason":"{}","message":"","observedGeneration":{},"lastTransitionTime":"{}"}})",
        type, type, generation, kube::format_time(scene.w.clock.now()));
  };
  kube::Patch patch;
  patch.subresource = "status";
  patch.body = fmt::format(
      R"({{"status":{{"parents":[{{"parentRef":{{"name":"gateway"}},"controllerName":"test/gateway","conditions":[{},{}]}}]}}}})",
      condition("Accepted"), condition("ResolvedRefs"));
  // A route that has changed meanwhile, or has gone, is told of again.
  kube::ObjectKey key{scene.ns, std::move(name)};
  co_await scene.w.client.patch(http_routes, std::move(key), std::move(patch));
}

}  // namespace

struct Journal::Pages final : kube::StoreSink {
  void upsert(const json::value& object) override {
    entries.push_back(object);
    if (listener) listener(object);
  }
  void erase(const kube::ObjectKey&) override {}
  void begin_list() override {}
  void end_of_list() override {}

  std::vector<json::value> entries;
  Listener listener;
  net::cancellation_signal stop;
};

Journal::Journal(Scene scene, kube::Resource resource, Listener listener) : pages_(std::make_shared<Pages>()) {
  pages_->listener = std::move(listener);
  auto ended = [pages = pages_](const std::exception_ptr&) {};
  net::co_spawn(scene.w.io, watch(scene, resource, pages_),
                net::bind_cancellation_slot(pages_->stop.slot(), std::move(ended)));
}

Journal::~Journal() {
  pages_->listener = {};
  pages_->stop.emit(net::cancellation_type::terminal);
}

std::vector<std::string> Journal::values(const std::string& name,
                                         const std::function<std::string(const json::value&)>& reading) const {
  std::vector<std::string> found;
  for (const json::value& entry : pages_->entries) {
    if (text_at(entry, {"metadata", "name"}) != name) continue;
    std::string value = reading(entry);
    if (found.empty() || found.back() != value) found.push_back(std::move(value));
  }
  return found;
}

TestGateway::TestGateway(Scene scene, kube::Duration delay)
    : journal_(scene, http_routes, [scene, delay](const json::value& route) {
        if (is_accepted(route)) return;
        net::co_spawn(scene.w.io,
                      accept(scene, std::string(text_at(route, {"metadata", "name"})),
                             number_at(route, {"metadata", "generation"}), delay),
                      net::detached);
      }) {}

std::vector<std::string> TestGateway::weights_of(const std::string& route, const std::string& service) const {
  return journal_.values(route, [&](const json::value& object) {
    const json::value& rule = find_at(object, {"spec", "rules"})->as_array().at(0);
    for (const json::value& backend : find_at(rule, {"backendRefs"})->as_array())
      if (text_at(backend, {"name"}) == service) return std::to_string(number_at(backend, {"weight"}));
    return std::string("none");
  });
}

}  // namespace sluice::cluster_test
