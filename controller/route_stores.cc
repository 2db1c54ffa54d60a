// Which kinds of routing objects there are, in which versions, and what is kept of each object.
#include "controller/route_stores.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/fields.h"
#include "kube/json.h"
#include "kube/reflector.h"
#include "kube/resource.h"
#include "kube/selector.h"

namespace sluice::controller {

// `versions`: those that this program can write, the preferred first. With one only, it is not asked for.
struct RouteStores::Row {
  kube::Resource resource;
  std::vector<std::string_view> versions;
  bool is_always_watched = false;
  std::string_view product;  // what brings the kind along
};

namespace {

namespace json = boost::json;
namespace resources = kube::resources;
namespace net = kube::net;
using kube::Result;

// A kind that a Rollout names and that is not installed is looked for again after this.
constexpr kube::Duration look_again_after = std::chrono::seconds(5);

// The members of `from` with these names, as far as they are there.
json::object picked(const json::value& from, std::initializer_list<std::string_view> names) {
  json::object kept;
  if (from.is_object())
    for (const std::string_view name : names)
      if (const json::value* member = from.get_object().if_contains(name)) kept[name] = *member;
  return kept;
}

json::array each_picked(const json::value& list, std::initializer_list<std::string_view> names) {
  json::array kept;
  if (list.is_array())
    for (const json::value& item : list.get_array()) kept.push_back(picked(item, names));
  return kept;
}

// Which fields a writer owns is not read, and neither are whole copies of the object in annotations.
json::object kept_metadata(const json::value& meta) {
  json::object kept =
      picked(meta, {"name", "namespace", "resourceVersion", "generation", "labels", "annotations", "managedFields"});
  if (json::value* annotations = kept.if_contains("annotations"); annotations && annotations->is_object())
    annotations->get_object().erase("kubectl.kubernetes.io/last-applied-configuration");
  if (json::value* fields = kept.if_contains("managedFields"))
    *fields = each_picked(*fields, {"manager", "time", "subresource"});
  return kept;
}

json::object kept_status(const json::value& status) {
  json::object kept = picked(status, {"observedGeneration", "validationMessages", "loadBalancer"});
  static constexpr auto of_condition = {std::string_view("type"), std::string_view("status"),
                                        std::string_view("observedGeneration"), std::string_view("message")};
  if (const json::value* conditions = kube::find_at(status, {"conditions"}))
    kept["conditions"] = each_picked(*conditions, of_condition);
  const json::value* parents = kube::find_at(status, {"parents"});
  if (!parents || !parents->is_array() || parents->get_array().empty()) return kept;
  json::array reports;
  for (const json::value& parent : parents->get_array()) {
    json::object report = picked(parent, {"parentRef"});
    if (const json::value* conditions = kube::find_at(parent, {"conditions"}))
      report["conditions"] = each_picked(*conditions, of_condition);
    reports.push_back(std::move(report));
  }
  kept["parents"] = std::move(reports);
  return kept;
}

std::shared_ptr<const RouteText> keep_route(const json::value& object) {
  auto route = std::make_shared<RouteText>();
  route->meta.name = kube::text_at(object, {"metadata", "name"});
  route->meta.ns = kube::text_at(object, {"metadata", "namespace"});
  route->meta.uid = kube::text_at(object, {"metadata", "uid"});
  route->meta.resource_version = kube::text_at(object, {"metadata", "resourceVersion"});
  route->meta.generation = kube::number_at(object, {"metadata", "generation"});
  kube::Mistakes ignored;
  if (const json::value* labels = kube::find_at(object, {"metadata", "labels"}))
    route->meta.labels = kube::decode<kube::StringMap>(*labels, ignored);
  json::object kept = picked(object, {"spec"});
  if (const json::value* meta = kube::find_at(object, {"metadata"})) kept["metadata"] = kept_metadata(*meta);
  if (const json::value* status = kube::find_at(object, {"status"}))
    if (json::object told = kept_status(*status); !told.empty()) kept["status"] = std::move(told);
  route->text = kube::print_json(kept);
  return route;
}

}  // namespace

RouteStores::Kind::Kind(const Row& of) : row(of), version(of.resource.version), objects(keep_route) {}

RouteStores::RouteStores() {
  constexpr std::string_view gateway = "gateway.networking.k8s.io";
  constexpr std::string_view istio = "networking.istio.io";
  static const std::vector<Row> rows{
      {resources::http_routes, {"v1"}, true, "the Gateway API"},
      {{gateway, "v1", "GRPCRoute", "grpcroutes"}, {"v1"}, false, "the Gateway API"},
      {{gateway, "v1alpha2", "TCPRoute", "tcproutes"}, {"v1", "v1alpha2"}, false, "the Gateway API"},
      {{gateway, "v1alpha2", "TLSRoute", "tlsroutes"}, {"v1", "v1alpha3", "v1alpha2"}, false, "the Gateway API"},
      {{istio, "v1", "VirtualService", "virtualservices"}, {"v1", "v1beta1", "v1alpha3"}, false, "Istio"},
      {{istio, "v1", "DestinationRule", "destinationrules"}, {"v1", "v1beta1", "v1alpha3"}, false, "Istio"},
      {{"networking.k8s.io", "v1", "Ingress", "ingresses"}, {"v1"}, false, "Kubernetes"}};
  for (const Row& row : rows) {
    auto kind = std::make_unique<Kind>(row);
    kind->is_needed = row.is_always_watched;
    kind->objects.listen([this, name = row.resource.kind](const kube::ObjectKey& key, const RouteText*,
                                                          const RouteText*) { tell(name, key); });
    kinds_.emplace(row.resource.kind, std::move(kind));
  }
}

RouteStores::Kind* RouteStores::find(std::string_view kind) const {
  const auto at = kinds_.find(kind);
  return at == kinds_.end() ? nullptr : at->second.get();
}

kube::Store<RouteText>& RouteStores::of(std::string_view kind) { return kinds_.find(kind)->second->objects; }
const kube::Store<RouteText>& RouteStores::of(std::string_view kind) const {
  return kinds_.find(kind)->second->objects;
}

kube::Resource RouteStores::resource(std::string_view kind) const {
  const Kind& known = *kinds_.find(kind)->second;
  kube::Resource resource = known.row.resource;
  resource.version = known.version;
  return resource;
}

std::vector<std::string> RouteStores::matching(std::string_view kind, const std::string& ns,
                                               const kube::LabelSelector& selector) const {
  std::vector<std::string> names;
  const Kind* known = find(kind);
  if (!known) return names;
  known->objects.for_each([&](const kube::ObjectKey& key, const RouteText& route) {
    if (key.ns == ns && kube::matches(selector, route.meta.labels)) names.push_back(key.name);
  });
  std::sort(names.begin(), names.end());
  return names;
}

void RouteStores::need(std::string_view kind) {
  Kind* known = find(kind);
  if (!known || known->is_needed) return;
  known->is_needed = true;
  if (tools_.tasks) watch(*known);
}

bool RouteStores::is_read(std::string_view kind) const {
  const Kind* known = find(kind);
  return known && (known->objects.is_synced() || known->is_missing);
}

bool RouteStores::is_installed(std::string_view kind) const {
  const Kind* known = find(kind);
  return known && !known->is_missing;
}

std::string RouteStores::missing_kind_text(std::string_view kind) const {
  const Kind* known = find(kind);
  if (!known) return fmt::format("the kind {} is unknown", kind);
  return fmt::format("the cluster does not know the kind {} ({}); install the custom resources of {}", kind,
                     known->row.resource.group, known->row.product);
}

void RouteStores::start(kube::Tasks& tasks, kube::Client& client, kube::Clock& clock, const kube::Log& log,
                        std::string ns) {
  tools_ = {&tasks, &client, &clock, &log, std::move(ns)};
  for (auto& [name, kind] : kinds_)
    if (kind->is_needed) watch(*kind);
}

void RouteStores::watch(Kind& kind) {
  if (std::exchange(kind.is_started, true)) return;
  tools_.tasks->start("watch of " + std::string(kind.row.resource.plural), follow(&kind));
}

net::awaitable<void> RouteStores::follow(Kind* kind) {
  while (kind->row.versions.size() > 1) {
    const std::string served = co_await served_version(kind);
    const bool was_missing = std::exchange(kind->is_missing, served.empty());
    if (kind->is_missing != was_missing) tell(kind->row.resource.kind, {});
    if (!served.empty()) {
      kind->version = served;
      break;
    }
    if (!was_missing) tools_.log->info("the kind is not installed", {{"kind", std::string(kind->row.resource.plural)}});
    co_await tools_.clock->sleep_for(look_again_after);
  }
  kube::Reflected what{resource(kind->row.resource.kind), tools_.ns, "", true};
  co_await kube::reflect(*tools_.client, std::move(what), kind->objects, *tools_.clock, *tools_.log);
}

// The best version in which the server serves the kind; "" for none. A server that cannot be asked counts as one that
// does not, and is asked again.
net::awaitable<std::string> RouteStores::served_version(Kind* kind) {
  const kube::Resource resource = kind->row.resource;
  const Result<json::value> group = co_await tools_.client->get_path("/apis/" + std::string(resource.group));
  if (!group) co_return std::string();
  const json::value* served = kube::find_at(*group, {"versions"});
  if (!served || !served->is_array()) co_return std::string();
  for (const std::string_view version : kind->row.versions) {
    const bool is_offered =
        std::any_of(served->get_array().begin(), served->get_array().end(),
                    [&](const json::value& entry) { return kube::text_at(entry, {"version"}) == version; });
    if (!is_offered) continue;
    std::string path = fmt::format("/apis/{}/{}", resource.group, version);
    const Result<json::value> list = co_await tools_.client->get_path(std::move(path));
    const json::value* kinds = list ? kube::find_at(*list, {"resources"}) : nullptr;
    if (!kinds || !kinds->is_array()) continue;
    for (const json::value& entry : kinds->get_array())
      if (kube::text_at(entry, {"name"}) == resource.plural) co_return std::string(version);
  }
  co_return std::string();
}

void RouteStores::tell(std::string_view kind, const kube::ObjectKey& key) const {
  for (const Listener& listener : listeners_) listener(kind, key);
}

std::string RouteStores::not_synced() const {
  std::string missing;
  for (const auto& [name, kind] : kinds_)
    if (kind->is_started && !is_read(name))
      missing += (missing.empty() ? "" : ", ") + std::string(kind->row.resource.plural);
  return missing;
}

}  // namespace sluice::controller
