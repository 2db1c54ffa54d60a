// Reading the duration of a pause.
#include "crds/pause_duration.h"

#include <charconv>

namespace sluice::crds {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

kube::Result<std::optional<kube::Duration>> pause_duration(const PauseStep& pause) {
  if (!pause.duration) return std::optional<kube::Duration>();
  std::optional<std::int64_t> number =
      pause.duration->is_int() ? std::get<0>(pause.duration->value) : whole_number(std::get<1>(pause.duration->value));
  constexpr std::int64_t longest = 3'000'000'000;  // about a century; more cannot be added to a time
  const kube::Error wrong{kube::Fault::invalid, "Duration needs to be greater than 0"};
  if (number && (*number < 0 || *number > longest)) return wrong;
  if (number) return std::optional<kube::Duration>(kube::seconds(*number));
  const kube::Result<kube::Duration> duration = kube::parse_duration(std::get<1>(pause.duration->value));
  if (!duration || *duration < kube::Duration::zero()) return wrong;
  return std::optional<kube::Duration>(*duration);
}

}  // namespace sluice::crds
