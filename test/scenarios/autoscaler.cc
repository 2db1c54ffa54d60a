// Scaling a Rollout by its scale subresource.
#include "autoscaler.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/label_query.h"
#include "sandbox/workloads/reading.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
constexpr auto period = std::chrono::seconds(15);
constexpr auto stabilisation = std::chrono::seconds(300);
constexpr double tolerance = 0.1;

}  // namespace

Autoscaler::Autoscaler(World& world, int least, int most, Usage usage)
    : world_(world), least_(least), most_(most), usage_(std::move(usage)) {
  look_again();
}

int Autoscaler::largest() const { return asked_.empty() ? 0 : *std::max_element(asked_.begin(), asked_.end()); }

void Autoscaler::look_again() {
  world_.later(period, [this, alive = is_alive_] {
    if (!*alive) return;
    look();
    look_again();
  });
}

void Autoscaler::look() {
  const std::string path = resources::rollouts.object_path({"default", "web"}, "scale");
  const kube::ApiResponse answer = world_.attempt({"GET", path});
  const auto scale = kube::parse_json(answer.body);
  if (answer.status != 200 || !scale) return;
  const int wanted = static_cast<int>(kube::number_at(*scale, {"spec", "replicas"}));
  if (wanted == 0) return;
  const auto selector = sandbox::LabelQuery::parse(kube::text_at(*scale, {"status", "selector"}));
  if (!selector) return;
  int ready = 0;
  for (const json::value& pod : world_.list(resources::pods)) {
    ready +=
        selector->matches(&sandbox::labels_of(pod)) && sandbox::is_ready(pod) && !sandbox::is_terminating(pod) ? 1 : 0;
  }
  if (ready == 0) return;
  const double ratio = usage_(ready);
  int wish = std::abs(ratio - 1) <= tolerance ? wanted : static_cast<int>(std::ceil(ready * ratio - 1e-9));
  wish = std::clamp(wish, least_, most_);
  const kube::Time now = world_.clock().now();
  wishes_.emplace_back(now, wish);
  std::erase_if(wishes_, [&](const auto& one) { return one.first + stabilisation < now; });
  if (wish < wanted)
    for (const auto& [when, earlier] : wishes_) wish = std::min(wanted, std::max(wish, earlier));
  asked_.push_back(wish);
  if (wish == wanted) return;
  world_.attempt({"PATCH", path, "application/merge-patch+json", fmt::format(R"({{"spec":{{"replicas":{}}}}})", wish)});
}

}  // namespace sluice::simulation
