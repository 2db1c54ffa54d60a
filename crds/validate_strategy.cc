// Blue/green and what both strategies have: two Services, and delays that make sense.
#include "crds/validate_strategy.h"

#include <charconv>
#include <string_view>

#include "crds/field_error.h"

namespace sluice::crds {
namespace {

constexpr std::string_view not_negative = "must be greater than or equal to 0";

template <class Number>
void check_not_negative(kube::Mistakes& mistakes, std::string path, const std::optional<Number>& value) {
  if (value && *value < 0) add(mistakes, invalid(std::move(path), std::int64_t{*value}, not_negative));
}

}  // namespace

std::optional<std::int64_t> amount_in(const kube::IntOrString& value) {
  if (value.is_int()) return std::get<0>(value.value);
  std::string_view text = std::get<1>(value.value);
  if (text.ends_with('%')) text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void validate_amount(const Seldom<kube::IntOrString>& value, std::string path, kube::Mistakes& mistakes) {
  if (!value) return;
  const std::optional<std::int64_t> amount = amount_in(*value);
  if (amount && *amount >= 0) return;
  constexpr std::string_view detail = "must be a whole number, or a percentage such as 25%";
  if (value->is_int())
    add(mistakes, invalid(std::move(path), std::get<0>(value->value), detail));
  else
    add(mistakes, invalid(std::move(path), std::get<1>(value->value), detail));
}

void validate_anti_affinity(const Seldom<AntiAffinity>& anti_affinity, kube::Mistakes& mistakes) {
  if (!anti_affinity) return;
  const std::string path = "spec.strategy.antiAffinity";
  if (anti_affinity->preferred.has_value() == anti_affinity->required.has_value())
    add(mistakes, invalid(path, "AntiAffinity must have exactly one strategy listed"));
  if (!anti_affinity->preferred) return;
  const std::int32_t weight = anti_affinity->preferred->weight;
  if (weight < 1 || weight > 100)
    add(mistakes, invalid(path + ".weight", weight, "AntiAffinity weight must be between 1-100"));
}

kube::Mistakes validate_blue_green(const RolloutSpec& spec) {
  const BlueGreenStrategy& strategy = *spec.strategy.blue_green;
  kube::Mistakes mistakes;
  if (strategy.active_service == strategy.preview_service)
    add(mistakes, invalid("spec.strategy.activeService", strategy.active_service,
                          "This rollout uses the same service for the active and preview services, but two different "
                          "services are required."));
  const std::int32_t history = spec.revision_history_limit.value_or(10);
  if (strategy.scale_down_delay_revision_limit && history < *strategy.scale_down_delay_revision_limit)
    add(mistakes,
        invalid("spec.strategy.scaleDownDelayRevisionLimit", *strategy.scale_down_delay_revision_limit,
                "This rollout's revision history limit can not be smaller than the rollout's scale down limit"));
  validate_anti_affinity(strategy.anti_affinity, mistakes);

  const std::string at = "spec.strategy.blueGreen.";
  if (strategy.active_service.empty()) add(mistakes, required(at + "activeService"));
  validate_amount(strategy.max_unavailable, at + "maxUnavailable", mistakes);
  check_not_negative(mistakes, at + "previewReplicaCount", strategy.preview_replica_count);
  check_not_negative(mistakes, at + "autoPromotionSeconds", std::optional(strategy.auto_promotion_seconds));
  check_not_negative(mistakes, at + "scaleDownDelaySeconds", strategy.scale_down_delay_seconds);
  check_not_negative(mistakes, at + "scaleDownDelayRevisionLimit", strategy.scale_down_delay_revision_limit);
  check_not_negative(mistakes, at + "abortScaleDownDelaySeconds", strategy.abort_scale_down_delay_seconds);
  return mistakes;
}

}  // namespace sluice::crds
