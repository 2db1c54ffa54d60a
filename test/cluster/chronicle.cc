// One watch per kind, sorted into namespaces.
#include "test/cluster/chronicle.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "kube/json.h"
#include "kube/reflector.h"
#include "kube/store.h"

namespace sluice::cluster_test {
namespace {

using kube::text_at;
namespace resources = kube::resources;

constexpr kube::Resource kinds[] = {resources::rollouts,
                                    resources::replica_sets,
                                    resources::services,
                                    resources::deployments,
                                    resources::analysis_runs,
                                    resources::http_routes,
                                    {"networking.istio.io", "v1", "VirtualService", "virtualservices"},
                                    {"networking.istio.io", "v1", "DestinationRule", "destinationrules"}};

}  // namespace

struct Chronicle::Sink final : kube::StoreSink {
  Sink(std::string kind, std::map<std::string, std::vector<Page>>& into) : kind(std::move(kind)), into(&into) {}

  void upsert(const json::value& object) override {
    if (!into) return;
    Page page;
    page.version = std::stoll(std::string(text_at(object, {"metadata", "resourceVersion"})));
    page.kind = kind;
    page.name = text_at(object, {"metadata", "name"});
    page.object = object;
    std::int64_t& last = newest[std::string(text_at(object, {"metadata", "uid"}))];
    if (page.version <= last) return;  // told again by a list
    last = page.version;
    (*into)[std::string(text_at(object, {"metadata", "namespace"}))].push_back(std::move(page));
  }
  void erase(const kube::ObjectKey&) override {}
  void begin_list() override {}
  void end_of_list() override {}

  std::string kind;
  std::map<std::string, std::vector<Page>>* into;  // nullptr when nobody reads any more
  std::map<std::string, std::int64_t> newest;      // by uid
  net::cancellation_signal stop;
};

namespace {

net::awaitable<void> watch(World& w, kube::Resource resource, std::shared_ptr<kube::StoreSink> sink) {
  kube::Reflected what{resource, "", ""};
  co_await kube::reflect(w.client, std::move(what), *sink, w.clock, w.log);
}

}  // namespace

std::shared_ptr<Chronicle> Chronicle::of(World& w) {
  static std::weak_ptr<Chronicle> held;
  std::shared_ptr<Chronicle> chronicle = held.lock();
  if (!chronicle) held = chronicle = std::make_shared<Chronicle>(w);
  return chronicle;
}

Chronicle::Chronicle(World& w) {
  for (const kube::Resource& kind : kinds) {
    const auto sink = std::make_shared<Sink>(std::string(kind.kind), pages_);
    sinks_.push_back(sink);
    auto ended = [sink](const std::exception_ptr&) {};
    net::co_spawn(w.io, watch(w, kind, sink), net::bind_cancellation_slot(sink->stop.slot(), std::move(ended)));
  }
}

Chronicle::~Chronicle() {
  for (const std::shared_ptr<Sink>& sink : sinks_) {
    sink->into = nullptr;
    sink->stop.emit(net::cancellation_type::terminal);
  }
}

const std::vector<Page>& Chronicle::pages(const std::string& ns) { return pages_[ns]; }

}  // namespace sluice::cluster_test
