// Who is asked how often.
#include "sandbox/traffic/demand.h"

#include <charconv>
#include <cmath>

#include <boost/json.hpp>

#include "sandbox/workloads/reading.h"
#include "sandbox/workloads/served_routes.h"

namespace sluice::sandbox {
namespace {

constexpr double highest_rate = 10'000;

// nullopt when the annotation is absent or not a number; a negative one means none.
std::optional<double> asked_rate(const json::value& object) {
  const std::string_view text = annotation_of(object, "sluice.dev/traffic");
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (text.empty() || error != std::errc() || std::isnan(rate)) return std::nullopt;
  return std::min(std::max(rate, 0.0), highest_rate);
}

void set_or_erase(std::map<kube::ObjectKey, double>& rates, const kube::ObjectKey& key, std::optional<double> rate) {
  if (rate)
    rates[key] = *rate;
  else
    rates.erase(key);
}

}  // namespace

void Demand::note(const Change& change) {
  const bool is_gone = change.type == kube::WatchType::deleted;
  if (change.group.empty() && change.plural == "services") {
    set_or_erase(annotated_, change.key, is_gone ? std::nullopt : asked_rate(*change.after));
    if (is_gone)
      known_.erase(change.key);
    else
      known_[change.key] = true;
    update_service(change.key);
  } else if (const RouteKind* kind = find_route_kind(change.group, change.plural)) {
    const kube::ObjectKey entry{change.key.ns, std::string(kind->entry) + "/" + change.key.name};
    set_or_erase(routes_, entry, is_gone ? std::nullopt : asked_rate(*change.after));
  } else if (change.plural == "rollouts") {
    const std::string_view name =
        is_gone ? std::string_view() : kube::text_at(*change.after, {"spec", "strategy", "blueGreen", "activeService"});
    const auto before = active_.find(change.key);
    if (before != active_.end() ? before->second.name == name : name.empty()) return;
    if (before != active_.end()) {
      const kube::ObjectKey service = before->second;
      if (--active_counts_[service] == 0) active_counts_.erase(service);
      active_.erase(before);
      update_service(service);
    }
    if (name.empty()) return;
    const kube::ObjectKey service{change.key.ns, std::string(name)};
    active_[change.key] = service;
    ++active_counts_[service];
    update_service(service);
  }
}

double Demand::rate_of_route(const kube::ObjectKey& entry) const {
  const auto asked = routes_.find(entry);
  return asked == routes_.end() ? default_rate_ : asked->second;
}

void Demand::update_service(const kube::ObjectKey& service) {
  const auto asked = annotated_.find(service);
  std::optional<double> rate;
  if (asked != annotated_.end())
    rate = asked->second;
  else if (active_counts_.contains(service) && known_.contains(service))
    rate = default_rate_;
  set_or_erase(services_, service, rate && *rate > 0 ? rate : std::nullopt);
}

}  // namespace sluice::sandbox
