// Which routes of a VirtualService a Rollout splits.
#include "traffic/istio_routes.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::traffic {
namespace {

namespace json = boost::json;
using kube::Error;
using kube::Fault;
using kube::Result;

const json::array* list_at(const json::value& value, std::initializer_list<std::string_view> path) {
  const json::value* found = kube::find_at(value, path);
  return found && found->is_array() ? &found->get_array() : nullptr;
}

const json::array& destinations_of(const json::value& route) {
  static const json::array none;
  const json::array* list = list_at(route, {"route"});
  return list ? *list : none;
}

bool has_side(const json::value& route, const IstioBackends& backends, Side side) {
  const json::array& list = destinations_of(route);
  return std::any_of(list.begin(), list.end(),
                     [&](const json::value& entry) { return backends.side_of(entry) == side; });
}

std::string missing_in(const json::value& route, const IstioBackends& backends) {
  for (const Side side : {Side::canary, Side::stable}) {
    if (has_side(route, backends, side)) continue;
    const bool is_canary = side == Side::canary;
    if (backends.rule)
      return fmt::format("{} DestinationRule subset '{}' not found in route", is_canary ? "Canary" : "Stable",
                         is_canary ? backends.rule->canary_subset_name : backends.rule->stable_subset_name);
    const Backends& services = backends.part.backends;
    return fmt::format("{} Service '{}' not found in route", is_canary ? "Canary" : "Stable",
                       is_canary ? services.canary_service : services.stable_service);
  }
  return {};
}

std::string upper(std::string_view protocol) { return protocol == "http" ? "HTTP" : protocol == "tls" ? "TLS" : "TCP"; }

// The one port that all match blocks of a TLS or TCP route share; 0 for none, nullopt for several.
std::optional<std::int64_t> port_of(const json::value& route) {
  std::int64_t port = 0;
  if (const json::array* matches = list_at(route, {"match"}))
    for (const json::value& match : *matches) {
      const std::int64_t here = kube::number_at(match, {"port"});
      if (port != 0 && here != port) return std::nullopt;
      port = here;
    }
  return port;
}

std::set<std::string> hosts_of(const json::value& route) {
  std::set<std::string> hosts;
  if (const json::array* matches = list_at(route, {"match"}))
    for (const json::value& match : *matches)
      if (const json::array* names = list_at(match, {"sniHosts"}))
        for (const json::value& name : *names)
          if (name.is_string()) hosts.insert(std::string(name.get_string()));
  return hosts;
}

bool fits(const json::value& route, const crds::IstioTlsRoute& wanted) {
  if (wanted.port != 0 && port_of(route) != wanted.port) return false;
  return wanted.sni_hosts.empty() ||
         hosts_of(route) == std::set<std::string>(wanted.sni_hosts.begin(), wanted.sni_hosts.end());
}

class Selection {
 public:
  Selection(const json::value& service, const crds::IstioVirtualService& selection, const IstioBackends& backends)
      : service_(service), selection_(selection), backends_(backends) {}

  Result<std::vector<SelectedRoute>> run() {
    select_http();
    select_tls();
    select_tcp();
    if (found_.empty() && error_.empty()) {
      if (!rejected_.empty())
        error_ = rejected_;
      else
        error_ = "Unable to get any of the HTTP, TCP or TLS routes for the Istio VirtualService";
    }
    if (!error_.empty()) return Error{Fault::invalid, error_};
    return found_;
  }

 private:
  void fail(std::string_view protocol, std::string_view why) {
    if (error_.empty())
      error_ = fmt::format("Istio VirtualService has invalid {} routes. Error: {}", upper(protocol), why);
  }

  void take(std::string_view protocol, std::size_t index) {
    const std::string missing = missing_in((*routes_at(service_, protocol))[index], backends_);
    if (!missing.empty()) return fail(protocol, missing);
    found_.push_back({protocol, index});
  }

  // Without a choice of the user: the only route, if its traffic is ours; a list of others' routes is no mistake as
  // long as another protocol has ours.
  void take_only(std::string_view protocol, const std::vector<std::size_t>& candidates, std::string_view field) {
    const json::array& routes = *routes_at(service_, protocol);
    const auto is_ours = [&](std::size_t at) { return missing_in(routes[at], backends_).empty(); };
    if (candidates.size() == 1 && is_ours(candidates.front())) {
      found_.push_back({protocol, candidates.front()});
    } else if (candidates.size() > 1 && std::any_of(candidates.begin(), candidates.end(), is_ours)) {
      fail(protocol, fmt::format("spec.{}[] should be set in VirtualService and it must have exactly one route when "
                                 "omitting spec.strategy.canary.trafficRouting.istio.virtualService.{}",
                                 protocol, field));
    } else if (rejected_.empty()) {
      const std::string why =
          candidates.size() == 1
              ? missing_in(routes[candidates.front()], backends_)
              : fmt::format(
                    "spec.{}[] should be set in VirtualService and it must have exactly one route when omitting "
                    "spec.strategy.canary.trafficRouting.istio.virtualService.{}",
                    protocol, field);
      rejected_ = fmt::format("Istio VirtualService has invalid {} routes. Error: {}", upper(protocol), why);
    }
  }

  void select_http() {
    const json::array* routes = routes_at(service_, "http");
    for (const std::string& name : selection_.routes) {
      const auto is_named = [&](const json::value& route) { return kube::text_at(route, {"name"}) == name; };
      const auto at = routes ? std::find_if(routes->begin(), routes->end(), is_named) : json::array::const_iterator();
      if (!routes || at == routes->end())
        fail("http", fmt::format("HTTP Route '{}' is not found in the defined Virtual Service.", name));
      else
        take("http", static_cast<std::size_t>(at - routes->begin()));
    }
    if (!selection_.routes.empty() || !routes) return;
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < routes->size(); ++i)
      if (!is_managed_name(backends_.part, kube::text_at((*routes)[i], {"name"}))) candidates.push_back(i);
    take_only("http", candidates, "routes");
  }

  template <class Wanted, class Fits>
  void select_matching(std::string_view protocol, const std::vector<Wanted>& wanted, const Fits& does_fit,
                       std::string_view field) {
    const json::array* routes = routes_at(service_, protocol);
    std::set<std::size_t> chosen;
    for (const Wanted& one : wanted) {
      bool is_found = false;
      for (std::size_t i = 0; routes && i < routes->size(); ++i) {
        if (!does_fit((*routes)[i], one)) continue;
        is_found = true;
        chosen.insert(i);
      }
      if (!is_found)
        fail(protocol, fmt::format("No matching {} routes found in the defined Virtual Service.", upper(protocol)));
    }
    for (const std::size_t at : chosen) take(protocol, at);
    if (!wanted.empty() || !routes) return;
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < routes->size(); ++i) all.push_back(i);
    take_only(protocol, all, field);
  }

  void select_tls() { select_matching("tls", selection_.tls_routes, fits, "tlsRoutes"); }
  void select_tcp() {
    const auto fits_port = [](const json::value& route, const crds::IstioTcpRoute& wanted) {
      return wanted.port == 0 || port_of(route) == wanted.port;
    };
    select_matching("tcp", selection_.tcp_routes, fits_port, "tcpRoutes");
  }

  const json::value& service_;
  const crds::IstioVirtualService& selection_;
  const IstioBackends& backends_;
  std::vector<SelectedRoute> found_;
  std::string error_;     // in what the user has chosen
  std::string rejected_;  // why the routes of a protocol without a choice are not ours
};

}  // namespace

std::string IstioBackends::service_of(const json::value& entry) const {
  std::string_view host = kube::text_at(entry, {"destination", "host"});
  const std::size_t dot = host.find('.');
  const std::string_view name = host.substr(0, dot);
  if (dot == std::string_view::npos) return ns == part.ns ? std::string(name) : std::string();
  std::string_view rest = host.substr(dot + 1);
  const std::string_view of_host = rest.substr(0, rest.find('.'));
  rest.remove_prefix(of_host.size());
  const bool is_cluster_name = rest.empty() || rest == ".svc" || rest.starts_with(".svc.");
  return is_cluster_name && of_host == part.ns ? std::string(name) : std::string();
}

Side IstioBackends::side_of(const json::value& entry) const {
  const std::string_view subset = kube::text_at(entry, {"destination", "subset"});
  const std::string service = service_of(entry);
  if (rule && subset == rule->canary_subset_name) return Side::canary;
  if (rule && subset == rule->stable_subset_name) return Side::stable;
  if (service.empty()) return Side::other;
  if (std::find(part.additional.begin(), part.additional.end(), service) != part.additional.end())
    return Side::additional;
  if (rule) return Side::other;
  if (service == part.backends.canary_service) return Side::canary;
  if (service == part.backends.stable_service) return Side::stable;
  return Side::other;
}

const json::array* routes_at(const json::value& service, std::string_view protocol) {
  return list_at(service, {"spec", protocol});
}

bool is_managed_name(const RoutingPart& part, std::string_view name) {
  return std::find(part.managed_names.begin(), part.managed_names.end(), name) != part.managed_names.end();
}

Result<std::vector<SelectedRoute>> selected_routes(const json::value& service,
                                                   const crds::IstioVirtualService& selection,
                                                   const IstioBackends& backends) {
  return Selection(service, selection, backends).run();
}

}  // namespace sluice::traffic
