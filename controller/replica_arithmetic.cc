// How many pods the canary and the stable set should have.
#include "controller/replica_arithmetic.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string>

namespace sluice::controller {
namespace {

using Wide = std::int64_t;

int narrow(Wide value) { return static_cast<int>(std::clamp<Wide>(value, 0, std::numeric_limits<int>::max())); }

Wide up(Wide product, Wide divisor) { return product <= 0 ? 0 : (product + divisor - 1) / divisor; }

// nullopt for text that is no number.
std::optional<Wide> percent_in(std::string text) {
  if (!text.empty() && text.back() == '%') text.pop_back();
  if (text.empty() || text.size() > 9) return std::nullopt;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return std::stoll(text);
}

Wide resolve(const kube::IntOrString& value, Wide replicas, bool round_up) {
  if (value.is_int()) return std::max<Wide>(0, std::get<0>(value.value));
  const Wide percent = percent_in(std::get<1>(value.value)).value_or(0);
  return round_up ? up(percent * replicas, 100) : percent * replicas / 100;
}

// One way to divide a total between canary and stable.
struct Option {
  Wide canary = 0;
  Wide total = 0;
  // |canary / total - weight / max| is smaller than that of the other; exact.
  bool is_closer(const Option& other, Wide weight, Wide max) const {
    const auto distance = [&](const Option& option) { return std::abs(max * option.canary - weight * option.total); };
    return distance(*this) * other.total < distance(other) * total;
  }
};

}  // namespace

Fence fence_of(const kube::IntOrString& surge, const kube::IntOrString& unavailable, int replicas) {
  Wide above = resolve(surge, replicas, true);
  Wide below = resolve(unavailable, replicas, false);
  if (above == 0 && below == 0) below = 1;
  return {narrow(above), narrow(std::min<Wide>(below, std::max(0, replicas)))};
}

Fence fence_of(const crds::CanaryStrategy& canary, int replicas) {
  const kube::IntOrString quarter{std::string("25%")};
  return fence_of(canary.max_surge ? *canary.max_surge : quarter,
                  canary.max_unavailable ? *canary.max_unavailable : quarter, replicas);
}

Sizes closest_sizes(int replicas, int weight, int max, int surge) {
  if (replicas <= 0) return {0, 0};
  const Wide all = replicas;
  const Wide share = std::clamp(weight, 0, max);
  const Wide ceiling = up(all * share, max);
  const Wide floor = all * share / max;
  const auto is_tied = [&](Wide total) { return (2 * total * share) % max == 0 && (total * share) % max != 0; };
  const bool may_be_empty = share == 0 || share == max || (replicas == 1 && surge == 0);

  std::array<Option, 4> options;
  std::size_t count = 0;
  const auto offer = [&](Wide canary, Wide total) { options[count++] = {canary, total}; };
  if (ceiling < all || may_be_empty) offer(ceiling, all);
  if (!is_tied(all) && (floor != 0 || may_be_empty)) offer(floor, all);
  if (surge > 0) {
    offer(ceiling, all + 1);
    if (!is_tied(all + 1) && (floor != 0 || may_be_empty)) offer(floor, all + 1);
  }
  // A share of exactly n.5 pods just below the top leaves no option; the lower neighbour keeps both sides alive.
  if (count == 0) offer(std::max<Wide>(floor, 1), all);

  Option best = options[0];
  for (std::size_t at = 1; at < count; ++at)
    if (options[at].is_closer(best, share, max)) best = options[at];
  return {narrow(best.canary), narrow(best.total - best.canary)};
}

Sizes next_basic_sizes(const BasicCanaryInput& in) {
  Sizes wanted = closest_sizes(in.replicas, in.weight, in.max_weight, in.fence.surge);
  if (!in.stable) wanted = {in.replicas, 0};
  const SetCounts stable = in.stable.value_or(SetCounts{});
  Sizes next{in.canary.desired, stable.desired};

  const Wide limit = Wide{in.replicas} + in.fence.surge;
  Wide room = limit - in.canary.desired - stable.desired - in.others_desired;
  if (in.stable && stable.desired < wanted.stable && room > 0) {
    next.stable = narrow(std::min<Wide>(wanted.stable, stable.desired + room));
    room -= next.stable - stable.desired;
  }
  if (in.canary.desired < wanted.canary && room > 0)
    next.canary = narrow(std::min<Wide>(wanted.canary, in.canary.desired + room));

  // Sets of superseded revisions go before the two that matter.
  if (in.others_desired > 0) return next;

  // A growing canary must not wait for a stable set that is broken, nor a shrinking one for a broken canary.
  const bool is_growing = wanted.canary >= in.canary.desired;
  const Wide canary_counts = is_growing ? std::min(in.canary.available, in.canary.desired) : in.canary.desired;
  const Wide stable_counts = is_growing ? stable.desired : std::min(stable.available, stable.desired);
  const Wide least = Wide{in.replicas} - in.fence.unavailable;
  const Wide spare = canary_counts + stable_counts - least;
  if (spare <= 0) return next;

  if (is_growing && in.stable) {
    if (stable.desired > wanted.stable) next.stable = narrow(std::max<Wide>(wanted.stable, stable.desired - spare));
    if (Wide{next.stable} + next.canary > limit) next.canary = narrow(std::max(limit, least) - next.stable);
  } else if (!is_growing) {
    next.canary = narrow(std::max<Wide>(wanted.canary, in.canary.desired - spare));
    if (Wide{next.stable} + next.canary > limit) next.stable = narrow(std::max(limit, least) - next.canary);
  }
  return next;
}

int pods_for_weight(int replicas, int weight, int max) {
  if (max <= 0) return 0;
  return narrow(up(Wide{std::max(0, replicas)} * std::max(0, weight), max));
}

int weight_for_pods(int available, int replicas, int max) {
  if (replicas <= 0) return max;
  return narrow(std::min<Wide>(max, Wide{std::max(0, available)} * max / replicas));
}

int routed_canary_size(const RoutedCanaryInput& in) {
  if (in.scale_replicas) return std::max(0, *in.scale_replicas);
  const int size = pods_for_weight(in.replicas, in.scale_weight.value_or(in.weight), in.max_weight);
  if (size == 0 || !in.min_pods) return size;
  return std::max(size, std::min(*in.min_pods, in.replicas));
}

bool is_enough(const crds::Seldom<crds::ReplicaProgressThreshold>& threshold, int desired, int available) {
  if (!threshold || threshold->value < 0) return available >= desired;
  if (threshold->type == "Percent") return Wide{available} * 100 >= Wide{threshold->value} * desired;
  return available >= std::min(threshold->value, desired);
}

}  // namespace sluice::controller
